"""Whatever slmtui draws has a twin in ASCII that takes as many cells."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

import slmtui.tui
from slmtui.tui.format import ICONS
from slmtui.tui.plain_signs import PlainSigns, needed


def drawn(text: str) -> str:
    return PlainSigns().apply([Segment(text)], Color(0, 0, 0))[0].text


def test_the_states_stay_apart() -> None:
    signs = {sign for sign, _ in ICONS.values()}
    twins = {drawn(sign) for sign in signs}
    assert len(twins) == len(signs)
    assert all(twin.isascii() and len(twin) == 1 for twin in twins)


def test_every_sign_in_the_screens_source_has_a_twin_of_its_width() -> None:
    folder = Path(slmtui.tui.__file__).parent
    text = "".join(path.read_text("utf-8") for path in folder.rglob("*.py") if path.name != "plain_signs.py")
    signs = set(re.findall(r"[^\x00-\x7f]", text)) - set("�")
    assert "✓" in signs
    assert {sign for sign in signs if not drawn(sign).isascii()} == set()
    assert all(cell_len(drawn(sign)) == cell_len(sign) for sign in signs)


def test_other_scripts_stay_as_they_are() -> None:
    assert drawn("模型 é ✓") == "模型 é +"


@pytest.mark.parametrize(
    ("term", "encoding", "poor"),
    [
        ("xterm-256color", "utf-8", False),
        ("vt100", "utf-8", True),
        ("linux", "utf-8", True),
        ("xterm", "latin-1", True),
        ("xterm", "ascii", True),
    ],
)
def test_a_poor_terminal_is_known(
    monkeypatch: pytest.MonkeyPatch, term: str, encoding: str, poor: bool
) -> None:
    monkeypatch.setattr(sys, "__stderr__", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert needed({"TERM": term}) is poor
