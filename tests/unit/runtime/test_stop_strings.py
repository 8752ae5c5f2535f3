"""Stop strings in text that comes in pieces: nothing of one is ever let through."""

from __future__ import annotations

import random

import pytest

from slmtui.runtime.stop_strings import StopStrings


def cut(text: str, chance: random.Random) -> list[str]:
    pieces = []
    while text:
        size = chance.randint(1, 4)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def test_what_stands_before_it_is_all_there_is() -> None:
    stops = StopStrings(["END"])
    assert [stops.feed(piece) for piece in ("one E", "N", "D two", "three")] == ["one ", "", "", ""]
    assert stops.found == "END"
    assert stops.rest() == ""


def test_a_beginning_that_became_nothing_is_let_through() -> None:
    stops = StopStrings(["END"])
    assert [stops.feed(piece) for piece in ("E", "N", "E")] == ["", "", "EN"]
    assert stops.rest() == "E"
    assert stops.found is None


def test_of_two_the_one_that_is_complete_first_counts() -> None:
    stops = StopStrings(["bcd", "c"])
    assert stops.feed("abcd") == "ab"
    assert stops.found == "c"


@pytest.mark.parametrize("seed", range(200))
def test_however_it_is_cut_the_result_is_that_of_the_whole_text(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    text = "".join(chance.choice("aab\n") for _ in range(30))
    texts = ["".join(chance.choice("aab\n") for _ in range(chance.randint(1, 5))) for _ in range(2)]
    stops = StopStrings(texts)
    shown = ""
    for piece in cut(text, chance):
        shown += stops.feed(piece)
        assert not any(stop in shown for stop in texts)
    shown += stops.rest()
    ends = [text.index(stop) + len(stop) for stop in texts if stop in text]
    if not ends:
        assert (shown, stops.found) == (text, None)
    else:
        assert stops.found is not None
        assert text.startswith(shown + stops.found)
        assert len(shown + stops.found) == min(ends)
