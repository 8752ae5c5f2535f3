"""The execution providers that the installed runtimes offer: what a model can be computed with here.

They are asked of ONNX Runtime itself, in a child process of the interpreter that runs Olive: which providers
a library was built with is written nowhere else. ONNX Runtime GenAI and the Foundry Local SDK bring none;
both load the library of the package `onnxruntime`. (GenAI's own `is_openvino_available()` and its like are
no answer: they say "yes" where nothing but the glue is there.)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from slmtui.config import toolchain
from slmtui.environment.check import Check
from slmtui.environment.command import Answer, ask
from slmtui.environment.interpreter import examine, is_own
from slmtui.events import Cancel, Failure

NEEDED = "CPUExecutionProvider"
_SECONDS = 20.0  # a cold disk reads 30 MB of library first
# Runs in any Python, so it is text and uses nothing of ours. What lies in the working folder is no module.
_QUESTION = """\
import json, os, sys
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy, which comes along, would start a thread for each core
sys.path[:] = [place for place in sys.path if place]
import onnxruntime
print(json.dumps({"version": onnxruntime.__version__, "providers": onnxruntime.get_available_providers()}))
"""
# It sends the work to a server in the cloud, so it is not of this machine.
_REMOTE = "AzureExecutionProvider"


def execution_providers(cancel: Cancel, python: Path | None = None) -> Check:
    """What ONNX Runtime says it can compute with; slmtui needs the CPU. `python` is the tool chain's."""
    if python is None:
        python = toolchain.current().python
        try:
            examine(python, cancel)
        except Failure:
            reason = "The Python that runs Olive cannot be used; the row of the tool chain says why."
            return Check("providers", "Execution providers", "skipped", "not asked", "CPU", reason)
    answer = ask(
        python,
        # Variables and packages of ours would mislead another Python; its own user's are not used either.
        *(() if is_own(python) else ("-E", "-s")),
        *("-X", "utf8", "-c", _QUESTION),
        timeout=_SECONDS,
        cancel=cancel,
    )
    told = _told(answer.stdout)
    providers = told.get("providers")
    if not isinstance(providers, list) or not providers:
        return _silent(answer)
    local = [_short(str(name)) for name in providers if name != _REMOTE]
    if NEEDED not in providers:
        return Check(
            "providers",
            "Execution providers",
            "fail",
            ", ".join(local) or "none",
            "CPU",
            "slmtui converts for the CPU and chats on it.",
            "Install the package onnxruntime of the version set.",
        )
    return Check(
        "providers",
        "Execution providers",
        "ok",
        ", ".join(local),
        "CPU",
        f"ONNX Runtime {told.get('version')} was built with them; ONNX Runtime GenAI and the Foundry Local"
        " SDK compute with the same library.",
    )


def _silent(answer: Answer) -> Check:
    """No answer. Why a package is missing is another check's to say."""
    last = next((line for line in reversed(answer.stderr.splitlines()) if line.strip()), "")
    missing = "No module named 'onnxruntime'" in answer.stderr
    return Check(
        "providers",
        "Execution providers",
        "skipped" if missing else "warn",
        "onnxruntime is not installed" if missing else f"not told: {answer.problem or last.strip()[:200]}",
        "CPU",
        "ONNX Runtime could not be asked what it can compute with.",
        "Install the version set; see the row onnxruntime."
        if missing
        else "Run `slmtui doctor` again; if it stays like this, install onnxruntime again.",
    )


def _told(text: str) -> dict[str, Any]:
    """The line of JSON in what it printed; libraries like to add lines of their own."""
    for line in reversed(text.splitlines()):
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict):
            return data
    return {}


def _short(name: str) -> str:
    return name.removesuffix("ExecutionProvider")
