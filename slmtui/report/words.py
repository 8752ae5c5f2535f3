"""A report in words: its summary and its sections, as both Markdown and the page show them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from slmtui.report.blocks import (
    Bar,
    Block,
    Code,
    Facts,
    Plot,
    Said,
    Section,
    Table,
    Text,
    Tone,
    Verdicts,
)
from slmtui.report.change import Comparison
from slmtui.report.document import Foretold, Report, Source
from slmtui.report.words_measured import bench_blocks, checklist_blocks, quality_blocks, share
from slmtui.report.words_summary import tiles
from slmtui.units import count, duration, size

__all__ = ["sections", "tiles"]


def sections(report: Report, comparison: Comparison | None = None) -> tuple[Section, ...]:
    """All of it that is not empty, in the order of the stations."""
    parts = [
        ("compared", "Against the baseline", _compared(comparison) if comparison else ()),
        ("missing", "Not measured", _missing(report)),
        ("model", "Model", _model(report)),
        ("source", "Source", _source(report.source)),
        ("conversion", "Conversion", _conversion(report)),
        ("parity", "Against its source", _parity(report)),
        ("template", "Prompt template", (Verdicts(report.template),) if report.template else ()),
        ("deployment", "Deployment", _deployment(report)),
        ("speed", "Speed", bench_blocks(report.bench) if report.bench else ()),
        ("quality", "Quality over a text", quality_blocks(report.quality) if report.quality else ()),
        ("checklist", "Checklist", checklist_blocks(report.checklist) if report.checklist else ()),
        ("samples", "What it says", (Said(report.samples),) if report.samples else ()),
        ("again", "Build it again", _commands(report)),
        ("machine", "Machine", _machine(report)),
    ]
    made = (Section(name, title, tuple(blocks)) for name, title, blocks in parts)
    return tuple(section for section in made if section.blocks)


def _compared(found: Comparison) -> Iterator[Block]:
    same = len(found.changes) - len(found.worse) - len(found.better)
    yield Text(
        f"Against {found.name} of {_when(found.at)}: {len(found.worse)} worse, {len(found.better)} better,"
        f" {same} the same within noise."
    )
    shown = [*found.worse, *found.better]
    if shown:
        tones: tuple[Tone, ...] = tuple("fail" if c.word == "worse" else "ok" for c in shown)
        rows = tuple((c.word, c.area, c.what, c.before, c.now, _change(c.ratio), c.why) for c in shown)
        headings = ("", "Part", "Figure", "Baseline", "Now", "Change", "Counts if")
        yield Table(headings, rows, (3, 4, 5), tones=tones)
    if found.notes:
        yield from (Text(note) for note in found.notes)
    alike = tuple((c.area, c.what, c.before, c.now, c.why) for c in found.changes if c.word == "same")
    if alike:
        yield Table(
            ("Part", "Figure", "Baseline", "Now", "Counts if"), alike, (2, 3), folded="The same within noise"
        )


def _change(ratio: float) -> str:
    return f"{ratio - 1:+.1%}" if math.isfinite(ratio) else ""


def _missing(report: Report) -> Iterator[Block]:
    if report.missing:
        rows = tuple((each.what, each.command) for each in report.missing)
        yield Table(("What was not measured", "What measures it"), rows, commands=(1,))
    for note in report.notes:
        yield Text(note)


def _model(report: Report) -> Iterator[Block]:
    model = report.model
    yield Facts(
        _there(
            ("Name", report.name),
            ("Folder", model.folder),
            ("Size", size(model.bytes)),
            ("Context", f"{model.context:,} tokens" if model.context else ""),
            ("Precision", model.precision.upper()),
            ("Recipe", model.recipe),
            ("Made", _when(model.made_at)),
            ("With", ", ".join(f"{name} {version}" for name, version in model.versions.items())),
        )
    )


def _source(source: Source | None) -> Iterator[Block]:
    if source is None:
        return
    weights = max(source.files, key=lambda file: file.bytes, default=None)
    yield Facts(
        _there(
            ("Source", source.name),
            ("Kind", {"huggingface": "Hugging Face", "gguf": "GGUF file"}.get(source.format, source.format)),
            ("Architecture", source.architecture),
            ("Parameters", f"{count(source.parameters)} in {source.dtype}" if source.parameters else ""),
            ("Licence", source.licence or ""),
            ("Size", _files(source)),
            ("Weights", f"{weights.name}, SHA-256 {weights.sha256}" if weights else ""),
            ("Merged into", f"{source.base.name} ({source.base.architecture})" if source.base else ""),
        )
    )


def _files(source: Source) -> str:
    many = len(source.files)
    return f"{size(source.bytes)} in {many} file{'s' if many > 1 else ''}" if many else ""


def _conversion(report: Report) -> Iterator[Block]:
    if report.forecast:
        rows = tuple((each.what, *_foretold(each)) for each in report.forecast)
        yield Table(("", "Forecast", "Was", "Off by"), rows, (1, 2, 3))
    bars = _sizes(report)
    if len(bars) > 1:
        yield Plot("Size on the disk", bars)
    if report.conversion:
        yield Verdicts(report.conversion)


def _foretold(each: Foretold) -> tuple[str, str, str]:
    said = duration if each.unit == "seconds" else size
    forecast = said(each.forecast) if each.forecast is not None else "not known"
    truth = said(each.truth) if each.truth is not None else "not known"
    off = each.truth / each.forecast - 1 if each.truth is not None and each.forecast else math.nan
    return forecast, truth, f"{off:+.0%}" if math.isfinite(off) else ""


def _sizes(report: Report) -> tuple[Bar, ...]:
    bars = [Bar("source", report.source.bytes, size(report.source.bytes))] if report.source else []
    forecast = next((each.forecast for each in report.forecast if each.what == "size"), None)
    if forecast:
        bars.append(Bar("forecast", forecast, size(forecast)))
    return (*bars, Bar("model", report.model.bytes, size(report.model.bytes), tone="ok"))


def _parity(report: Report) -> Iterator[Block]:
    found = report.parity
    if found is None:
        return
    yield Text(f"{found.verdict}: {found.reason}" if found.reason else found.verdict)
    yield Facts(
        _there(
            ("KL divergence, mean", _figure(found.kl_mean)),
            ("KL divergence, 99 %", _figure(found.kl_p99)),
            ("Same first choice", share(found.top1) if found.top1 is not None else ""),
            ("Cosine of the logits", _figure(found.cosine)),
            ("Read", f"{found.tokens:,} tokens of the built-in probe, or of the one that was given"),
        )
    )


def _deployment(report: Report) -> Iterator[Block]:
    if (found := report.deployed) is None:
        return
    checked = ("Checked", _when(found.checked_at))
    yield Facts(_there(("Model id", found.model_id), ("Deployed by", found.method), checked))
    if found.verdicts:
        yield Verdicts(found.verdicts)


def _commands(report: Report) -> Iterator[Block]:
    for each in report.commands:
        yield Code(each.title, each.lines, each.language)


def _machine(report: Report) -> Iterator[Block]:
    machine = report.machine
    yield Facts(
        _there(
            ("System", machine.system),
            ("Processor", machine.processor),
            ("Memory", machine.memory),
            ("Python", machine.python),
            ("Report", f"slmtui {report.slmtui}, {_when(report.at)}"),
        )
    )


def _there(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if pair[1])


def _figure(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.4g}"


def _when(at: str) -> str:
    """ISO 8601 in UTC as people read it, to the minute."""
    return f"{at[:16].replace('T', ' ')} UTC" if at else ""
