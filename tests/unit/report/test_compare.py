"""Two reports: what is better, what is worse, and what is noise."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmtui.events import Verdict
from slmtui.measure.bench_figures import BenchRow, Spread
from slmtui.measure.checklist_item import TITLES, Checklist, item
from slmtui.measure.suite import SuiteAnswer, SuiteScore
from slmtui.report.compare import compare
from slmtui.report.document import Deployed, Model, Parity, Report
from slmtui.report.render import render
from tests.unit.report.made import bare, bench, checklist, full, quality, row

NUMBERS = st.floats(min_value=0, max_value=1e12) | st.just(math.nan)
SPREADS = st.builds(Spread, NUMBERS, st.floats(0, 1e9), st.integers(0, 50))
COUNTS = st.integers(0, 10**12)
ROWS = st.builds(
    BenchRow,
    st.integers(1, 4),
    st.integers(1, 2),
    SPREADS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    SPREADS,
    SPREADS,
    COUNTS,
    NUMBERS,
)
ANSWERS = st.lists(st.booleans(), max_size=6).map(
    lambda passed: SuiteScore(tuple(SuiteAnswer(n, "a", one) for n, one in enumerate(passed)))
)
ITEMS = st.sampled_from(["pass", "warn", "fail", "unchecked"])
CHECKLISTS = st.builds(
    lambda words, suite: Checklist(tuple(map(item, TITLES, words, ["said"] * 5)), suite, suite_name="s"),
    st.lists(ITEMS, min_size=5, max_size=5),
    st.none() | ANSWERS,
)
VERDICTS = st.lists(
    st.builds(
        Verdict,
        st.sampled_from("abc"),
        st.text(),
        st.sampled_from(["ok", "warn", "fail", "unchecked"]),
        st.text(),
    ),
    max_size=3,
    unique_by=lambda verdict: verdict.id,
).map(tuple)
PARITIES = st.builds(
    Parity,
    st.sampled_from(["verified", "degraded", "wrong"]),
    st.text(),
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    COUNTS,
)
REPORTS = st.builds(
    bare,
    model=st.builds(Model, st.text(), COUNTS),
    parity=st.none() | PARITIES,
    template=VERDICTS,
    deployed=st.none() | st.builds(Deployed, st.text(), st.text(), st.text(), VERDICTS),
    bench=st.none()
    | st.lists(ROWS, max_size=4, unique_by=lambda r: (r.prompt_tokens, r.output_tokens)).map(
        lambda rows: dataclasses.replace(bench(), rows=tuple(rows))
    ),
    quality=st.none() | st.builds(quality, perplexity=NUMBERS, kl_mean=NUMBERS, top1=NUMBERS, kl_p99=NUMBERS),
    checklist=st.none() | CHECKLISTS,
)


def through_a_file(report: Report) -> Report:
    return Report.from_json(json.loads(render(report, "json")))


@given(REPORTS)
@settings(max_examples=60, deadline=None)
def test_a_report_compared_with_itself_has_no_change(report: Report) -> None:
    again = through_a_file(report)
    for before, now in ((report, report), (again, again)):
        found = compare(before, now)
        assert (found.worse, found.better) == ((), ())
    assert again.to_json() == through_a_file(again).to_json()


@given(REPORTS, REPORTS)
@settings(max_examples=40, deadline=None)
def test_any_two_reports_can_be_compared_and_shown(before: Report, now: Report) -> None:
    found = compare(before, now)
    assert render(now, "md", found)


def words(before: Report, now: Report) -> dict[str, str]:
    """What changed beyond noise, by figure."""
    return {c.what: c.word for c in compare(before, now).changes if c.word != "same"}


def test_speed_counts_beyond_deviation_noise_and_a_twentieth() -> None:
    def with_row(*rows: BenchRow, noise: float = 0.01) -> Report:
        return bare(bench=bench(*rows, noise=noise))

    steady = with_row(row(speed=100))
    assert words(steady, with_row(row(speed=96))) == {}
    found = words(steady, with_row(row(speed=80)))
    assert found["generation, 32 + 128 tokens"] == "worse"
    assert found["time to first token, 32 + 128 tokens"] == "worse"
    assert words(with_row(row(speed=80)), steady)["generation, 32 + 128 tokens"] == "better"
    assert words(steady, with_row(row(speed=80, deviation=400))) == {}
    assert words(steady, with_row(row(speed=80), noise=0.6)) == {}
    # Of a single repetition no deviation is known.
    once = with_row(row(speed=100, deviation=0, n=1))
    assert words(once, with_row(row(speed=92, deviation=0, n=1))) == {}
    assert words(once, with_row(row(speed=80, deviation=0, n=1)))["generation, 32 + 128 tokens"] == "worse"


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (bench(), bench(machine="another"), "another machine"),
        (bench(row(32)), bench(row(64)), "other lengths"),
        (bench(row(32), row(64)), bench(row(32)), "1 of the baseline's lengths"),
        (bench(), None, "was not compared"),
        (None, bench(), "does not have it"),
    ],
)
def test_what_cannot_be_compared_is_said_and_is_no_change(before: Any, now: Any, said: str) -> None:
    slow = (
        dataclasses.replace(now, rows=tuple(row(r.prompt_tokens, speed=1) for r in now.rows)) if now else None
    )
    found = compare(bare(bench=before), bare(bench=slow if said != "1 of the baseline's lengths" else now))
    assert any(said in note for note in found.notes), found.notes
    assert found.worse == ()


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"kl_mean": 0.05}, {"kl_mean": 0.054}, {}),
        ({"kl_mean": 0.05}, {"kl_mean": 0.07}, {"KL divergence, mean": "worse"}),
        ({"kl_mean": 1e-7}, {"kl_mean": 5e-7}, {}),  # rounding
        ({"kl_p99": 0.3}, {"kl_p99": 0.2}, {"KL divergence, 99 %": "better"}),
        ({"top1": 0.9}, {"top1": 0.898}, {}),
        ({"top1": 0.98}, {"top1": 0.95}, {"same first choice": "worse"}),
        ({"perplexity": 12.0}, {"perplexity": 12.4}, {}),
        ({"perplexity": 12.0}, {"perplexity": 13.0}, {"perplexity": "worse"}),
        ({"text": "mine.txt"}, {"perplexity": 99.0}, {}),  # another text
    ],
)
def test_quality_counts_beyond_a_tenth(before: dict[str, Any], now: dict[str, Any], expected: object) -> None:
    assert words(bare(quality=quality(**before)), bare(quality=quality(**now))) == expected


def test_the_share_of_the_suite_counts_beyond_its_standard_error() -> None:
    def share(passed: int, **changed: Any) -> Report:
        return bare(checklist=checklist(passed, 100, **changed))

    what = "share of the suite passed"
    assert what not in words(share(90), share(89))
    assert words(share(90), share(80))[what] == "worse"
    assert words(share(100), share(90))[what] == "worse"
    assert words(share(90), share(100))[what] == "better"
    other = compare(share(90), share(10, suite_name="other.jsonl"))
    assert other.worse == ()
    assert any("another suite" in note for note in other.notes)


def test_a_verdict_counts_and_one_that_was_not_come_to_is_said() -> None:
    def with_word(word: Any) -> Report:
        return bare(checklist=Checklist((item("memory", word, "said"),), suite_name="s"))

    assert words(with_word("pass"), with_word("fail")) == {TITLES["memory"]: "worse"}
    assert words(with_word("fail"), with_word("warn")) == {TITLES["memory"]: "better"}
    found = compare(with_word("pass"), with_word("unchecked"))
    assert found.worse == ()
    assert any("now it was not" in note for note in found.notes)
    ok, fail = Verdict("loads", "It loads", "ok", ""), Verdict("loads", "It loads", "fail", "")
    assert words(bare(template=(ok,)), bare(template=(fail,))) == {"It loads": "worse"}
    deployed = [bare(deployed=Deployed("a:1", "copy", "", (one,))) for one in (ok, fail)]
    assert words(*deployed) == {"It loads": "worse"}
    assert words(bare(parity=Parity("verified")), bare(parity=Parity("wrong"))) == {"verdict": "worse"}


def test_size_counts_beyond_a_fiftieth() -> None:
    small, same, large = (bare(model=Model("m", size)) for size in (1000, 1019, 1030))
    assert words(small, same) == {}
    assert words(small, large) == {"size": "worse"}
    assert words(large, small) == {"size": "better"}


def test_another_precision_source_or_version_is_said() -> None:
    before, now = full(), full()
    now = dataclasses.replace(
        now, model=dataclasses.replace(now.model, precision="int8", versions={"torch": "3"})
    )
    assert before.source is not None
    file = dataclasses.replace(before.source.files[0], sha256="other")
    now = dataclasses.replace(now, source=dataclasses.replace(before.source, files=(file,)))
    notes = " ".join(compare(before, now).notes)
    for part in ("INT8", "another source", "torch 2.13.0 → 3"):
        assert part in notes
    assert compare(before, before).notes == ()
