"""Which variant is recommended, and why; which ones nothing beats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from slmtui.lab.constraints import parse_constraints
from slmtui.lab.recommend import Recommendation, frontier, recommend
from slmtui.lab.row import VariantResult

Row: TypeAlias = Callable[..., VariantResult]


@pytest.fixture
def four(row: Row) -> tuple[VariantResult, ...]:
    return (
        row("fp32", 600, 0.0, speed=50, suite=0.97),
        row("fp16", 300, 1e-5, speed=48, suite=0.97),
        row("int8", 180, 0.002, speed=100, suite=0.965),
        row("int4", 190, 0.1, speed=170, suite=0.90),
    )


def advice(rows: tuple[VariantResult, ...], *constraints: str) -> Recommendation:
    return recommend(rows, parse_constraints(constraints))


def test_of_those_that_answer_alike_the_smallest_is_taken(four: tuple[VariantResult, ...]) -> None:
    found = advice(four)
    assert found.row is four[2]
    assert "smallest" in found.reason
    assert "suite 96.5%" in found.reason
    assert dict(found.against) == {
        "FP32": "as good, and larger: 600 B, 180 B for INT8 whole",
        "FP16": "as good, and larger: 300 B, 180 B for INT8 whole",
        "INT4 guide": "its suite score is 90.0%, the best is 97.0%",
    }


def test_constraints_leave_what_keeps_them_all(four: tuple[VariantResult, ...]) -> None:
    found = advice(four, "at least 120 tokens/s")
    assert found.row is four[3]
    assert "it alone keeps what is asked" in found.reason
    assert dict(found.against)["INT8 whole"] == "tokens/s is 100, asked is >= 120"


def test_where_none_keeps_them_what_would_have_to_give_is_named(four: tuple[VariantResult, ...]) -> None:
    found = advice(four, "at least 120 tokens/s", "suite >= 95 %")
    assert found.row is None
    assert found.reason.startswith(
        "No variant keeps tokens/s >= 120, suite >= 95.0%. Without tokens/s >= 120"
    )
    assert "INT8 whole" in found.reason
    assert advice(four, "bytes < 1").reason == (
        "No variant keeps size < 1 B. INT8 whole comes closest with size 180 B."
    )
    both = advice(four, "bytes < 1", "tokens/s > 1e9").reason
    assert both.count("comes closest with") == 2, "neither alone could be kept"


def test_what_was_not_measured_keeps_no_constraint(row: Row) -> None:
    found = advice((row("int8", 180, 0.002),), "suite >= 95 %")
    assert found.row is None
    assert dict(found.against) == {"INT8 whole": "suite was not measured"}


def test_a_failed_and_a_wrong_variant_are_never_taken(row: Row) -> None:
    wrong = row("int4", 10, 0.0, verdict="wrong")
    failed = VariantResult("model", row("fp32").variant, "failed", failure="The disk is full.")
    good = row("int8", 100, 0.5)
    found = advice((wrong, failed, good))
    assert found.row is good
    assert dict(found.against) == {
        "INT4 guide": "it does not say what its source says",
        "FP32": "it failed: The disk is full.",
    }
    assert advice((wrong, failed)).row is None
    assert advice((failed,)).reason == "No variant could be made: The disk is full."


def test_without_a_suite_the_closest_is_taken_and_a_kl_below_a_hundredth_is_alike(row: Row) -> None:
    rows = (row("fp32", 600, 0.0), row("int8", 180, 0.009), row("int4", 100, 0.011))
    assert advice(rows).row is rows[1]
    coarse = (row("int8", 180, 0.02), row("int4", 100, 0.011))
    assert advice(coarse).row is coarse[1]


def test_the_frontier_is_what_no_other_beats(four: tuple[VariantResult, ...], row: Row) -> None:
    assert frontier(four, "bytes", "kl_mean") == four[:3]
    # More tokens a second is better, less divergence is: the sign of the figure is known.
    assert frontier(four, "tokens_per_second", "kl_mean") == (four[0], four[2], four[3])
    twin = row("fp16", 300, 1e-5)
    assert frontier((four[1], twin), "bytes", "kl_mean") == (four[1], twin)


def test_models_do_not_beat_each_other(row: Row) -> None:
    rows = (row("int8", 180, 0.002), row("int8", 10, 0.001, source="other"), row("int4", 5, None))
    assert frontier(rows, "bytes", "kl_mean") == rows[:2]
