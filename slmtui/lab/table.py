"""The lab's table as text: what was measured, and next to it what the guide claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from slmtui.lab.claims import claim
from slmtui.lab.metrics import METRICS, SHOWN
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult

Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def measured(result: LabResult, source: str) -> Table:
    """The figures of one model's rows: headings and cells; what was measured of none has no column."""
    found = {name for row in result.of(source) for name in row.figures}
    shown = [metric for metric in METRICS if metric.id in SHOWN and metric.id in found]
    rows = [
        (_name(row), *(metric.show(row.figures.get(metric.id)) for metric in shown))
        for row in result.of(source)
    ]
    return ("variant", *(metric.title for metric in shown)), rows


def beside_the_guide(result: LabResult, source: str) -> Table:
    """What the guide claims of each row's precision, and what was found here; shares are of FP32's."""
    headings = ("variant", "size: guide", "here", "speed: guide", "here", "quality: guide", "here")
    rows = []
    for row in result.of(source):
        said = claim(row.variant.precision)
        words = (said.size, said.speed, said.quality) if said else ("-", "-", "-")
        size, speed = (_share(result, row, name) for name in ("bytes", "tokens_per_second"))
        rows.append((_name(row), words[0], size, words[1], speed, words[2], _quality(row)))
    return headings, rows


def markdown(result: LabResult, called: Mapping[str, str] | None = None) -> str:
    """Both tables of every model, for a page; `called` is what people call a model, if not by its name."""
    parts = []
    for source in result.sources:
        parts.append(f"### {_cell((called or {}).get(source, source))}\n")
        parts += [_markdown(measured(result, source)), _markdown(beside_the_guide(result, source))]
        recommended = result.recommend(source=source)
        if recommended.row is not None:
            parts.append(f"Recommended: {_cell(recommended.reason)}\n")
    return "\n".join([*parts, f"Measured on {result.machine}."]) + "\n"


def _markdown(table: Table) -> str:
    headings, rows = table
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in (headings, rule, *rows))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _name(row: VariantResult) -> str:
    return f"{row.variant.label} (failed)" if row.status == "failed" else row.variant.label


def _share(result: LabResult, row: VariantResult, metric: str) -> str:
    share = result.share_of_fp32(row, metric)
    if share is None:
        return "-"
    return f"{share:.2f}" if metric == "bytes" else f"{share:.1f} ×"


def _quality(row: VariantResult) -> str:
    said: Iterable[str] = (
        f"{metric.title} {metric.show(row.figures[metric.id])}"
        for metric in METRICS
        if metric.id in ("kl_mean", "top1") and metric.id in row.figures
    )
    return ", ".join(said) or "-"
