"""Two reports compared: what became better or worse, beyond noise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from slmtui.events import Status, Verdict
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.suite import SuiteScore
from slmtui.report.change import Change, Comparison, Word, figure
from slmtui.report.compare_speed import speeds
from slmtui.report.document import Report
from slmtui.units import size

# A model's size is the same to the byte when it is made again; other releases move it a little.
_SIZE = 0.02
# Quality figures differ by some per cent between machines, whose processors round otherwise.
_RELATIVE, _PERPLEXITY = 0.10, 0.05
# Under these, in nats, divergences are rounding: an FP32 model has 1e-7 today and 3e-7 tomorrow.
_KL_MEAN, _KL_P99 = 0.001, 0.01
_ORDER: tuple[Status, ...] = ("fail", "warn", "ok")
_STATUS: dict[str, Status] = {"pass": "ok", "warn": "warn", "fail": "fail"}
_PARITY: dict[str, Status] = {"verified": "ok", "degraded": "warn", "wrong": "fail"}


def compare(before: Report, now: Report) -> Comparison:
    """What changed from the baseline `before` to `now`."""
    notes: list[str] = []
    changes = [
        *_size(before, now),
        *speeds(before.bench, now.bench, (before.machine.text, now.machine.text), notes),
        *_parity(before, now, notes),
        *_quality(before, now, notes),
        *_checklist(before.checklist, now.checklist, notes),
        *_verdicts("template", before.template, now.template, notes),
        *_verdicts(
            "deployment",
            before.deployed.verdicts if before.deployed else (),
            now.deployed.verdicts if now.deployed else (),
            notes,
        ),
    ]
    return Comparison(before.name, before.at, tuple(changes), (*_other(before, now), *notes))


def _other(before: Report, now: Report) -> Iterator[str]:
    """That it is another model, if it is: then a change says nothing of this one's conversion."""
    if before.model.precision and now.model.precision and before.model.precision != now.model.precision:
        yield (
            f"The baseline is {before.model.precision.upper()}, this model {now.model.precision.upper()}:"
            " what follows is the difference of the precisions, too."
        )
    if before.source and now.source and _content(before) != _content(now):
        yield "It was made from another source than the baseline, or from another training of it."
    changed = [
        f"{name} {old} → {now.model.versions[name]}"
        for name, old in before.model.versions.items()
        if now.model.versions.get(name, old) != old
    ]
    if changed:
        yield f"Other versions made it: {', '.join(changed)}."


def _content(report: Report) -> list[str]:
    return [file.sha256 for file in report.source.files] if report.source else []


def _size(before: Report, now: Report) -> Iterator[Change]:
    allowed = _SIZE * before.model.bytes
    yield from figure("size", "size", before.model.bytes, now.model.bytes, allowed, size, f"over {_SIZE:.0%}")


def _parity(before: Report, now: Report, notes: list[str]) -> Iterator[Change]:
    area, old, new = "parity", before.parity, now.parity
    if old is None or new is None:
        yield from _only_one(area, old, new, notes)
        return
    yield from _statuses(area, "verdict", _PARITY.get(old.verdict), _PARITY.get(new.verdict))
    if old.tokens != new.tokens:
        notes.append(f"{area}: another probe was read ({old.tokens:,} and {new.tokens:,} tokens).")
        return
    yield from _damage(
        area, (old.kl_mean, old.kl_p99, old.top1), (new.kl_mean, new.kl_p99, new.top1), new.tokens
    )


def _quality(before: Report, now: Report, notes: list[str]) -> Iterator[Change]:
    area, old, new = "quality", before.quality, now.quality
    if old is None or new is None:
        yield from _only_one(area, old, new, notes)
        return
    if (old.text, old.tokens) != (new.text, new.tokens):
        notes.append(f"{area}: another text was read ({old.text} and {new.text}).")
        return
    allowed = _PERPLEXITY * abs(old.perplexity)
    why = f"over {_PERPLEXITY:.0%}"
    yield from figure(area, "perplexity", old.perplexity, new.perplexity, allowed, _perplexity, why)
    yield from _damage(
        area, (old.kl_mean, old.kl_p99, old.top1), (new.kl_mean, new.kl_p99, new.top1), new.tokens
    )


