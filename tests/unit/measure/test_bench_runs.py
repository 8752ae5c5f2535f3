"""Which lengths are measured, and in which order."""

from __future__ import annotations

from collections import Counter

import pytest

from slmtui.events import Failure
from slmtui.measure.bench_figures import BenchPlan
from slmtui.measure.bench_runs import Lengths, fitting, parse_lengths, shuffled


def test_every_prompt_meets_every_output_the_shortest_first() -> None:
    found, notes = fitting(BenchPlan((512, 32, 32), (128, 16)), 2048)
    assert found == (Lengths(32, 16), Lengths(32, 128), Lengths(512, 16), Lengths(512, 128))
    assert notes == ()


def test_what_does_not_fit_is_left_out_and_named() -> None:
    found, notes = fitting(BenchPlan(), 2048)
    assert found == (Lengths(32, 128), Lengths(512, 128))
    (note,) = notes
    assert "2,048 tokens" in note
    assert note.endswith("left out: 2,048 + 128.")


def test_the_context_may_be_filled_to_its_last_token() -> None:
    assert fitting(BenchPlan((2048,), (128,)), 2176) == ((Lengths(2048, 128),), ())


@pytest.mark.parametrize(
    ("prompt", "output", "context", "expected"),
    [
        (2048, 128, 512, Lengths(384, 128)),  # the output as wanted
        (2048, 128, 100, Lengths(50, 50)),  # not even that
        (32, 4096, 256, Lengths(32, 224)),  # the prompt as wanted
        (2048, 1, 2048, Lengths(2047, 1)),
        (32, 128, 2, Lengths(1, 1)),
    ],
)
def test_where_nothing_fits_the_longest_that_does_is_taken(
    prompt: int, output: int, context: int, expected: Lengths
) -> None:
    found, notes = fitting(BenchPlan((prompt, 10_000), (output,)), context)
    assert found == (expected,)
    (note,) = notes
    assert note.endswith(f"The longest that fits was taken: {expected}.")


@pytest.mark.parametrize(
    "plan", [BenchPlan((), (1,)), BenchPlan((0,), (1,)), BenchPlan((1,), (-1,)), BenchPlan((1,), (1,), 0)]
)
def test_a_plan_without_sense_is_refused(plan: BenchPlan) -> None:
    with pytest.raises(Failure, match="at least 1") as refused:
        fitting(plan, 2048)
    assert refused.value.fix


def test_every_round_has_every_length_once_in_an_order_of_its_own() -> None:
    lengths = tuple(Lengths(prompt, 128) for prompt in (8, 16, 32, 64, 128))
    order = shuffled(lengths, 6)
    rounds = [order[start : start + 5] for start in range(0, 30, 5)]
    assert all(Counter(each) == Counter(lengths) for each in rounds)
    assert len(set(rounds)) > 3
    assert shuffled(lengths, 6) == order
    assert shuffled(lengths, 6, seed=8) != order


@pytest.mark.parametrize(("text", "found"), [("32, 512", (32, 512)), ("7", (7,)), (" 8  16 ", (8, 16))])
def test_lengths_are_read_as_people_type_them(text: str, found: tuple[int, ...]) -> None:
    assert parse_lengths(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2,048", "048 begins with a zero"),
        ("0", "less than 1"),
        ("-5", "no whole number"),
        ("", "no whole number"),
        ("32,,8", "no whole number"),
        ("1" * 5000, "too much"),
        ("٣", "no whole number"),
    ],
)
def test_what_is_no_length_is_said(text: str, said: str) -> None:
    with pytest.raises(Failure, match=said) as failure:
        parse_lengths(text)
    assert failure.value.fix


def test_more_runs_than_anybody_waits_for_are_refused_before_their_order_is_drawn() -> None:
    with pytest.raises(Failure, match="2,999,999,997 runs"):
        fitting(BenchPlan(repetitions=999_999_999), 8192)
