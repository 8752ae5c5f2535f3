"""The tokenizer and the chat template of a Hugging Face folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_bytes, read_json
from slmtui.events import Failure
from slmtui.source.model_source import Problem

NO_CHAT_TEMPLATE = Problem(
    "warning",
    "There is no chat template: this looks like a base model, which continues text rather than answers.",
    "Take the instruct or chat variant, or copy chat_template.jinja from the model this one was tuned from.",
)
_COPY = "Copy tokenizer.json and tokenizer_config.json from the model this one was fine-tuned from."


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What is known of a tokenizer: a line for people, its number of tokens, and what is wrong with it."""

    summary: str | None
    tokens: int | None
    problems: tuple[Problem, ...]


def describe_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer that transformers would load from `folder`."""
    try:
        if (folder / "tokenizer.json").is_file():
            return _fast(read_json(folder / "tokenizer.json"))
        if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
            tokens = len(read_json(folder / "vocab.json"))
            return Tokenizer(f"BPE, {tokens:,} tokens", tokens, ())
    except Failure as failure:
        return Tokenizer(None, None, (Problem("error", failure.cause, failure.fix),))
    if (folder / "tokenizer.model").is_file():
        warning = Problem(
            "warning",
            "The tokenizer is there as a SentencePiece file (tokenizer.model) only; the runtime reads"
            " tokenizer.json.",
            "Copy tokenizer.json from the model this one was fine-tuned from.",
        )
        return Tokenizer("SentencePiece", None, (warning,))
    return Tokenizer(None, None, (Problem("error", "There is no tokenizer (tokenizer.json).", _COPY),))


def _fast(data: dict[str, Any]) -> Tokenizer:
    model = data.get("model")
    vocab = model.get("vocab") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(vocab, (dict, list)):
        broken = Problem("error", "tokenizer.json holds no vocabulary.", _COPY)
        return Tokenizer(None, None, (broken,))
    # A dictionary maps token to id; Unigram has a list of [token, score], whose ids are the positions.
    known = set(vocab) if isinstance(vocab, dict) else {str(entry[0]) for entry in vocab if entry}
    added = data.get("added_tokens") or ()
    known |= {str(token.get("content")) for token in added if isinstance(token, dict)}
    return Tokenizer(f"{model.get('type') or 'BPE'}, {len(known):,} tokens", len(known), ())


def read_chat_template(folder: Path) -> tuple[str | None, tuple[Problem, ...]]:
    """The text of the chat template, from the places transformers looks in, and what is wrong with it."""
    readers: tuple[tuple[str, Callable[[Path], str | None]], ...] = (
        ("chat_template.jinja", _whole_text),
        ("chat_template.json", _from_config),
        ("tokenizer_config.json", _from_config),
    )
    problems: list[Problem] = []
    found: str | None = None
    for name, reader in readers:
        if not (folder / name).is_file():
            continue
        try:
            text = reader(folder / name)
        except Failure as failure:
            problems.append(Problem("error", failure.cause, failure.fix))
            continue
        found = found or text or None
    if found is None and not problems:
        problems.append(NO_CHAT_TEMPLATE)
    return found, tuple(problems)


def _whole_text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(
            f"{path.name} is not UTF-8.", f"Open {path} in an editor and save it as UTF-8."
        ) from error


def _from_config(path: Path) -> str | None:
    template = read_json(path).get("chat_template")
    if isinstance(template, list):  # several, by name: [{"name": "default", "template": …}, …]
        named = {str(t.get("name")): t.get("template") for t in template if isinstance(t, dict)}
        template = named.get("default") or next(iter(named.values()), None)
    return template if isinstance(template, str) and template.strip() else None
