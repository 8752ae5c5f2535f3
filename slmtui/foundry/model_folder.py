"""What a converted model's folder must hold before it can be deployed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_json
from slmtui.environment.installed import command_line
from slmtui.events import Failure
from slmtui.foundry.scanner import GENAI_CONFIG, INFERENCE_MODEL
from slmtui.prompt.inference_model import parse


def check_converted(model_dir: Path) -> int | None:
    """Look whether `model_dir` holds a model in the runtime's format, with every file its config names.

    Returns:
        Its context length in tokens, if it states one.

    Raises:
        Failure: it does not, with what is wrong.
    """
    convert = "Give the folder that `slmtui convert` wrote, or convert the model first."
    if not model_dir.is_dir():
        raise Failure(f"There is no folder {model_dir}.", convert)
    path = model_dir / GENAI_CONFIG
    if not path.is_file():
        raise Failure(f"{model_dir} is not a converted model: it has no {GENAI_CONFIG}.", convert)
    model = read_json(path, again="convert the model again").get("model")
    if not isinstance(model, dict):
        raise Failure(f"{path} does not describe a model.", "Convert the model again.")
    missing = [name for name in _file_names(model) if not (model_dir / name).is_file()]
    context = model.get("context_length")
    if missing:
        raise Failure(f"{model_dir} lacks {missing[0]}, which its {GENAI_CONFIG} names.", "Convert it again.")
    return context if isinstance(context, int) and context > 0 else None


def inference_model(model_dir: Path, name: str, context_length: int | None) -> str:
    """The text of the model's `inference_model.json`, with `name` as its Name and all else kept.

    Raises:
        Failure: there is none, or Foundry Local could not use it.
    """
    path = model_dir / INFERENCE_MODEL
    write = f"Write one: {command_line('slmtui', 'template', str(model_dir), '--write')}"
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise Failure(f"{model_dir} has no {INFERENCE_MODEL}, which Foundry Local needs.", write) from error
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.", write) from error
    parsed, issues = parse(content, context_length)
    if parsed is None:
        worst = next(issue for issue in issues if issue.severity == "error")
        where = f"{path}, line {worst.line}" if worst.line else str(path)
        raise Failure(f"{where}: {worst.cause}", worst.fix)
    return dataclasses.replace(parsed, name=name).to_json()


def _file_names(value: Any) -> Iterator[str]:
    """Every `filename` below a value of `genai_config.json`: decoder, vision, pipeline stages…"""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "filename" and isinstance(inner, str) and inner:
                yield inner
            else:
                yield from _file_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _file_names(inner)
