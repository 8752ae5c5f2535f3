"""A model that repeats itself is noticed; ordinary text is not taken for it."""

from __future__ import annotations

import random
import time

import pytest

from slmtui.runtime.repetition import LONGEST, TIMES, TOKENS, repeating


@pytest.mark.parametrize("period", [1, 2, 7, 40, LONGEST])
def test_a_piece_again_and_again(period: int) -> None:
    piece = list(range(period))
    often = max(TIMES, -(-TOKENS // period))
    assert repeating([-1, -2, *piece * often]) == period
    assert repeating([*piece * often, -1]) == 0


def test_a_few_repeats_are_no_loop() -> None:
    assert repeating(["ha"] * (TOKENS - 1)) == 0
    assert repeating(["a", "b", "c"] * 12) == 0
    assert repeating([]) == 0


def test_a_table_whose_cells_differ_is_no_loop() -> None:
    assert repeating([cell for row in range(50) for cell in ("|", row, "|", "x", "\n")]) == 0


def test_a_look_takes_next_to_no_time() -> None:
    chance = random.Random(1)  # noqa: S311
    tokens = [chance.randrange(1000) for _ in range(4000)]
    started = time.thread_time()
    for _ in range(100):
        repeating(tokens)
    assert (time.thread_time() - started) / 100 < 0.002
