"""A measuring desk whose figures are fixed: no machine shows through them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import slmtui.tui.app
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Failure, Progress, Service, Usage
from slmtui.measure.bench_figures import BenchResult, BenchRow, Spread
from slmtui.measure.checklist_item import Checklist, Item, item
from slmtui.measure.quality_figures import BUILT_IN, Quality
from slmtui.measure.suite import Suite, SuiteAnswer, SuiteLine, SuiteScore
from slmtui.pipeline import Measurements, Wishes
from slmtui.pipeline.validation import Part
from slmtui.runtime.parameters import Message
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.measuring_desk import MeasuringDesk, Standing
from slmtui.tui.screens.validate import ValidateScreen
from tests.tui.deploy_bench import begun

AT = "2026-11-24T12:00:00+00:00"
MODEL = Path("/srv/slmtui/models/fernlight-support-int4")
OWN = Path("/srv/slmtui/suites/fernlight-support.jsonl")


def row(prompt: int, ttft: float, speed: float) -> BenchRow:
    reading = prompt / ttft * 1000
    return BenchRow(
        prompt,
        128,
        Spread(ttft, ttft / 40, 5),
        1000 / speed,
        1100 / speed,
        1400 / speed,
        Spread(reading, reading / 50, 5),
        Spread(speed, speed / 80, 5),
        231_000_000 + 4_000 * prompt,
        187.0,
    )


ROWS = (row(32, 34.0, 182.4), row(512, 421.0, 168.9), row(1536, 1380.0, 141.3))
BENCH = BenchResult(
    ROWS,
    0.81,
    0.014,
    ("The context holds 2,048 tokens, prompt and output together; left out: 2,048 + 128.",),
    True,
    AT,
    48.0,
    "Linux x86_64, 8 cores, 32 GB, AVX-512",
)
QUALITY = Quality(21.73, 20.94, 0.0552, 0.0193, 0.291, 0.902, 0.9911, 2583, BUILT_IN, 12.0)


def line(question: str, **checks: Any) -> SuiteLine:
    return SuiteLine((Message("user", question),), **checks)


LINES = (
    line("How long is the warranty?", contains=("3 years",)),
    line("Why is the ring amber?", equals="An amber ring means that the tank is low."),
    line("How do I pair the lamp with the app?", contains=("hold", "five seconds"), max_tokens=96),
    line("Give me the lamp's data as JSON.", json_schema={"type": "object", "required": ["watts"]}),
    line("Wie lange hält die Lampe?", similar="Sie hält etwa 50.000 Stunden."),
)
_SOURCES = "An amber ring means that the tank is low."
SUITE = Suite(LINES, OWN)
ANSWERS = SuiteScore(
    (
        SuiteAnswer(0, "The lamp has a warranty of 3 years.", True, tokens=11),
        SuiteAnswer(
            1,
            "An amber ring means that the app is connected.",
            False,
            ("it is not 'An amber ring means that the tank is low.'",),
            12,
            failed_checks=("equals",),
        ),
        SuiteAnswer(2, "Hold the button for five seconds.", False, ("'hold' is not in it",), 8),
        SuiteAnswer(3, '{"watts": 24}', True, tokens=9),
        SuiteAnswer(4, "", False, ("it is 0% like 'Sie hält etwa 50.000 Stunden.', under 80%",), 1),
    )
)
CONTROL = SuiteScore(
    (
        ANSWERS.answers[0],
        replace(ANSWERS.answers[1], answer=_SOURCES, passed=True, reasons=()),
        *ANSWERS.answers[2:],
    )
)
ITEMS: tuple[Item, ...] = (
    item(
        "questions",
        "fail",
        "2 of 5 pass (40.0%; 90% are wanted); its source passes 3: the conversion lost 1 and gained 0, and"
        " 2 neither has learnt.",
        "The source itself does not know the answers: train it further, or correct the suite.",
    ),
    item("format", "pass", "Of 5 answers 5 end by themselves, 0 have marks of a template in them."),
    item("memory", "pass", "Over 100 turns its process went from 231 MB to 232 MB: +412 kB per 100 turns."),
    item(
        "lengths",
        "warn",
        "After input of 16 tokens: 182 tokens/s, 2 of 5 right; 1,529 tokens: 141 tokens/s, 0 of 5 right.",
        "It forgets what it knows after long input: train it on longer conversations, or keep them short.",
    ),
    item("edges", "pass", "Answered: nothing at all, white space, one character, control characters."),
)
CHECKLIST = Checklist(ITEMS, ANSWERS, CONTROL, None, OWN.name, AT, 61.0)
ALL = Measurements(BENCH, QUALITY, CHECKLIST, asked=SUITE)
GOOD = replace(
    ALL,
    checklist=replace(CHECKLIST, items=tuple(replace(each, status="pass", fix="") for each in ITEMS)),
)


class FixedDesk(MeasuringDesk):
    """Has measured what it is told, and measures until it is let go."""

    def __init__(self, found: Measurements | None = None, suite: Suite | None = SUITE) -> None:
        super().__init__()
        self.standing = Standing(MODEL, found or Measurements(), suite, OWN, context_length=2048)
        self.will_find = ALL
        self.failure: Failure | None = None
        self.measured: list[tuple[Part, ...]] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def look(self, deployment: Deployment) -> Standing:
        return self.standing

    def measure(self, deployment: Deployment, parts: Sequence[Part], cancel: Cancel) -> Service[Measurements]:
        self.measured.append(tuple(parts))
        self.rows = {(each.prompt_tokens, each.output_tokens): each for each in ROWS[:2]}
        yield Usage(231_000_000, 187.0)
        yield Progress("bench", "1 of 3, Benchmark: Run 7 of 15: 512 + 128 tokens", 0.25, 95.0)
        found = Measurements(bench=replace(BENCH, rows=ROWS[:2], complete=False))
        while not self.may_go.wait(0.01):
            if cancel.is_set:
                self.standing = replace(self.standing, found=found)
                raise Cancelled
        if self.failure is not None:
            raise self.failure
        for each in ITEMS:
            yield each.as_verdict()
        self.standing = replace(self.standing, found=self.will_find)
        return self.will_find

    def keep(self, model_dir: Path, wishes: Wishes) -> None:
        self.standing = replace(self.standing, wishes=wishes)

    def save(self, model_dir: Path, lines: Sequence[SuiteLine]) -> Suite:
        suite = Suite(tuple(lines), OWN)
        self.standing = replace(self.standing, suite=suite, suite_failure=None)
        return suite


def app_with(desk: MeasuringDesk, deployment: Deployment | None = None) -> SlmtuiApp:
    """slmtui, opened on the Validate screen with this desk."""

    class BenchApp(SlmtuiApp):
        CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
        MODES: ClassVar = {**SlmtuiApp.MODES, "validate": lambda: ValidateScreen(desk)}
        DEFAULT_MODE = "validate"

    app = BenchApp()
    app.deployment = deployment or chatted()
    return app


def chatted() -> Deployment:
    """A deployment whose model has answered in a chat."""
    one = begun()
    record = dict(one.step("conversion").record) | {"precision": "int4"}
    one = one.with_step("conversion", "verified", **record)
    one = one.with_step("prompt", "verified", file=str(one.path.parent))
    one = one.with_step("foundry", "verified", target=str(one.path.parent))
    return one.with_step("runtime", "verified", answer="Yes.")
