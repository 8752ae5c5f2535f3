"""The tool chain: which Python runs Olive, why that one, and whether the version set can live in it."""

from __future__ import annotations

from slmtui.config import locations, toolchain
from slmtui.environment.check import Check
from slmtui.environment.interpreter import Interpreter, examine
from slmtui.environment.version_set import version_set
from slmtui.events import Cancel, Failure

TITLE = "Tool chain"
WHY = {
    "own": "Olive and the runtimes run with slmtui's own Python.",
    "managed": "Olive and the runtimes run with the tool chain that slmtui has made and proved.",
    "chosen": "Olive and the runtimes run with the Python that the settings name.",
}


def tool_chain(cancel: Cancel | None = None) -> Check:
    """The interpreter that runs Olive."""
    current = toolchain.current()
    needed = f"CPython {version_set().python.text}, 64-bit"
    try:
        interpreter = examine(current.python, cancel)
    except Failure as failure:
        return Check("toolchain", TITLE, "fail", failure.cause, needed, WHY[current.kind], failure.fix)
    version = ".".join(map(str, interpreter.version))
    found = f"{current.kind}: {interpreter.implementation} {version}, {current.python}"
    if fault := _fault(interpreter):
        return Check("toolchain", TITLE, "fail", found, needed, fault, _fix(current.kind))
    return Check("toolchain", TITLE, "ok", found, needed, WHY[current.kind])


def _fault(interpreter: Interpreter) -> str:
    wanted = version_set().python
    if interpreter.implementation != "CPython" or interpreter.bits != 64 or interpreter.free_threaded:
        return "The packages of the version set have no wheels for this kind of Python."
    if not wanted.minimum <= interpreter.version[:2] < wanted.below:
        return f"The packages of the version set have wheels for Python {wanted.text}."
    return ""


def _fix(kind: str) -> str:
    if kind == "chosen":
        return f'Name another Python in {locations.settings_file()} ([toolchain] python), or "" for none.'
    return "Build the managed tool chain: slmtui toolchain build"
