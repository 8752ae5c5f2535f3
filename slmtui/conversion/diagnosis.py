"""Why a conversion failed, in words, from what Olive printed.

Olive swallows most errors: it logs them, says "No output model produced" and ends with exit code 0. The texts
are those of Olive 0.13.0, onnxruntime-genai 0.14.1 and transformers 5.23.0, provoked one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slmtui.events import Failure

_DOCTOR = "`slmtui doctor` shows the tested versions and how to install them."
_FETCH_AGAIN = "Fetch the checkpoint again, or save it again with `save_pretrained`."
_SUPPORTED = "Take a model of a supported architecture, such as Llama, Qwen2, Qwen3, Phi-3 or Mistral."


@dataclass(frozen=True, slots=True)
class _Known:
    """A known failure: texts in the log (regular expressions), its cause, and its fix; {0} is a group."""

    said: tuple[str, ...]
    cause: str
    fix: str


# The first that matches is taken.
_KNOWN = (
    _Known(
        (
            r"No space left on device",
            r"There is not enough space on the disk",
            r"\[Errno (?:27|28|122)\]",
            r"\[WinError 112\]",
            r"\(os error 28\)",
        ),
        "The output's disk was full before the model was written.",
        "Free some room, or choose an output folder on another disk.",
    ),
    _Known(
        (
            r"MemoryError",
            r"can't allocate memory",
            r"std::bad_alloc",
            r"\(os error 12\)",
            r"not enough memory",
            r"\[WinError 1455\]",
        ),
        "There was not enough memory to convert this model.",
        "Close other programs, or take a smaller model; then try again.",
    ),
    _Known(
        (r"FP16 is not supported on CPU",),
        "The model builder writes no FP16 models for the CPU.",
        "Take another precision.",
    ),
    _Known(
        (r"KeyError: <Precision\.(\w+)",),
        "The model builder knows no precision {0}; Olive let it through.",
        "Take another precision.",
    ),
    _Known(
        (
            r"Hugging Face details not found in extra_options",
            r"No module named 'onnxruntime_genai\.models\.quantized_model'",
        ),
        "This release of onnxruntime-genai does not work with this release of Olive.",
        f"Install the tested pair. {_DOCTOR}",
    ),
    _Known(
        (r"The .+ model is not currently supported\.",),
        "The model builder does not know this model's architecture.",
        _SUPPORTED,
    ),
    _Known(
        (r"has model type `([^`]+)` but Transformers does not recognize",),
        "This release of transformers does not know the model type {0}.",
        _SUPPORTED,
    ),
    _Known(
        (r"GGUF model with architecture (\S+) is not supported",),
        "transformers cannot read GGUF files of the architecture {0}.",
        "Take the model's Hugging Face checkpoint in place of the GGUF file.",
    ),
    _Known(
        (r"has no attribute 'rope_local_base_freq'",),
        "This release of onnxruntime-genai cannot read Gemma 3 as this release of transformers presents it.",
        "Take another model; Gemma 2 works.",
    ),
    _Known(
        (r"trust_remote_code", r"contains custom code"),
        "The model needs Python code that came with it, and slmtui does not run code from a model.",
        "Take a model whose architecture is part of transformers.",
    ),
    _Known(
        (r"You set `ignore_mismatched_sizes` to `False`", r"size mismatch for "),
        "The shapes of the weights do not fit config.json.",
        f"config.json and the weights come from different models. {_FETCH_AGAIN}",
    ),
    _Known(
        (r"SafetensorError", r"Error while deserializing header"),
        "A safetensors file of the checkpoint is damaged.",
        _FETCH_AGAIN,
    ),
    _Known(
        (r"tokenization_utils", r"Couldn't instantiate the backend tokenizer", r"Can't load tokenizer"),
        "The tokenizer of the checkpoint cannot be read.",
        "Copy tokenizer.json and tokenizer_config.json from the model this one was fine-tuned from.",
    ),
    _Known(
        (r"No module named '([^']+)'",),
        "The tool chain is not whole: the Python package {0} is missing.",
        _DOCTOR,
    ),
    _Known(
        (r"PermissionError: .*?'([^']+)'",),
        "The file {0} may not be read or written.",
        "Check its permissions, or choose another output folder.",
    ),
)
_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?([A-Z]\w*(?:Error|Exception|Interrupt|Exit)): ?(.*)$")
_UNLOADED = re.compile(r"^(\S+)\s*\|\s*MISSING\b")


def diagnose(lines: Iterable[str], log: Path) -> Failure:
    """The failure behind a log that ended without a model."""
    lines = list(lines)
    text = "\n".join(lines)
    for known in _KNOWN:
        for pattern in known.said:
            if found := re.search(pattern, text):
                return Failure(known.cause.format(*found.groups()), known.fix, log)
    fix = f"The log {log} has the whole story; try again once its cause is mended."
    last = next((found for line in reversed(lines) if (found := _EXCEPTION.match(line.strip()))), None)
    if last:
        return Failure(f"Olive made no model: {last[1]}: {last[2][:300]}", fix, log)
    return Failure("Olive ended without a model, and without saying why.", fix, log)


def unloaded_weights(lines: Iterable[str]) -> list[str]:
    """Weights the checkpoint lacks: the loader fills them with random numbers, and only warns."""
    found = (_UNLOADED.match(line.strip()) for line in lines)
    return list(dict.fromkeys(match[1] for match in found if match))
