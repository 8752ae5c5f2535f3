"""A prompt as it is read: special tokens in colour, line breaks and odd spaces visible."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from textual.content import Content

from slmtui.prompt.families import CONTROL
from slmtui.prompt.truth import Apart
from slmtui.tui.format import MUTED, safe

# What looks like a special token where no tokenizer is at hand to ask.
_SPECIAL = re.compile(f"({CONTROL.pattern})")
_SPECIAL_STYLE = "bold $text-accent"
_PARTS_STYLE = "bold reverse $text-error"
_BREAK = Content.styled("⏎", MUTED).append("\n")


class Piece(Protocol):
    """A token: its number in the vocabulary, its text, and whether it is a special one."""

    @property
    def id(self) -> int:
        """The number."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def special(self) -> bool:
        """Whether the tokenizer never splits it."""


def from_text(text: str) -> Content:
    """A prompt without a tokenizer's help."""
    pieces = _SPECIAL.split(text)
    parts = (_broken(piece, _SPECIAL_STYLE if index % 2 else "") for index, piece in enumerate(pieces))
    return _trimmed(Content("").join(parts))


def from_tokens(tokens: Iterable[Piece], *, ids: bool, apart: Apart) -> Content:
    """A prompt token by token, what is `apart` marked; `ids` puts the tokens' numbers behind them."""
    parts: list[Content] = []
    count = 0
    for index, token in enumerate(tokens):
        count += 1
        style = _SPECIAL_STYLE if token.special else ""
        if index in apart.gaps:
            parts.append(Content.styled(" more elsewhere ", _PARTS_STYLE))
        if index in apart.own:
            parts.append(_marked(token.text, breaks=not ids))
        elif ids:
            # Numbers stand between the tokens, so a line break does not need to be one.
            parts.append(Content.styled(_visible(token.text, spaces=True), style))
        else:
            parts.append(_broken(token.text, style))
        if ids:
            parts.append(Content.styled(f"·{token.id} ", MUTED))
    if count in apart.gaps:
        parts.append(Content.styled(" ends here ", _PARTS_STYLE))
    return _trimmed(Content("").join(parts))


def _trimmed(content: Content) -> Content:
    """The sign of a line break at the end says enough; an empty line behind it would only take room."""
    return content.right_crop(1) if content.plain.endswith("\n") else content


def _broken(text: str, style: str) -> Content:
    lines = [Content.styled(safe(line), style) for line in text.split("\n")]
    return _BREAK.join(lines) if len(lines) > 1 else lines[0]


def _marked(text: str, *, breaks: bool) -> Content:
    shown = Content.styled(_visible(text, spaces=True) or "nothing", _PARTS_STYLE)
    return Content.assemble(shown, "\n") if breaks and text.endswith("\n") else shown


def _visible(text: str, *, spaces: bool = False) -> str:
    shown = safe(text.replace("\n", "⏎").replace("\t", "⇥"))
    return shown.replace(" ", "␣") if spaces else shown
