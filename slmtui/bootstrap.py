"""Runs a worker of slmtui's in a Python that knows nothing of slmtui: `python bootstrap.py MODULE ARGUMENT…`.

Exactly this package is made importable. Its folder's neighbours are not: they are slmtui's own
site-packages, and the whole point of another interpreter is that it has other packages.
"""

import importlib.util
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Find the package beside this file, then run the module as `python -m` does."""
    package = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        "slmtui", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise SystemExit(f"{package} is not slmtui")
    module = importlib.util.module_from_spec(spec)
    sys.modules["slmtui"] = module
    spec.loader.exec_module(module)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
