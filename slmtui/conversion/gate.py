"""The proof of a conversion: Olive's word is not taken for it.

Each check returns a `Verdict`; a failed one ends the conversion with its evidence as the cause.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from slmtui.events import Cancel, Failure, Verdict
from slmtui.runtime.client import ModelHost
from slmtui.source.tokenizer_files import describe_tokenizer, read_chat_template
from slmtui.units import size

CONFIG = "genai_config.json"
_AGAIN = "Convert again; if it happens again, the log has the whole story."
# A class that finds no tokenizer file makes an empty tokenizer, with a special token or two.
_LEAST_SHARE_OF_TOKENS = 0.1


def files(model: Path, inventories: Mapping[str, Any], chat_template: str | None) -> tuple[Verdict, ...]:
    """Check the folder's files.

    Args:
        model: the folder, which was empty before this conversion, so that all in it is fresh.
        inventories: what each ONNX file in it holds, by name (`onnx_inventory`).
        chat_template: the source's.
    """
    config = _Config(model)
    return (
        config.verdict(),
        _onnx(model, config, inventories),
        _tokenizer(model, config),
        _template(model, chat_template),
    )


def weights(unloaded: list[str], parameters: int) -> Verdict:
    """Check that every weight came from the checkpoint."""
    title = "All weights come from the checkpoint"
    if unloaded:
        shown = ", ".join(unloaded[:3]) + (f" and {len(unloaded) - 3} more" if len(unloaded) > 3 else "")
        return Verdict(
            "weights",
            title,
            "fail",
            f"The checkpoint lacks {len(unloaded)} of its weights ({shown}); they would be random.",
            "Fetch the checkpoint again, or save it again with `save_pretrained`.",
        )
    return Verdict("weights", title, "ok", f"{parameters:,} parameters, none of them filled in by the loader")


def loads(host: ModelHost, cancel: Cancel) -> Verdict:
    """Load the model in the runtime, in the process of `host`.

    Raises:
        Cancelled: while it was loading.
    """
    title = "The runtime loads it"
    try:
        loaded = host.load(cancel)
    except Failure as failure:
        cancel.check()
        return Verdict("loads", title, "fail", failure.cause, failure.fix)
    finally:
        host.close()
    evidence = (
        f"{loaded.model_type}, context of {loaded.context_length:,} tokens,"
        f" {size(loaded.rss_bytes)} in memory, after {loaded.seconds:.1f} s"
    )
    return Verdict("loads", title, "ok", evidence)


class _Config:
    """genai_config.json, read once for the checks that need it."""

    def __init__(self, model: Path) -> None:
        self.problem = ""
        self.onnx_name = ""
        self.vocab_size = 0
        path = model / CONFIG
        try:
            document = json.loads(path.read_text(encoding="utf-8"))["model"]
            self.onnx_name = str(document["decoder"]["filename"])
            self.vocab_size = int(document["vocab_size"])
            self.type = str(document["type"])
        except FileNotFoundError:
            self.problem = f"There is no {CONFIG}."
        except (OSError, ValueError) as error:
            self.problem = f"{CONFIG} cannot be read: {error}."
        except (KeyError, TypeError) as error:
            self.problem = f"{CONFIG} lacks {error}."

    def verdict(self) -> Verdict:
        """Whether there is one, and whole."""
        if self.problem:
            return Verdict("config", "A fresh runtime configuration", "fail", self.problem, _AGAIN)
        evidence = f"{CONFIG}: {self.type}, {self.onnx_name}, a vocabulary of {self.vocab_size:,}"
        return Verdict("config", "A fresh runtime configuration", "ok", evidence)


def _onnx(model: Path, config: _Config, inventories: Mapping[str, Any]) -> Verdict:
    title = "The ONNX file and all its data"
    fail: Callable[[str], Verdict] = lambda evidence: Verdict("onnx", title, "fail", evidence, _AGAIN)  # noqa: E731
    if config.problem:
        return fail(config.problem)
    name = config.onnx_name
    if name not in inventories or not (model / name).is_file():
        return fail(f"{CONFIG} names {name}, which is not there.")
    inventory = inventories[name]
    external: Mapping[str, int] = inventory["external"]
    for location, needed in external.items():
        path = model / location
        if not path.is_file() or path.resolve().parent != model.resolve():
            return fail(f"{name} names the data file {location}, which is not there.")
        have = path.stat().st_size
        if have < needed:
            return fail(f"{location} is cut off: {name} needs {needed:,} bytes of it, it has {have:,}.")
    total = (model / name).stat().st_size + sum((model / each).stat().st_size for each in external)
    evidence = f"{name}: {inventory['nodes']:,} nodes, {inventory['tensors']:,} tensors, {size(total)} with "
    return Verdict("onnx", title, "ok", evidence + (", ".join(external) or "no data file"))


def _tokenizer(model: Path, config: _Config) -> Verdict:
    title = "The tokenizer"
    fix = "Copy tokenizer.json and tokenizer_config.json into the source from the model it was tuned from."
    found = describe_tokenizer(model)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if not (model / name).is_file():
            return Verdict("tokenizer", title, "fail", f"{name} was not written.", fix)
    if found.tokens is None:
        cause = found.problems[0].cause if found.problems else "Its tokens cannot be counted."
        return Verdict("tokenizer", title, "fail", cause, fix)
    if found.tokens < _LEAST_SHARE_OF_TOKENS * config.vocab_size:
        cause = f"The tokenizer knows {found.tokens:,} of the model's {config.vocab_size:,} tokens."
        return Verdict("tokenizer", title, "fail", cause, fix)
    return Verdict("tokenizer", title, "ok", str(found.summary))


def _template(model: Path, source: str | None) -> Verdict:
    """A model without a chat template can be converted and continues text, so that is a warning only."""
    title = "The chat template"
    template, problems = read_chat_template(model)
    if template is None:
        cause, fix = (problems[0].cause, problems[0].fix) if problems else ("There is none.", "")
        return Verdict("template", title, "warn" if source is None else "fail", cause, fix)
    if template != source:
        return Verdict("template", title, "warn", "It is not the source's, character for character.", _AGAIN)
    return Verdict("template", title, "ok", f"the source's, {len(template):,} characters")
