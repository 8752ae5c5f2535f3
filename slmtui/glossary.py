"""The words of the field, explained; the help, the glossary's window and `slmtui glossary` read them here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Term:
    """A word, other names of the same thing, and what it means."""

    name: str
    also: tuple[str, ...]
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """All its names."""
        return (self.name, *self.also)


@cache
def terms() -> tuple[Term, ...]:
    """All terms, by name."""
    found = tomllib.loads(files("slmtui").joinpath("glossary.toml").read_text(encoding="utf-8"))
    made = (
        Term(name, tuple(entry.get("also", ())), " ".join(entry["text"].split()))
        for name, entry in found.items()
    )
    return tuple(sorted(made, key=lambda term: term.name.casefold()))


def term(name: str) -> Term | None:
    """The term that is called so, by any of its names and however it is written."""
    wanted = _folded(name)
    return next((one for one in terms() if wanted in map(_folded, one.names)), None)


def search(words: str) -> tuple[Term, ...]:
    """The terms that match what is typed: by the beginning of a name, by a part of one, then by the text."""
    wanted = _folded(words)
    if not wanted:
        return terms()
    ranked = ((_rank(one, wanted), one) for one in terms())
    return tuple(one for rank, one in sorted(((r, o) for r, o in ranked if r < 9), key=lambda pair: pair[0]))


def terms_in(*texts: str) -> tuple[Term, ...]:
    """The terms whose own name stands in a text as a word, in the order of the glossary.

    Of names within names, such as size in block size, the longest counts.
    """
    found = {match[1].casefold() for match in _names().finditer(" ".join(texts))}
    return tuple(one for one in terms() if one.name.casefold() in found)


@cache
def _names() -> re.Pattern[str]:
    names = sorted((re.escape(one.name) for one in terms()), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(names)})s?(?![\w-])", re.IGNORECASE)


def _rank(one: Term, wanted: str) -> int:
    names = [_folded(name) for name in one.names]
    for rank, found in enumerate(
        (wanted in names, _begins(names, wanted), _holds(names, wanted), wanted in _folded(one.text))
    ):
        if found:
            return rank
    return 9


def _begins(names: Iterable[str], wanted: str) -> bool:
    return any(name.startswith(wanted) for name in names)


def _holds(names: Iterable[str], wanted: str) -> bool:
    return any(wanted in name for name in names)


def _folded(name: str) -> str:
    """A name without what people write differently: case, and what joins its words."""
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
