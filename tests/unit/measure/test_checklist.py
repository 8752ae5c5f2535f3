"""The checklist's verdicts, from figures alone."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import cast

import pytest

from slmtui.events import Cancel, Progress, Service
from slmtui.measure.checklist_edges import Tried, cases, judge_edges
from slmtui.measure.checklist_format import MARKS, judge_format
from slmtui.measure.checklist_item import TITLES, Checklist, item, unchecked
from slmtui.measure.checklist_lengths import Point, judge_lengths
from slmtui.measure.checklist_memory import judge_memory, session
from slmtui.measure.checklist_questions import judge_questions
from slmtui.measure.slope import slope_of
from slmtui.measure.suite import SuiteAnswer, SuiteScore
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import Message

MB = 1_000_000


def score(*passed: bool) -> SuiteScore:
    return SuiteScore(tuple(SuiteAnswer(n, "a", one) for n, one in enumerate(passed)))


def test_lost_by_the_conversion_is_told_from_never_learnt() -> None:
    right, half = score(*[True] * 20), score(*[True, False] * 10)
    lost = judge_questions(half, right)
    assert (lost.status, lost.figures["lost"], lost.figures["never_learnt"]) == ("fail", 10, 0)
    assert "finer precision" in lost.fix
    never = judge_questions(half, half)
    assert (never.status, never.figures["lost"], never.figures["never_learnt"]) == ("fail", 0, 10)
    assert "train it further" in never.fix
    assert "control" in judge_questions(half).fix
    assert judge_questions(right, half).status == "pass"
    # Three lost may be chance, five of five are not; 195 of 200 are over what is wanted.
    most = [True] * 200
    assert judge_questions(score(*[False] * 3, *most[3:]), score(*most)).status == "pass"
    assert judge_questions(score(*[False] * 5, *most[5:]), score(*most)).status == "fail"
    assert judge_questions(half, at_least=0.5).status == "pass"
    assert judge_questions(right, base=right).status == "warn"
    assert judge_questions(None).status == judge_questions(score()).status == "unchecked"


def test_answers_without_an_end_or_with_marks_have_no_form() -> None:
    good = [SuiteAnswer(n, "fine", True) for n in range(20)]
    assert judge_format(good).status == "pass"
    endless = SuiteAnswer(20, "and so on", True, finish_reason="length")
    assert judge_format([*good, endless]).status == "warn"
    assert judge_format([endless]).status == "fail"
    assert judge_format([SuiteAnswer(0, "a<|im_end|>", True)]).figures["with_marks"] == 1
    assert judge_format([SuiteAnswer(0, "", False, finish_reason="failed")]).status == "unchecked"


@pytest.mark.parametrize(
    "text",
    ["<|im_start|>user", "<｜Assistant｜>", "[/INST]", "</s>", "<end_of_turn>", "### Response:", "USER: a"],
)
def test_marks_are_known(text: str) -> None:
    assert MARKS.search("so\n" + text)


@pytest.mark.parametrize("text", ["a < b | c > d", "<|", "# Response", "the USER: field", "x[1]"])
def test_ordinary_text_has_no_marks(text: str) -> None:
    assert not MARKS.search(text)


def test_a_slope_is_found_again_within_its_interval() -> None:
    chance = random.Random(1)  # noqa: S311
    inside = 0
    for _ in range(200):
        values = [1000 + 3 * turn + chance.gauss(0, 50) for turn in range(100)]
        slope = slope_of(values)
        inside += slope.low <= 3 <= slope.high
    assert 180 <= inside <= 199  # 95 % of 200 are 190
    with pytest.raises(ValueError, match="10 values"):
        slope_of([1.0] * 9)


def test_a_leak_is_told_from_noise_and_from_a_step() -> None:
    chance = random.Random(2)  # noqa: S311
    noise = [round(100 * MB + chance.gauss(0, 0.2 * MB)) for _ in range(100)]
    assert judge_memory(noise).status == "pass"
    leaking = judge_memory([value + turn * 60_000 for turn, value in enumerate(noise)])
    assert leaking.status == "fail"
    low, high = leaking.figures["interval_bytes_per_100_turns"]
    assert low < 6 * MB < high
    assert judge_memory([100 * MB] * 15 + [100 * MB + 600_000] * 5).status != "fail"
    assert judge_memory([round(100 * MB + chance.gauss(0, 20 * MB)) for _ in range(100)]).status == "warn"


def test_a_growth_that_may_be_too_much_is_uncertain_and_no_failure() -> None:
    """What a machine under load was measured at: +2.2 MB, 95 %: +1.5 to +2.9, where 2.0 are allowed."""
    chance = random.Random(5)  # noqa: S311
    unsure = [round(77 * MB + turn * 22_000 + chance.gauss(0, 0.9 * MB)) for turn in range(100)]
    found = judge_memory(unsure)
    low, high = found.figures["interval_bytes_per_100_turns"]
    assert low < 2 * MB < found.figures["slope_bytes_per_100_turns"] < high
    assert found.status == "warn"
    assert "uncertain" in found.evidence
    # The same growth, seen for longer, is sure.
    longer = [round(77 * MB + turn * 24_000 + chance.gauss(0, 0.9 * MB)) for turn in range(500)]
    assert judge_memory(longer).status == "fail"


class Growing:
    """Answers at once; the memory of its process is what `resident` says for each turn."""

    def __init__(self, resident: Callable[[int], float]) -> None:
        self.resident, self.turns = resident, 0

    def chat(self, *_: object, **__: object) -> Service[Answer]:
        yield from ()
        self.turns += 1
        return Answer("ok", 1, 0, 1, 0.1, 1.0, 0.1, 1, "stop", rss_bytes=round(self.resident(self.turns)))


@pytest.mark.parametrize(
    ("name", "status", "longest"),
    [
        ("steady", "pass", 160),
        ("settles", "pass", 560),
        ("leaks", "fail", 160),
        ("leaks a little", "fail", 560),
    ],
)
def test_a_session_goes_on_until_it_is_sure(name: str, status: str, longest: int) -> None:
    chance = random.Random(5)  # noqa: S311
    resident = {
        "steady": lambda turn: 77 * MB + chance.gauss(0, 0.1 * MB),
        # As an allocator does: nearly all before turn 60, which does not count, and the rest soon after.
        "settles": lambda turn: 80 * MB - 12 * MB * math.exp(-turn / 40) + chance.gauss(0, 0.3 * MB),
        "leaks": lambda turn: 77 * MB + 60_000 * turn + chance.gauss(0, 0.3 * MB),
        "leaks a little": lambda turn: 77 * MB + 27_000 * turn + chance.gauss(0, 1.2 * MB),
    }[name]
    host, told = Growing(resident), list[Progress]()
    service = session(cast("ModelHost", host), [[Message("user", "hello")]], Cancel(), 100)
    while True:
        try:
            told.append(cast("Progress", next(service)))
        except StopIteration as end:
            found = end.value
            break
    assert found.status == status, found.evidence
    assert found.figures["turns"] == host.turns - 60
    assert 160 <= host.turns <= longest
    assert (host.turns > 160) is any("not sure yet" in event.text for event in told)
    assert (longest > 160) is (host.turns > 160)
    fractions = [event.fraction for event in told]
    assert fractions == sorted(fractions)


def test_lengths_warn_of_what_is_forgotten_and_slow() -> None:
    def point(length: int, passed: int | None, speed: float, empty: int = 0) -> Point:
        return Point(length, length + 10, 8, passed, speed, 100.0, empty)

    assert judge_lengths([point(0, 8, 100), point(512, 7, 80)]).status == "pass"
    assert "forgets" in judge_lengths([point(0, 8, 100), point(512, 2, 80)]).fix
    assert "40% of its speed" in judge_lengths([point(0, None, 100), point(512, None, 40)]).fix
    assert judge_lengths([point(0, 8, 100), point(512, 0, 80, empty=8)]).status == "fail"
    assert judge_lengths([point(0, 8, 100)]).status == "unchecked"


def test_edges_fail_where_a_model_goes_down_or_is_changed() -> None:
    first, *_ = cases(2048, "<|im_start|>user")
    assert judge_edges([Tried(first, "answered with 3 tokens", "", 0.1)], True).status == "pass"
    assert judge_edges([Tried(first, "refused", "it brought the model down: x.", 0.1)], True).status == "fail"
    assert judge_edges([Tried(first, "answered with 3 tokens", "", 0.1)], False).status == "fail"
    by_id = {case.id: case for case in cases(2048, "")}
    assert len(by_id["million"].content) == 1_000_000
    assert by_id["over_context"].refused


def test_a_checklist_goes_through_json() -> None:
    items = (item("questions", "pass", "all", figures={"share": 1.0}), unchecked("memory", "stopped"))
    made = Checklist(items, score(True), None, score(False), "suite.jsonl", "2026-01-01", 1.5, False)
    assert Checklist.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert made.failed == ()
    assert items[0].as_verdict().status == "ok"
    assert list(TITLES) == ["questions", "format", "memory", "lengths", "edges"]
