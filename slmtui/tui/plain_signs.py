"""Twins in ASCII of the signs and lines slmtui draws with, for terminals that have no others.

They stand in for what is drawn, at the last moment, cell by cell: no screen has to know of them.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# Terminals whose fonts end soon after ASCII; the others say by their encoding what they can show.
_POOR = {"dumb", "vt52", "vt100", "vt102", "vt220", "linux", "cons25", "sun"}
_SIGNS = {
    "✓": "+", "✗": "x", "×": "x", "●": "*", "○": "o", "•": "*", "·": ".", "›": ">", "‹": "<", "★": "*",
    "–": "-", "—": "-", "−": "-", "…": "~", "→": ">", "←": "<", "↑": "^", "↓": "v", "↕": "|", "⏎": "<",
    "▶": ">", "▼": "v", "▲": "^", "◀": "<", "▸": ">", "▾": "v", "⏵": ">", "⭘": "o", "■": "#", "□": "o",
    "◦": "o", "▪": "*", "‣": ">", "▷": ">", "◁": "<", "⇥": ">", "↪": ">", "↵": "<",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "≥": ">", "≤": "<", "≈": "~", "±": "+", "µ": "u",
    "░": ".", "▒": ":", "▓": "#", "█": "#", "\u00a0": " ",
}  # fmt: skip


class _Twins(dict[int, str]):
    """Letters of any script stay as they are; a sign without a twin of its own is a star of its width."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        is_sign = code > 127 and unicodedata.category(letter)[0] in "SP"
        self[code] = "*" * cell_len(letter) if is_sign else letter
        return self[code]


def _table() -> _Twins:
    """Every character with a twin: lines by their direction, blocks by how full they are."""
    table = dict.fromkeys(range(0x2500, 0x2580), "+")
    table |= dict.fromkeys(map(ord, "─━┄┅┈┉╌╍═╴╶╸╺╼╾▀▔"), "-")
    table |= dict.fromkeys(map(ord, "│┃┆┇┊┋╎╏║╵╷╹╻╽╿▉▊▋▌▍▎▏▐▕"), "|")
    table |= dict.fromkeys(map(ord, "▁▂▃"), "_") | dict.fromkeys(map(ord, "▄▅▆▇▖▗▘▙▚▛▜▝▞▟"), "#")
    # Braille: what a plot draws with; one dot is a dot, more are more.
    table |= {0x2800 + dots: " .:*#"[min((dots.bit_count() + 1) // 2, 4)] for dots in range(256)}
    return _Twins(table | {ord(sign): twin for sign, twin in _SIGNS.items()})


_TWINS = _table()


class PlainSigns(LineFilter):
    """Draws the twins."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells in ASCII, as far as they have a twin."""
        return [
            segment if segment.text.isascii() else segment._replace(text=segment.text.translate(_TWINS))
            for segment in segments
        ]


def needed(environment: Mapping[str, str]) -> bool:
    """Whether the terminal can show nothing else, by its type or its encoding."""
    if environment.get("TERM", "").split("-")[0] in _POOR:
        return True
    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"  # Textual draws there
    try:
        "✓●›─█".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return True
    return False
