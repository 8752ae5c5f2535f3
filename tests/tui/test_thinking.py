"""Thinking is told from the answer, however the text is cut."""

from __future__ import annotations

import pytest

from slmtui.tui.thinking import Spoken, split


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hello", Spoken("", "Hello")),
        ("<think>\nLet me see.\n</think>\n\nIt is 4.", Spoken("Let me see.", "It is 4.")),
        ("Let me see.\n</think>\n\nIt is 4.", Spoken("Let me see.", "It is 4.")),
        ("[THINK]Hm[/THINK]Yes", Spoken("Hm", "Yes")),
        ("<think>Still at", Spoken("Still at", "", True)),
        ("<think></think>Yes", Spoken("", "Yes")),
        ("The tag `</think>` ends it.", Spoken("", "The tag `</think>` ends it.")),
        ("Write `<think>` first", Spoken("", "Write `<think>` first")),
        ("<", Spoken("", "<")),
    ],
)
def test_thinking_is_told_from_the_answer(text: str, spoken: Spoken) -> None:
    assert split(text) == spoken


def test_no_part_of_a_mark_is_ever_shown() -> None:
    text = "<think>Hm, 2 and 2.</think>\nIt is 4."
    for end in range(len(text)):
        spoken = split(text[:end], done=False)
        assert "<think".startswith(spoken.answer) is False or spoken.answer == ""
        assert "It is 4.".startswith(spoken.answer)
