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


SEVERAL = (
    "<think>\na\n</think>\n\nFirst.\n<think>\nb\n</think>\n\nSecond.\n"
    "```\n<think>\n```\nThird.\n[THINK]c[/THINK]end"
)


def test_all_sections_are_thinking_but_for_marks_in_code() -> None:
    spoken = split(SEVERAL)
    assert spoken.thinking == "a\n\nb\n\nc"
    assert spoken.answer == "First.\n\nSecond.\n```\n<think>\n```\nThird.\n\nend"


def test_an_answer_with_several_sections_only_grows() -> None:
    shown = ""
    for end in range(len(SEVERAL) + 1):
        answer = split(SEVERAL[:end], done=False).answer
        assert answer.startswith(shown)
        shown = answer


def test_a_second_thought_that_broke_off_is_none_of_the_answer() -> None:
    assert split("Yes.\n<think>\nOr no") == Spoken("Or no", "Yes.\n\n", True)
