"""One file a command: its declaration, and what it does with the stations below.

A station is imported inside the function that needs it, so that `slmtui --version` costs nothing.
"""
