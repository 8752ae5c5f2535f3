"""Olive, started once, on many recipes: imports are most of what a conversion of a small model takes.

Standard input: a JSON list of `{"case", "config"}`, the configurations as slmtui hands them to Olive. Prints
`RECIPE` and the case for each that came to an end.
"""

from __future__ import annotations

import json
import os
import sys

from olive.workflows import run


def main() -> None:
    for order in json.load(sys.stdin):
        run(order["config"])
        print(f"RECIPE {order['case']}", flush=True)


if __name__ == "__main__":
    main()
    os._exit(0)
