"""The summary: what somebody sees who reads nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from slmtui.events import Status, Verdict
from slmtui.report.blocks import Tile, Tone
from slmtui.report.change import Comparison
from slmtui.report.document import Report
from slmtui.units import size

_PARITY: dict[str, Tone] = {"verified": "ok", "degraded": "warn", "wrong": "fail"}
_WORST: tuple[Status, ...] = ("fail", "warn", "ok", "unchecked")
_WORDS: dict[Status, str] = {
    "ok": "passes",
    "warn": "with a warning",
    "fail": "fails",
    "unchecked": "unchecked",
}


def tiles(report: Report, comparison: Comparison | None = None) -> tuple[Tile, ...]:
    """The verdicts first, then the figures; what was not measured is said as such."""
    if comparison is None:
        return (*_verdicts(report), *_figures(report))
    word = f"{len(comparison.worse)} worse" if comparison.worse else "nothing worse"
    tone: Tone = "fail" if comparison.worse else "ok"
    compared = Tile("Against the baseline", word, f"{len(comparison.better)} better, beyond noise", tone)
    return (compared, *_verdicts(report), *_figures(report))


def _verdicts(report: Report) -> Iterator[Tile]:
    parity, checklist = report.parity, report.checklist
    if parity is None:
        yield _unmeasured("Against its source")
    else:
        detail = f"{parity.top1:.0%} the same first choice" if parity.top1 is not None else ""
        yield Tile("Against its source", parity.verdict, detail, _PARITY.get(parity.verdict, "plain"))
    yield _worst("Prompt template", report.template)
    yield _worst("Deployment", report.deployed.verdicts if report.deployed else ())
    if checklist is None:
        yield _unmeasured("Checklist")
        return
    verdicts = [item.as_verdict() for item in checklist.items]
    passed = sum(verdict.status == "ok" for verdict in verdicts)
    suite = f"{checklist.suite.share:.1%} of {checklist.suite_name}" if checklist.suite else "without a suite"
    yield Tile("Checklist", f"{passed} of {len(verdicts)}", suite, _status(verdicts))


def _figures(report: Report) -> Iterator[Tile]:
    smaller = ""
    if report.source and report.source.bytes:
        smaller = f"{report.model.bytes / report.source.bytes:.0%} of its source"
    yield Tile("Size", size(report.model.bytes), smaller)
    fastest = (
        [row for row in report.bench.rows if math.isfinite(row.tokens_per_second.mean)]
        if report.bench
        else []
    )
    if not fastest:
        yield _unmeasured("Speed")
        return
    row = fastest[0]
    after = f"after {row.prompt_tokens:,} tokens of prompt"
    yield Tile("Generation", f"{row.tokens_per_second.mean:,.0f} tokens/s", after)
    if math.isfinite(row.ttft_ms.mean):
        yield Tile("First token", f"{row.ttft_ms.mean:,.0f} ms", after)


def _unmeasured(label: str) -> Tile:
    return Tile(label, "not measured", "", "unchecked")


def _worst(label: str, verdicts: Iterable[Verdict]) -> Tile:
    found = tuple(verdicts)
    if not found:
        return _unmeasured(label)
    passed = sum(verdict.status == "ok" for verdict in found)
    open_ = sum(verdict.status == "unchecked" for verdict in found)
    detail = f"{passed} of {len(found)} checks" + (f", {open_} unchecked" if open_ else "")
    status = _status(found)
    return Tile(label, _WORDS[status], detail, status)


def _status(verdicts: Iterable[Verdict]) -> Status:
    statuses = {verdict.status for verdict in verdicts}
    return next(status for status in _WORST if status in statuses or status == "unchecked")
