"""Stop strings as a line to type in mean the same when they are read again."""

from __future__ import annotations

import random

import pytest

from slmtui.tui.stop_texts import read, shown


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("", ()),
        ("<|im_end|>", ("<|im_end|>",)),
        (r"END | \n\n|</s> |", ("END", "\n\n|</s>")),
        (r"a\|b | C:\temp\\new", ("a|b", "C:\temp\\new")),
        (r"\x1b[0m\x20 | \d", ("\x1b[0m ", r"\d")),
    ],
)
def test_a_line_that_is_typed(line: str, texts: tuple[str, ...]) -> None:
    assert read(line) == texts


def test_any_texts_at_all_come_back_and_hold_nothing_a_terminal_obeys() -> None:
    chance = random.Random(3)  # noqa: S311
    for _ in range(3000):
        texts = tuple(
            "".join(chance.choices("|| \\nxu<>1f\n\t\x1b\u202e\U000e0041\ud83d", k=chance.randrange(1, 7)))
            for _ in range(chance.randrange(4))
        )
        assert read(shown(texts)) == texts
        assert "\x1b" not in shown(texts)
