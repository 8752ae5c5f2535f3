"""Inspect a source: a Hugging Face folder or a GGUF file, whichever is there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slmtui.config.json_file import unreadable
from slmtui.events import Failure
from slmtui.source.model_source import ModelSource
from slmtui.source.options import NOTHING_SAID, SourceOptions
from slmtui.source.samples import resolve

_GGUF = b"GGUF"


def inspect(source: str | Path, options: SourceOptions = NOTHING_SAID) -> ModelSource:
    """What `source` is: a folder, a GGUF file, or (as text) anything `samples.resolve` takes.

    `options` are the user's answers to what a source may ask: an adapter's base, and what is trusted.

    Reads headers and configuration alone; no tensor is loaded and no code of the model is run.

    Raises:
        Failure: it is missing, or no model at all.
    """
    path = resolve(source) if isinstance(source, str) else source.expanduser().absolute()
    # Each reader is imported when it is needed: the screens import this module before their first frame.
    if path.is_dir():
        return _folder(path, options)
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


def refuse_useless_base(found: ModelSource, options: SourceOptions) -> None:
    """Whoever names a base for what needs none has another model in mind.

    Raises:
        Failure: a base was named, and `found` is no adapter.
    """
    if options.base is not None and found.format != "adapter":
        raise Failure(f"{found.path} is a whole model, no adapter: it has no base.", "Leave --base away.")


def _folder(path: Path, options: SourceOptions) -> ModelSource:
    from slmtui.source.huggingface import inspect_folder

    if not (path / "adapter_config.json").is_file():
        return inspect_folder(path, options)
    from slmtui.source.adapter import base_path, inspect_adapter, is_adapter

    try:
        if not is_adapter(path):
            return inspect_folder(path, options)
        where = base_path(path, options)
        if where is not None and where.resolve() == path.resolve():
            raise Failure(f"{path} cannot be its own base.", "Give the base model's folder (`--base`).")
        base = inspect(where, dataclasses.replace(options, base=None)) if where is not None else None
        if base is not None and base.format == "adapter":
            raise Failure(
                f"The base {where} is an adapter itself.", "Give a whole model as the base (`--base`)."
            )
        return inspect_adapter(path, base, options)
    except OSError as error:
        raise unreadable(path, error) from error


def _begins_like_gguf(path: Path) -> bool:
    """Whether a file without the usual ending, such as a blob in a cache, is GGUF all the same."""
    try:
        with path.open("rb") as file:
            return file.read(len(_GGUF)) == _GGUF
    except OSError as error:
        raise unreadable(path, error) from error
