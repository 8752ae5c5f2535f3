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
        began = time.monotonic()
        run(order["config"])
        row = {
            "case": order["case"],
            "seconds": time.monotonic() - began,
            "peak_rss_bytes": _peak_rss_bytes(),
        }
        print("RECIPE " + json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
    os._exit(0)
