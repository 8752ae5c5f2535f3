"""A long answer in parts: what stays together, what is said again, and that no matter how it came."""

from __future__ import annotations

import random

import pytest
from markdown_it import MarkdownIt

from slmtui.tui.answer_parts import LONGEST, PART, Cutter, Part

PARAGRAPH = "The lamp has a ring that says what it needs, and it is **amber** when the tank is low.\n\n"
FUNCTION = "def fill(lamp):\n    for step in range(10):\n        lamp.pour(0.1)\n\n    return lamp\n\n"
TEXTS = {
    "paragraphs": PARAGRAPH * 40,
    "code": "Here:\n\n```python\n" + FUNCTION * 60 + "```\n\nThat is all.\n",
    "dense code": "~~~\n" + "x = 1\n" * 900 + "~~~\n",
    "list": "Here:\n\n" + "- The ring is amber: fill the tank.\n" * 120,
    "numbers": "".join(f"{n}. The ring is amber: fill the tank.\n\n" for n in range(1, 120)),
    "table": "| ring | do |\n|---|---|\n" + "| amber | fill the tank with water |\n" * 120,
    "mixed": ("## Part\n\n" + PARAGRAPH * 3 + "```python\n" + FUNCTION * 2 + "```\n\n- a\n- b\n\n") * 12,
}


def parts_of(text: str) -> list[Part]:
    return Cutter().cut(text)


@pytest.mark.parametrize("name", TEXTS)
def test_it_does_not_matter_in_which_pieces_an_answer_came(name: str) -> None:
    text, chance = TEXTS[name], random.Random(7)  # noqa: S311 - where pieces end, not a secret
    for longest in (1, 9, 200):
        cutter, at, before = Cutter(), 0, list[Part]()
        while at < len(text):
            at += chance.randint(1, longest)
            parts = cutter.cut(text[:at])
            assert parts[: len(before) - 1] == before[:-1]  # all but the last stay as they are
            before = parts
        assert before == parts_of(text)


@pytest.mark.parametrize("name", TEXTS)
def test_no_part_is_long_and_nothing_is_lost(name: str) -> None:
    parts = parts_of(TEXTS[name])
    assert len(parts) > 2
    assert all(PART < len(part.text) + 2 <= LONGEST + 200 for part in parts[:-1])
    words = " ".join(part.text for part in parts).split()
    for word in set(TEXTS[name].split()):
        assert words.count(word) >= TEXTS[name].split().count(word)


@pytest.mark.parametrize("name", ["code", "dense code", "mixed"])
def test_the_code_in_all_parts_is_the_code_of_the_whole(name: str) -> None:
    def code(text: str) -> str:
        return "".join(token.content for token in MarkdownIt().parse(text) if token.type == "fence")

    parts = parts_of(TEXTS[name])
    assert "".join(code(part.text) for part in parts) == code(TEXTS[name])


def test_what_goes_on_joins_and_says_again_what_it_is_part_of() -> None:
    assert [part.joins for part in parts_of(TEXTS["code"])][:3] == [False, True, True]
    assert parts_of(TEXTS["code"])[1].text.startswith("```python\n")
    assert parts_of(TEXTS["table"])[1].text.startswith("| ring | do |\n|---|---|\n| amber")
    assert parts_of(TEXTS["list"])[1] == Part(parts_of(TEXTS["list"])[1].text, joins=True)
    assert not any(part.joins for part in parts_of(TEXTS["paragraphs"]))


def test_a_line_that_ends_a_block_of_code_never_begins_a_part() -> None:
    text = "```\n" + "x = 1\n" * 400 + "\n```\n\nDone.\n"
    for size in range(PART, len(text), 7):
        for part in parts_of(text[:size]):
            assert not part.text.startswith("```\n```")
