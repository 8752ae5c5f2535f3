"""The last gate before the terminal: no drawn line holds anything that a terminal would obey.

Screens make what is not theirs harmless themselves, and leave signs of it (`runtime/neutral.py`). But a field
to type in draws what it holds, and one forgotten call would be enough; so every line goes through here.
"""

from __future__ import annotations

import re
from functools import cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


class Harmless(LineFilter):
    """Takes out control characters and those that turn text around; every cell stays in its place."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells without them."""
        # All that is dangerous is also nothing that can be printed, which is far quicker to ask.
        if all(segment.control is not None or segment.text.isprintable() for segment in segments):
            return segments
        dangerous = _dangerous()
        return [
            segment._replace(text=dangerous.sub(_of_its_width, segment.text))
            if segment.control is None and dangerous.search(segment.text)
            else segment
            for segment in segments
        ]


@cache
def _dangerous() -> re.Pattern[str]:
    """Thousands of characters, which are made ready when the first of them comes: no start waits for that."""
    from slmtui.runtime.neutral import DANGEROUS

    return DANGEROUS


def _of_its_width(found: re.Match[str]) -> str:
    return "\ufffd" * cell_len(found[0])
