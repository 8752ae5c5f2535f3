"""Code in colours; the rules of a language take 0.1 s to build when it comes up first: for a thread."""

from __future__ import annotations

from functools import lru_cache

from textual.content import Content
from textual.highlight import highlight

from slmtui.tui.markdown_blocks import Code

_ready: set[str] = set()


def prepared(language: str) -> bool:
    """Whether code in it can be highlighted at once; without a language there is nothing to prepare."""
    return not language or language in _ready


def prepare(language: str) -> None:
    """Build its rules (from a thread); a language that nobody knows has none."""
    highlight(" ", language=language)
    _ready.add(language)


def coloured(code: Code) -> Content:
    """The code, highlighted if its language is prepared."""
    if not code.language or not code.text or not prepared(code.language):
        return Content(code.text)
    return _highlighted(code)


@lru_cache(maxsize=16)
def _highlighted(code: Code) -> Content:
    return highlight(code.text, language=code.language)
