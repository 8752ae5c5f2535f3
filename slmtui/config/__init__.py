"""Where slmtui's files are and how they are read and written."""
