"""Inspect a source: a Hugging Face folder or a GGUF file, whichever is there."""

from __future__ import annotations

from pathlib import Path

from slmtui.events import Failure
from slmtui.source.json_file import unreadable
from slmtui.source.model_source import ModelSource
from slmtui.source.samples import resolve

_GGUF = b"GGUF"


def inspect(source: str | Path) -> ModelSource:
    """What `source` is: a folder, a GGUF file, or (as text) anything `samples.resolve` takes.

    Reads headers and configuration alone; no tensor is loaded and no code of the model is run.

    Raises:
        Failure: it is missing, or no model at all.
    """
    path = resolve(source) if isinstance(source, str) else source.expanduser().absolute()
    # Each reader is imported when it is needed: the screens import this module before their first frame.
    if path.is_dir():
        from slmtui.source.huggingface import inspect_folder

        return inspect_folder(path)
    if not path.exists():
        raise Failure(f"There is no file or folder {path}.", "Check the path; it may have been moved.")
    if path.suffix.lower() == ".gguf" or _begins_like_gguf(path):
        from slmtui.source.gguf_file import inspect_gguf

        return inspect_gguf(path)
    if path.suffix == ".safetensors" or path.name == "config.json":
        raise Failure(f"{path.name} is but one file of a checkpoint.", f"Give its folder: {path.parent}")
    raise Failure(
        f"{path} is neither a Hugging Face folder nor a GGUF file.",
        "Choose a folder with config.json and safetensors, or a .gguf file.",
    )


def _begins_like_gguf(path: Path) -> bool:
    """Whether a file without the usual ending, such as a blob in a cache, is GGUF all the same."""
    try:
        with path.open("rb") as file:
            return file.read(len(_GGUF)) == _GGUF
    except OSError as error:
        raise unreadable(path, error) from error
