"""The last gate before the terminal: no drawn line holds anything that a terminal would obey.

Screens make what is not theirs harmless themselves, and leave signs of it (`runtime/neutral.py`). But a field
to type in draws what it holds, and one forgotten call would be enough; so every line goes through here.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from slmtui.runtime.neutral import DANGEROUS


class Harmless(LineFilter):
    """Takes out control characters and those that turn text around; every cell stays in its place."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells without them."""
        return [
            segment._replace(text=DANGEROUS.sub(_of_its_width, segment.text))
            if segment.control is None and DANGEROUS.search(segment.text)
            else segment
            for segment in segments
        ]


def _of_its_width(found: re.Match[str]) -> str:
    return "\ufffd" * cell_len(found[0])
