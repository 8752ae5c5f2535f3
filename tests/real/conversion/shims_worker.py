"""As `recipes_worker.py`, with all that slmtui's own worker changes about Olive and its libraries."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from slmtui.conversion import cache_shim, imports_shim, memory_shim, rope_shim


def main() -> None:
    imports_shim.import_all()
    loaded = {"torch._dynamo", "torch.distributed.tensor", "olive.cli.run"} & set(sys.modules)
    from olive.workflows import run

    assert rope_shim.apply()
    assert memory_shim.apply()
    for order in json.load(sys.stdin):
        with cache_shim.spared(Path(order["config"]["cache_dir"])):
            run(order["config"])
        print(f"RECIPE {order['case']}", flush=True)
    assert not loaded, loaded


if __name__ == "__main__":
    main()
    os._exit(0)
