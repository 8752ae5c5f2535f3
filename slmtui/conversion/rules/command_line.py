"""A command in place of a configuration: what it would do, as a configuration."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from slmtui.conversion.rules.finding import Finding, Splice
from slmtui.conversion.rules.knowledge import closest
from slmtui.conversion.rules.structure import LOCAL

_COMMAND = re.compile(r"\s*(?:[$>]\s+)?(?:python3?\s+-m\s+)?olive\s+(?=\S)")
_COMMANDS = (
    "auto-opt", "benchmark", "capture-onnx-graph", "convert-adapters", "diffusion-lora", "extract-adapters",
    "finetune", "generate-adapter", "generate-cost-model", "optimize", "quantize", "run", "run-pass",
    "session-params-tuning", "shared-cache",
)  # fmt: skip
# The flags of auto-opt and optimize, and where in a configuration each belongs.
_FLAGS = {
    "--model_name_or_path": "model", "-m": "model", "--adapter_path": "adapter", "-a": "adapter",
    "--device": "device", "--provider": "provider", "--precision": "precision",
    "--output_path": "output", "-o": "output", "--log_level": "log_level",
}  # fmt: skip
_SWITCHES = ("--use_model_builder", "--trust_remote_code", "--use_ort_genai")


def command_line(text: str) -> Finding | None:
    """The finding for a text that is an `olive …` command; None if it is none."""
    start = _COMMAND.match(text)
    if start is None or "{" in text.partition("\n")[0]:
        return None
    # A line goes on after \ in most shells, after ` in PowerShell, after ^ in the Windows prompt.
    joined = re.sub(r"[\\`^][ \t]*\r?\n", " ", text[start.end() :])
    try:
        words = shlex.split(joined, posix=True)
    except ValueError as error:
        return Finding(
            "error", "", 1, 1, f"This is a command, and not a whole one: {error}.", "Paste all of it."
        )
    if words[0] not in _COMMANDS:
        meant = closest(words[0], _COMMANDS)
        fix = f"Write olive {meant}." if meant else f"Take one of: {', '.join(_COMMANDS)}."
        return Finding("error", "", 1, 1, f"Olive has no command {words[0]}.", fix)
    if words[0] not in ("auto-opt", "optimize"):
        cause = f"This is a command (olive {words[0]}), no configuration."
        return Finding("error", "", 1, 1, cause, "Paste the JSON file that `olive run --config` is given.")
    return _conversion(text, words[0], words[1:])


def _conversion(text: str, command: str, words: list[str]) -> Finding:
    found, rest = _read(words)
    cause = "This is a command, no configuration."
    if command == "auto-opt":
        cause += " auto-opt is deprecated, and a later Olive will not have it."
    fix = "Take the configuration that does the same."
    if rest:
        fix += f" It leaves out {', '.join(rest)}."
    edit = (Splice(0, len(text), json.dumps(_configuration(found), indent=2, ensure_ascii=False) + "\n"),)
    return Finding("error", "", 1, 1, cause, fix, edit)


def _read(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The flags by what they mean, and those that have no counterpart."""
    found: dict[str, str] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word, _, value = waiting.pop(0).partition("=")
        if word in _FLAGS:
            if not value and waiting:
                value = waiting.pop(0)
            found[_FLAGS[word]] = value
        elif word in _SWITCHES:
            found[word] = value
        else:
            rest.append(word)
            while waiting and not waiting[0].startswith("-"):
                waiting.pop(0)
    return found, rest


def _configuration(found: dict[str, str]) -> dict[str, Any]:
    model: dict[str, Any] = {
        "type": "HfModel",
        "model_path": found.get("model", "path/to/model"),
        "task": "text-generation",
    }
    if "adapter" in found:
        model["adapter_path"] = found["adapter"]
    if "--trust_remote_code" in found:
        model["load_kwargs"] = {"trust_remote_code": True}
    device = found.get("device", "cpu")
    provider = found.get("provider", "CPUExecutionProvider")
    level = found.get("log_level", "")
    return {
        "input_model": model,
        "systems": {
            LOCAL: {
                "type": "LocalSystem",
                "accelerators": [{"device": device, "execution_providers": [provider]}],
            }
        },
        "passes": {"builder": {"type": "ModelBuilder", "precision": found.get("precision", "fp32")}},
        "host": LOCAL,
        "target": LOCAL,
        "output_dir": found.get("output", "models/output/model-onnx"),
        "log_severity_level": int(level) if level.isdecimal() else 1,
    }
