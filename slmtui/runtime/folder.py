"""A look at a converted model's folder, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slmtui.config.json_file import read_json
from slmtui.events import Failure

CONFIG = "genai_config.json"
_AGAIN = "Convert the model again; the folder is not whole."


@dataclass(frozen=True, slots=True)
class ConvertedModel:
    """What genai_config.json says: the type ("qwen2"), context length and vocabulary, both in tokens."""

    model_type: str
    context_length: int
    vocab_size: int


def read_folder(folder: Path) -> ConvertedModel:
    """Read the runtime's configuration in a converted model's folder.

    Raises:
        Failure: it is no such folder, or a file is missing or damaged as far as a look can tell.
    """
    if not folder.is_dir():
        raise Failure(f"There is no folder {folder}.", "Name the folder of a converted model.")
    config_file = folder / CONFIG
    if not config_file.is_file():
        raise Failure(
            f"{folder} is not a converted model: it has no {CONFIG}.",
            "Convert the model first, and name the folder that the conversion wrote.",
        )
    config = read_json(config_file, again="convert the model again")
    try:
        model = config["model"]
        found = ConvertedModel(str(model["type"]), int(model["context_length"]), int(model["vocab_size"]))
        onnx = folder / str(model["decoder"]["filename"])
    except KeyError as error:
        raise Failure(f"{config_file} lacks the entry {error}.", _AGAIN) from error
    except (ValueError, TypeError) as error:  # words where numbers belong, or no objects
        raise Failure(f"{config_file} does not describe a model.", _AGAIN) from error
    if not onnx.is_file():
        raise Failure(f"{folder} is not whole: {onnx.name} is missing.", _AGAIN)
    return found
