"""What is drawn holds nothing that a terminal would obey, and takes as many cells as before."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from slmtui.tui.harmless import Harmless
from tests.unit.runtime.test_neutral import CORPUS, dangerous


def drawn(text: str) -> str:
    return Harmless().apply([Segment(text)], Color(0, 0, 0))[0].text


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_of_the_corpus_is_drawn(name: str) -> None:
    made = drawn(CORPUS[name])
    assert not dangerous(made)
    assert cell_len(made) == cell_len(CORPUS[name])


@pytest.mark.parametrize("text", ["plain", "naïve 日本語", "✓ │ ▄ ⣿", "👩‍👧", "שלום\u200f!"])
def test_what_screens_draw_stays(text: str) -> None:
    assert drawn(text) == text
