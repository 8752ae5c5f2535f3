"""The table, in llama-bench's notation."""

from __future__ import annotations

import math

import pytest

from slmtui.measure.bench_figures import BenchResult, BenchRow, Spread
from slmtui.measure.bench_table import HEADINGS, markdown, pooled, rows
from slmtui.runtime.session import Session


def row(prompt: int, output: int, first: Spread, speed: Spread) -> BenchRow:
    read = Spread(prompt / first.mean * 1000, 0.0, first.n)
    return BenchRow(prompt, output, first, 7.25, 8.5, 9.75, read, speed, 250_000_000, 187.4)


def result(*found: BenchRow) -> BenchResult:
    return BenchResult(found, 0.5, 0.01, (), True, "2026-11-28T12:00:00+00:00", 60.0, "a machine")


RESULT = result(
    row(32, 128, Spread(100.0, 2.0, 5), Spread(131.456, 1.5, 5)),
    row(512, 128, Spread(2000.0, 2.0, 5), Spread(99.0, 0.4, 5)),
)


def test_reading_and_generating_have_a_line_each() -> None:
    lines = rows(RESULT)
    assert [line[0] for line in lines] == ["pp32", "tg128 @ d32", "pp512", "tg128 @ d512"]
    assert lines[0][1:3] == ("320.0 ± 0.0", "100.0 ± 2.0")
    assert lines[2][1:3] == ("256.0 ± 0.0", "2000 ± 2")
    assert lines[3][1] == "99.00 ± 0.40"
    assert lines[1][1:] == ("131.5 ± 1.5", "", "7.25", "8.50", "9.75", "250 MB", "187 %")
    assert {len(line) for line in lines} == {len(HEADINGS)}


def test_markdown_is_one_table_with_the_model_on_every_line() -> None:
    text = markdown("my|model\x1b", 194_000_000, Session("CPU", 4), RESULT)
    heading, rule, *lines = text.splitlines()
    assert text.endswith("|\n")
    assert " ".join(heading.split()) == (
        "| model | size | backend | threads | test | t/s | ttft ms | tpot p50 | p95 | p99 | memory | CPU |"
    )
    assert set(rule) == set("|- :")
    assert rule.split("|")[6].endswith("-: ")  # numbers stand to the right, as llama-bench has them
    assert len(lines) == 4
    assert {len(line) for line in (heading, rule, *lines)} == {len(heading)}
    assert all(line.startswith("| my\\|model") and "| 194 MB |" in line for line in lines)
    assert "|CPU|4|" in lines[0].replace(" ", "")
    assert "\x1b" not in text


def test_what_is_not_known_is_said_to_be_so() -> None:
    lonely = row(32, 1, Spread(100.0, 0.0, 1), Spread.of(()))
    assert rows(result(lonely))[1][1:6] == ("–", "", "–", "–", "–")
    assert "| auto |" in " ".join(markdown("m", 1, Session("", None), RESULT).split())


def test_prompts_of_one_length_are_one_line_over_all_their_runs() -> None:
    a, b = [1.0, 2.0, 4.0], [10.0, 12.0]
    found = pooled([Spread.of(a), Spread.of(b), Spread.of(())])
    expected = Spread.of(a + b)
    assert found.n == 5
    assert found.mean == pytest.approx(expected.mean)
    assert found.deviation == pytest.approx(expected.deviation)
    assert math.isnan(pooled([]).mean)
    several = result(*(row(32, output, Spread(100.0, 0, 2), Spread(9.0, 0, 2)) for output in (16, 128)))
    assert [line[0] for line in rows(several)] == ["pp32", "tg16 @ d32", "tg128 @ d32"]
