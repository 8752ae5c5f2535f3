"""What people type as constraints, and what is none."""

from __future__ import annotations

import pytest

from slmtui.events import Failure
from slmtui.lab.constraints import parse_constraint, parse_constraints


@pytest.mark.parametrize(
    ("text", "metric", "operator", "limit"),
    [
        ("bytes<300e6", "bytes", "<", 300e6),
        ("under 300 MB", "bytes", "<", 300e6),
        ("memory <= 1.5 GiB", "peak_rss_bytes", "<=", 1.5 * 2**30),
        ("at least 20 tokens/s", "tokens_per_second", ">=", 20),
        ("tokens/s more than 20", "tokens_per_second", ">", 20),
        ("suite ≥ 95 %", "suite", ">=", 0.95),
        ("SUITE>=0.95", "suite", ">=", 0.95),
        ("first token < 0.2 s", "ttft_ms", "<", 200),
        ("load under 3 s", "load_seconds", "<", 3),
        ("top-1 at least 90%", "top1", ">=", 0.9),
        ("kl < .05", "kl_mean", "<", 0.05),
        ("perplexity=<12.5", "perplexity", "<=", 12.5),
    ],
)
def test_constraints_are_read_as_people_write_them(
    text: str, metric: str, operator: str, limit: float
) -> None:
    found = parse_constraint(text)
    assert (found.metric.id, found.operator) == (metric, operator)
    assert found.limit == pytest.approx(limit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("bytes", "cannot be read"),
        ("KL 99 %", "cannot be read"),
        ("beauty > 3", "names 'beauty', which is not measured"),
        ("bytes < 3 parsecs", "unit 'parsecs'"),
        ("bytes < 3 ms", "size in ms"),
        ("> 95 %", "does not say of which figure"),
        ("< 3", "does not say of which figure"),
    ],
)
def test_what_is_no_constraint_is_refused_with_the_part_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Failure, match=said) as caught:
        parse_constraint(text)
    assert caught.value.fix


def test_several_stand_in_one_text_or_in_many() -> None:
    one = parse_constraints("under 300 MB, at least 20 tokens/s and suite >= 95 %; kl<0.1")
    many = parse_constraints(["under 300 MB", "at least 20 tokens/s", "suite >= 95 %", "kl<0.1"])
    assert [str(each) for each in one] == [str(each) for each in many]
    assert str(one[0]) == "size < 300 MB"
    assert parse_constraints("  ") == ()


def test_a_figure_that_was_not_measured_neither_keeps_nor_breaks_a_constraint() -> None:
    one = parse_constraint("suite >= 95 %")
    assert one.holds({"suite": 0.95}) is True
    assert one.holds({"suite": 0.94}) is False
    assert one.holds({"bytes": 1.0}) is None
