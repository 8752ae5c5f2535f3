"""`ModelConfig` put into `genai_config.json`, where the runtime keeps a model's own search options.

slmtui's chat sends its sampling with each question. Other programs that load the folder take what stands
under `search` in `genai_config.json`; on request it is made to say what `ModelConfig` says. Stop strings
stay in `inference_model.json`: the runtime has no search option for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config import originals
from slmtui.config.json_text import set_at
from slmtui.events import Failure
from slmtui.prompt.prompt_template import ModelConfig
from slmtui.prompt.text_diff import unified
from slmtui.prompt.tokenizer_files import read_json

FILE_NAME = "genai_config.json"


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What would be written to `target`; `diff` is a unified diff, empty if nothing would change.

    `seen` is what the file held when the plan was made.
    """

    model_dir: Path
    before: str
    after: str
    diff: str
    target: Path
    seen: bytes | None


def search_plan(model_dir: Path, config: ModelConfig) -> SearchPlan:
    """What `write_search` would write; writes nothing.

    Raises:
        Failure: there is no readable genai_config.json.
    """
    target = model_dir / FILE_NAME
    seen = originals.content_of(target)
    document = read_json(target)
    if not isinstance(document.get("search"), dict) and not document:
        raise Failure(f"{model_dir} has no {FILE_NAME}.", "Convert the model first.")
    before = after = target.read_text(encoding="utf-8-sig")
    for name, value in options_of(config).items():
        if _value(document, name) != value:
            after = set_at(after, ("search", name), value)
    return SearchPlan(model_dir, before, after, unified(before, after, FILE_NAME), target, seen)


def options_of(config: ModelConfig) -> dict[str, Any]:
    """The runtime's search options for a ModelConfig.

    A temperature of 0 means the likeliest token each time, which the runtime calls `do_sample: false`; it has
    no temperature of 0.
    """
    sampled = config.temperature > 0 and config.top_k != 1
    options: dict[str, Any] = {
        "max_length": config.max_length,
        "do_sample": sampled,
        "top_p": config.top_p,
        "repetition_penalty": config.repetition_penalty,
    }
    if config.temperature > 0:
        options["temperature"] = config.temperature
    if config.top_k is not None:
        options["top_k"] = config.top_k
    return options


def write_search(plan: SearchPlan) -> None:
    """Write the options, the original file kept beside it.

    Raises:
        Failure: the folder cannot be written, or the file was changed since the plan was made.
    """
    originals.replace(plan.target, plan.after, plan.seen)


def undo_search(model_dir: Path) -> bool:
    """Put the original file back, byte for byte; False if there is nothing to undo.

    Raises:
        Failure: the folder cannot be written, or the file was changed since `write_search`.
    """
    return originals.restore(model_dir / FILE_NAME)


def has_search(model_dir: Path) -> bool:
    """Whether `write_search` was here and was not undone."""
    return originals.kept(model_dir / FILE_NAME)


def _value(document: dict[str, Any], name: str) -> Any:
    search = document.get("search")
    return search.get(name) if isinstance(search, dict) else None
