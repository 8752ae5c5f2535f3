"""Runs pip in a child process that ends with slmtui; the arguments are pip's own.

Only the bytes on the disk tell how far a download is: pip's progress bar is made for a terminal. An
environment without pip (uv makes such) borrows the one that Python carries for `ensurepip`, unpacked into
the folder named by TMPDIR, so that nothing in the environment changes.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
import tempfile
import zipfile
from pathlib import Path

from slmtui import child


def main(link: child.Link) -> None:
    """Run pip with this process's arguments and report how it ended."""
    if importlib.util.find_spec("pip") is None:
        carried = _carried_pip()
        if carried is None:
            link.send("no_pip")
            return
        sys.path.insert(0, carried)
    code: object = 0
    try:
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    link.send("finished", code=code if isinstance(code, int) else int(code is not None))


def _carried_pip() -> str | None:
    """A folder with the pip that came with Python; None if it came without (as Debian ships it)."""
    spec = importlib.util.find_spec("ensurepip")
    if spec is None or spec.origin is None:
        return None
    wheel = next(Path(spec.origin).parent.glob("_bundled/pip-*.whl"), None)
    if wheel is None:
        return None
    folder = tempfile.mkdtemp(prefix="pip-")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


if __name__ == "__main__":
    child.run(main)
