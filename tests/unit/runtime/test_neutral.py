"""Hostile output reaches no terminal, and what was made harmless is seen."""

from __future__ import annotations

import random
import unicodedata

import pytest

from slmtui.runtime.neutral import Neutral, neutral

CORPUS = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear screen": "\x1b[2J\x1b[H",
    "title": "\x1b]0;pwned\x07",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x1b\\",
    "hyperlink": "\x1b]8;;https://example.com\x1b\\click\x1b]8;;\x1b\\",
    "C1 CSI": "\x9b31m",
    "C1 OSC": "\x9d0;title\x9c",
    "device control": "\x1bP+q544e\x1b\\",
    "sixel": "\x1bPq#0;2;0;0;0#0~~\x1b\\",
    "application command": "\x1b_Gf=100;AAAA\x1b\\",
    "answer back": "\x05\x1b[c\x1b[6n",
    "mouse": "\x1b[?1000h\x1b[?1049h",
    "iTerm file": "\x1b]1337;File=name=eA==:AA==\x07",
    "backspaces": "safe\b\b\b\bevil",
    "overwritten line": "rm -rf /\recho hello",
    "bell": "\x07" * 5,
    "NUL": "a\x00b",
    "override": "user\u202egnp.exe",
    "isolates": "\u2066x\u2069\u2067y\u2068",
    "embeddings": "\u202ax\u202b\u202c\u202d",
    "separators": "one\u2028two\u2029three",
    "tags": "hi\U000e0001\U000e0041\U000e007f",
    "zero width": "pass\u200bword\ufeff",
    "half a character": "\ud83d!",
    "delete": "\x7f",
    "vertical": "a\x0bb\x0cc",
}  # fmt: skip
OBEYED = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {9, 10}


def dangerous(text: str) -> list[str]:
    return [
        c for c in text if ord(c) in OBEYED or (unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n")
    ]


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_of_the_corpus_comes_through_and_it_is_seen(name: str) -> None:
    made = neutral(CORPUS[name])
    assert not dangerous(made)
    assert made != CORPUS[name]
    assert len(made) >= len(CORPUS[name])


@pytest.mark.parametrize("name", CORPUS)
def test_cut_anywhere_it_is_the_same(name: str) -> None:
    text = f"\r\n{CORPUS[name]}\r\n"
    for at in range(len(text) + 1):
        stream = Neutral()
        assert stream.feed(text[:at]) + stream.feed(text[at:]) + stream.rest() == neutral(text)


def test_any_character_at_all() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(200):
        text = "".join(chr(chance.randrange(0x11000)) for _ in range(50))
        assert not dangerous(neutral(text))


@pytest.mark.parametrize(
    "text", ["plain\ttext\n", "naïve 日本語", "👩‍👧 family", "שלום\u200f!", "می‌خواهم", "{{ [bold]x[/] }}"]
)
def test_what_people_write_stays(text: str) -> None:
    assert neutral(text) == text


def test_signs_say_what_was_there() -> None:
    assert neutral("\x1b[0m\x7f\x9b\u202e\r\n\r") == "␛[0m␡⟦U+009B⟧⟦U+202E⟧\n␍"
