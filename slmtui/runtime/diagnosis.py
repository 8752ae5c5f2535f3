"""Why the runtime does not load a model, in words and with what to do about it.

Its messages are those of onnxruntime-genai 0.14.1, each provoked with a damaged model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_json
from slmtui.events import Failure
from slmtui.runtime.watching import HUNG_SECONDS

_AGAIN = "Convert the model again; the folder is not whole."

# What the runtime says → cause and fix; {0} is the first group.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"External data path .*?(?:data path|does not exist): \"([^\"]+)\"",
        "The weights file {0}, which the ONNX file names, is missing or is a link out of the folder.",
        "Convert the model again, or copy the whole folder, not links to its files.",
    ),
    (
        r"External initializer: .* out of bounds or can not be read in full",
        "The weights file beside the ONNX file is cut off: it ends before the weights do.",
        "Copy the folder again if it was copied, and see that the disk is not full; else convert again.",
    ),
    (
        r"Load model from (.+?) failed:(?:Protobuf parsing failed|No graph was found)",
        "{0} is damaged: it is cut off or no ONNX file.",
        "Copy the folder again if it was copied; else convert the model again.",
    ),
    (r"Error encountered while parsing '.*?' (.+)", "genai_config.json is damaged: {0}", _AGAIN),
    (
        r"Unsupported model_type in config\.json: (\S+)",
        "This runtime does not know models of the type {0}.",
        "Choose a model of a supported architecture; the Environment screen names the runtime's version.",
    ),
    (
        r"(\w+) interface not available",
        "The model was converted for {0}, which this computer's runtime does not offer.",
        "Convert it for the CPU.",
    ),
    (
        r"Model (?:in|out)put was not found: (\S+)",
        "The ONNX file has no input or output called {0}, which genai_config.json names.",
        "Convert the model again with a recipe that is offered.",
    ),
    (r"Invalid file: (.+)", "The file {0} is missing or damaged.", _AGAIN),
    (
        r"bad_alloc|Failed to allocate memory|std::bad_array_new_length",
        "There is not enough memory to load the model.",
        "Close other programs, or convert to a smaller precision.",
    ),
)


# What it says of a tokenizer's file does not name the file.
_TOKENIZER = re.compile(r"json\.exception\.parse_error|Failed to (?:open|parse) (?:a|config) json")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
_NO_MEMORY = re.compile(
    r"bad_alloc|allocate memory|bad allocation|bad_array_new_length|out of memory", re.IGNORECASE
)


def broke_off(error: BaseException) -> Failure:
    """The failure for what the runtime said in the middle of an answer."""
    if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
        return Failure(
            "There is not enough memory to go on with the answer.",
            "Close other programs, start a new conversation, or convert to a smaller precision.",
        )
    return Failure(f"The runtime broke off: {error}", "Try again; if it happens again, load the model anew.")


def broke_down(reply: Mapping[str, Any], log: Path | None) -> Failure:
    """The failure for a host that has said `crashed`."""
    said = f"{reply['kind']}: {reply['message']}"
    if reply["kind"] == "MemoryError":
        fix = "Close other programs or convert to a smaller precision; then load the model again."
        return Failure(f"The model host ran out of memory: {said}", fix, log)
    return Failure(
        f"The model host broke down: {said}", "Load the model again; the log has the whole story.", log
    )


def died(death: Failure) -> Failure:
    """The failure for a host that has ended without a word of its own."""
    if _NO_MEMORY.search(death.cause):
        fix = "Close other programs or convert to a smaller precision; then load the model again."
        return Failure(f"The model host ran out of memory. {death.cause}", fix, death.log)
    fix = f"{death.fix} Loading the model again starts a new host.".strip()
    return Failure(death.cause, fix, death.log)


def hangs(log: Path | None) -> Failure:
    """The failure for a host that neither says nor does anything."""
    return Failure(
        f"The model host hangs: it has said and done nothing for {HUNG_SECONDS:.0f} seconds, and was ended.",
        "Load the model again; the log may say what it waited for.",
        log,
    )


def does_not_end(log: Path | None) -> Failure:
    """The failure for a host that is still at work on a request that was stopped."""
    return Failure(
        "The model host did not come to the end of what was stopped, and was ended.",
        "Load the model again. If it happens before the first token each time, look at its chat template: a "
        "loop in it may go on for ever.",
        log,
    )


def load_failure(folder: str, error: BaseException) -> Failure:
    """The failure for what the runtime said when it could not load `folder`."""
    message = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return Failure(
            f"The runtime onnxruntime-genai cannot be loaded: {message}",
            "The Environment screen shows what is missing and how to install it.",
        )
    if isinstance(error, MemoryError):
        message = "bad_alloc"
    for pattern, cause, fix in _KNOWN:
        if found := re.search(pattern, message):
            return Failure(cause.format(*found.groups()), fix)
    if _TOKENIZER.search(message):
        return _of_tokenizer(Path(folder))
    return Failure(
        f"The runtime cannot load {folder}: {message[:400]}",
        "The log has the whole message; converting again mends most damaged folders.",
    )


def _of_tokenizer(folder: Path) -> Failure:
    """What is wrong with the first of the tokenizer's files that is damaged."""
    for file in (folder / name for name in _TOKENIZER_FILES):
        try:
            if file.exists():
                read_json(file, again="convert the model again")
        except Failure as failure:
            return failure
    return Failure("A tokenizer file is damaged.", _AGAIN)
