"""Reports to test with: one that has everything, and one that has nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

from slmtui.events import Verdict
from slmtui.measure.bench_figures import BenchResult, BenchRow, Spread
from slmtui.measure.checklist_item import Checklist, item
from slmtui.measure.quality_figures import Quality
from slmtui.measure.suite import SuiteAnswer, SuiteScore
from slmtui.report.document import (
    Command,
    Deployed,
    File,
    Foretold,
    Machine,
    Missing,
    Model,
    Parity,
    Report,
    Sample,
    Source,
)

# What breaks out of one form or another, or changes how a text is read.
HOSTILE = (
    "a|b `c` ```\n````\n</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202edeR"
    "\n\n# head\n\n- item\n\n| x |\n| - |\n[l](javascript:alert(1)) ![i](http://e.example/i.png) <b>&amp;"
    "{{ 7*7 }}\r{% raw %} www.e.example https://e.example/ me@e.example _a_ **b** ~~c~~ $x$\u2028\ud800\x00"
)


def row(
    prompt: int = 32, output: int = 128, speed: float = 100.0, deviation: float = 1.0, n: int = 5
) -> BenchRow:
    """A row whose times follow from its speed."""
    return BenchRow(
        prompt_tokens=prompt,
        output_tokens=output,
        ttft_ms=Spread(1000 * prompt / (10 * speed), deviation, n),
        tpot_ms_p50=1000 / speed,
        tpot_ms_p95=1200 / speed,
        tpot_ms_p99=1500 / speed,
        prompt_tokens_per_second=Spread(10 * speed, deviation, n),
        tokens_per_second=Spread(speed, deviation, n),
        peak_rss_bytes=200_000_000,
        cpu_percent=180.0,
    )


def bench(*rows: BenchRow, noise: float = 0.01, machine: str = "Linux x86_64, 2 cores") -> BenchResult:
    """A benchmark of these rows."""
    return BenchResult(
        rows=rows or (row(), row(512)),
        load_seconds=0.5,
        noise=noise,
        notes=(),
        complete=True,
        at="2026-01-02T03:04:05+00:00",
        seconds=9.0,
        machine=machine,
    )


def quality(**figures: Any) -> Quality:
    """A comparison over the built-in text."""
    made = Quality(12.0, 11.0, 0.05, 0.01, 0.3, 0.9, 0.99, 2000, "built in", 4.0)
    return dataclasses.replace(made, **figures)


def checklist(passed: int = 40, of: int = 40, text: str = "an answer", **changed: Any) -> Checklist:
    """A checklist whose first `passed` of `of` answers passed."""
    answers = tuple(SuiteAnswer(n, text, n < passed, () if n < passed else ("not it",)) for n in range(of))
    items = (
        item("questions", "pass", f"{passed} of {of} pass"),
        item("format", "pass", text),
        item("memory", "warn", "not sure", "More turns."),
        item("lengths", "pass", "the same"),
        item("edges", "fail", "broke down", "Look at it."),
    )
    made = Checklist(items, SuiteScore(answers), suite_name="suite.jsonl", at="2026-01-02T03:04:05+00:00")
    return dataclasses.replace(made, **changed)


def bare(**changed: Any) -> Report:
    """A report on a model of which nothing is known."""
    made = Report(
        name="lamp",
        at="2026-01-02T03:04:05+00:00",
        slmtui="0.1.0",
        machine=Machine("Linux x86_64", "2 cores, AVX2", "8.0 GB", "CPython 3.11.7"),
        model=Model("~/lamp", 2_500_000),
        missing=(Missing("its speed", "slmtui bench lamp"),),
    )
    return dataclasses.replace(made, **changed)


def full(text: str = "an answer", **changed: Any) -> Report:
    """A report that has everything; `text` stands wherever a text may be that is not ours."""
    verdicts = (Verdict("one", "The first", "ok", text), Verdict("two", "The second", "warn", text, text))
    made = bare(
        model=Model("~/lamp", 2_500_000, 2048, "int4", "INT4, block size 32", versions={"torch": "2.13.0"}),
        source=Source(
            text, "huggingface", text, 1_500_000, "bfloat16", text, (File(text, 3_000_000, "ab12"),)
        ),
        commands=(
            Command("With slmtui", f"slmtui convert {text} --output lamp"),
            Command(text, text, "json"),
        ),
        forecast=(Foretold("size", "bytes", 2.6e6, 2.5e6), Foretold("time", "seconds", None, 9.0)),
        conversion=verdicts,
        parity=Parity("verified", text, 0.99, 0.86, 0.05, 0.3, 852),
        template=verdicts,
        deployed=Deployed(text, "link", "2026-01-02T03:04:05+00:00", verdicts),
        bench=dataclasses.replace(bench(), notes=(text,)),
        quality=quality(notes=(text,)),
        checklist=checklist(text=text, suite_name=text),
        samples=(Sample(text, text, text, text),),
        missing=(Missing(text, f"slmtui bench {text}"),),
        notes=(text,),
    )
    return dataclasses.replace(made, **changed)