def _perplexity(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _damage(
    area: str, old: Sequence[float | None], new: Sequence[float | None], tokens: int
) -> Iterator[Change]:
    """Of the mean and the 99 % of the KL divergence, and of the share of equal first choices."""
    names = ("KL divergence, mean", "KL divergence, 99 %")
    for name, least, before, now in zip(names, (_KL_MEAN, _KL_P99), old, new, strict=False):
        allowed = max(least, _RELATIVE * abs(before or 0))
        yield from figure(
            area, name, before, now, allowed, "{:.3g}".format, f"over {_RELATIVE:.0%} and {least}"
        )
    before, now = old[2], new[2]
    if before is not None and now is not None:
        allowed = max(_RELATIVE * (1 - before), _error(before, now, tokens))
        why = f"over {_RELATIVE:.0%} of the disagreement, and its standard error"
        yield from figure(
            area, "same first choice", before, now, allowed, "{:.1%}".format, why, more_is_better=True
        )


def _checklist(old: Checklist | None, new: Checklist | None, notes: list[str]) -> Iterator[Change]:
    area = "checklist"
    if old is None or new is None:
        yield from _only_one(area, old, new, notes)
        return
    same = old.suite_name == new.suite_name and (old.suite and old.suite.of) == (new.suite and new.suite.of)
    if not same:
        notes.append(f"{area}: another suite was asked ({_suite(old)} and {_suite(new)}).")
    for item in old.items:
        other = next((each for each in new.items if each.id == item.id), None)
        if other is None or (not same and item.id in ("questions", "format")):
            continue
        if item.status != "unchecked" and other.status == "unchecked":
            notes.append(f"{area}: “{item.title}” was checked in the baseline, and now it was not.")
        yield from _statuses(area, item.title, _STATUS.get(item.status), _STATUS.get(other.status))
    if same and old.suite and new.suite:
        yield from _suite_share(old.suite, new.suite)


def _suite_share(old: SuiteScore, new: SuiteScore) -> Iterator[Change]:
    allowed = _error(old.share, new.share, new.of)
    why = f"over its standard error, {allowed:.1%}"
    said = "{:.1%}".format
    yield from figure(
        "checklist",
        "share of the suite passed",
        old.share,
        new.share,
        allowed,
        said,
        why,
        more_is_better=True,
    )


def _suite(checklist: Checklist) -> str:
    count = checklist.suite.of if checklist.suite else 0
    return f"{checklist.suite_name or 'none'}, {count:,} questions"


def _error(before: float, now: float, count: int) -> float:
    """The standard error of a share of `count`, by both together: one of 100 % alone would have none."""
    share = min(1.0, max(0.0, (before + now) / 2))
    return math.sqrt(share * (1 - share) / count) if count > 0 else 0.0


def _verdicts(
    area: str, old: Iterable[Verdict], new: Iterable[Verdict], notes: list[str]
) -> Iterator[Change]:
    before, now = {each.id: each for each in old}, {each.id: each for each in new}
    if bool(before) != bool(now):
        yield from _only_one(area, before or None, now or None, notes)
    for name, verdict in before.items():
        if name in now:
            yield from _statuses(area, verdict.title, verdict.status, now[name].status)


def _statuses(area: str, what: str, before: Status | None, now: Status | None) -> Iterator[Change]:
    """A verdict that went up or down; one that was not come to says nothing."""
    if before not in _ORDER or now not in _ORDER:
        return
    difference = _ORDER.index(now) - _ORDER.index(before)
    word: Word = "better" if difference > 0 else "worse" if difference < 0 else "same"
    yield Change(area, what, word, before, now, math.nan, "another verdict")


def _only_one(area: str, old: object, new: object, notes: list[str]) -> Iterator[Change]:
    """Nothing to compare; what the baseline has and this report lacks is said, for a gate must not sleep."""
    if old is not None and new is None:
        notes.append(f"{area}: the baseline has it, this report does not: it was not compared.")
    elif old is None and new is not None:
        notes.append(f"{area}: the baseline does not have it.")
    yield from ()
