"""The probe: what both models read when a conversion is compared with its source."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slmtui.events import Failure

_FILE = Path(__file__).with_name("probe.toml")
# Tokens of a user's text that are read: some minutes for a large model, and plenty for the figures.
_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Probe:
    """Plain `texts`, and `conversations` that the source's own chat template renders; at most `limit` tokens
    are read."""

    texts: tuple[str, ...]
    conversations: tuple[tuple[Mapping[str, str], ...], ...] = ()
    limit: int = _LIMIT


def probe(text: str | None = None) -> Probe:
    """The built-in probe, or the user's own `text`.

    Raises:
        Failure: the text is empty.
    """
    if text is None:
        return _built_in()
    if not text.strip():
        raise Failure("The probe text is empty.", "Name a file with some paragraphs of text.")
    return Probe((text,))


@functools.cache
def _built_in() -> Probe:
    with _FILE.open("rb") as file:
        data = tomllib.load(file)
    conversations = tuple(tuple(each["messages"]) for each in data["conversations"])
    return Probe(tuple(text.strip("\n") for text in data["texts"]), conversations)
