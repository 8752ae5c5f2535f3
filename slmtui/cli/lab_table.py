"""What `slmtui lab` says: what it will take, and the table and the recommendation in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from slmtui.units import duration, size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.lab.plan import LabPlan
    from slmtui.lab.recommend import Recommendation
    from slmtui.lab.result import LabResult


def tell_forecasts(plan: LabPlan, report: Report) -> int:
    """Say what the lab would take; nothing was touched."""
    from slmtui.events import jsonable
    from slmtui.lab.plan import forecasts

    rows = forecasts(plan)
    warn_of_shortage(plan, report)
    if report.json:
        report.object(
            {
                "output": plan.output,
                "suites": {model.name: model.suite for model in plan.models},
                "rows": [jsonable(row) | {"label": row.variant.label} for row in rows],
            }
        )
        return 0
    report.table(
        ("model", "variant", "size", "memory", "time"),
        [
            (row.model, row.variant.label, row.failure)
            if row.failure
            else (
                row.model,
                row.variant.label,
                size(row.output_bytes),
                size(row.memory_bytes),
                duration(row.seconds),
            )
            for row in rows
        ],
    )
    report.line()
    report.line(f"About {duration(sum(row.seconds for row in rows))} in all, into {plan.output}.")
    return 0


def warn_of_shortage(plan: LabPlan, report: Report) -> None:
    """Say on standard error what there is too little of; the rows that this stops say so themselves."""
    from slmtui.lab.lab import resume
    from slmtui.lab.plan import forecasts
    from slmtui.lab.room import Room, shortage

    made = {row.key for row in resume(plan)[0].result.rows if "conversion" in row.steps}
    short = shortage([row for row in forecasts(plan) if row.key not in made], Room.of(plan.output))
    if short is not None:
        report.note(f"warning: {short.cause} {'' if plan.override else 'fix: ' + short.fix}".strip())


def tell_result(
    found: LabResult, advice: Mapping[str, Recommendation], report: Report, *, as_markdown: bool
) -> None:
    """Say the table of each model, and which variant is recommended and why."""
    from slmtui.lab.table import markdown

    report.update(
        machine=found.machine,
        complete=found.complete,
        rows=[row.summary() for row in found.rows],
        recommendations={source: one.to_json() for source, one in advice.items()},
    )
    for row in found.rows:
        if row.failure:
            report.note(f"{row.source} {row.variant.label}: {row.failure}")
            report.note(f"fix: {row.fix}" if row.fix else "")
    if as_markdown:
        report.write(markdown(found))
    elif not report.json:
        for source, one in advice.items():
            _say_model(found, source, one, report)
        report.line(f"Measured on {found.machine}.")


def _say_model(found: LabResult, source: str, advice: Recommendation, report: Report) -> None:
    from slmtui.lab.table import beside_the_guide, measured

    report.line(source)
    for table in (measured(found, source), beside_the_guide(found, source)):
        report.line()
        report.table(*table)
    if report.to_terminal:
        _plot(found, source, report)
    report.line()
    report.line(f"Recommended: {advice.reason}" if advice.row else advice.reason)
    for name, why in advice.against:
        report.line(f"  not {name}: {why}")
    report.line()


def _plot(found: LabResult, source: str, report: Report) -> None:
    from shutil import get_terminal_size

    from slmtui.lab.plots import plot

    width = min(get_terminal_size().columns - 1, 90)
    titles = {"bytes": "KL divergence by size", "tokens_per_second": "KL divergence by tokens per second"}
    for cost, title in titles.items():
        drawn = plot(found.of(source), cost, "kl_mean", width, 16)
        if drawn:
            report.line()
            report.line(f"{title} (● beaten by none, ○ beaten)")
            report.line(drawn)
