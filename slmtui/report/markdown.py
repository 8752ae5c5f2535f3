"""A report as Markdown (GitHub's, with tables); nothing that a model has said becomes markup in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from slmtui.events import Status, Verdict
from slmtui.report.blocks import Block, Code, Facts, Plot, Said, Section, Table, Text, Tone, Verdicts
from slmtui.report.change import Comparison
from slmtui.report.document import FORMAT, VERSION, Report
from slmtui.report.words import sections, tiles
from slmtui.runtime.neutral import neutral

MARK = f"<!-- {FORMAT} {VERSION} -->"
_SIGNS: dict[Status, str] = {"ok": "✓ ok", "warn": "! warn", "fail": "✗ fail", "unchecked": "– unchecked"}
_TONES: dict[Tone, str] = {"ok": "✓ ", "warn": "! ", "fail": "✗ ", "unchecked": "", "plain": ""}
# Markup wherever it stands; an underscore only outside words.
_SPECIAL = re.compile(r"[\\`*\[\]<|~$&@]|(?<![^\W_])_|_(?![^\W_])|(?<=:)//|(?<=www)\.", re.IGNORECASE)
# Markup at the beginning of a line.
_BEGINNING = re.compile(r"^(?:[-+=](?=[-+=\s]|$)|[>#]|\d+(?=[.)](?:\s|$)))")


def markdown(report: Report, comparison: Comparison | None = None) -> str:
    """The whole report."""
    parts = [MARK, f"# {inline(report.name)}", f"*{inline(_about(report))}*"]
    summary = [
        (tile.label, _TONES[tile.tone] + tile.value, tile.detail) for tile in tiles(report, comparison)
    ]
    parts.append(_table(("", "", ""), summary))
    for section in sections(report, comparison):
        parts += _section(section)
    return "\n\n".join(part for part in parts if part) + "\n"


def inline(text: str) -> str:
    """`text` in one line, to stand anywhere but in code."""
    return _BEGINNING.sub(_escaped, _cell(text))


def code(text: str) -> str:
    """`text` in one line, as code inside a sentence or a table."""
    line = " ".join(neutral(text).split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def fenced(text: str, language: str = "text") -> str:
    """`text` as a block of code that it cannot end."""
    text = neutral(text)
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _escaped(found: re.Match[str]) -> str:
    start = found.group()
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def _about(report: Report) -> str:
    what = report.model.recipe or report.model.precision.upper() or "a converted model"
    source = f", from {report.source.name}" if report.source else ""
    at = report.at[:16].replace("T", " ")
    return f"{what}{source}. Reported by slmtui {report.slmtui}, {at} UTC, on {report.machine.text}."


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(text):
            yield inline(text)
        case Facts(pairs):
            yield _table(("", ""), pairs)
        case Table():
            yield from _marked(block)
        case Verdicts(verdicts):
            yield _verdicts(verdicts)
        case Code(title, text, language):
            yield f"{inline(title)}:"
            yield fenced(text, language)
        case Said(samples):
            for sample in samples:
                yield f"**{inline(sample.question)}** ({inline(sample.origin)})"
                yield fenced(sample.answer)
                if sample.note:
                    yield inline(sample.note)
        case Plot():
            return  # a table beside it has the figures


def _marked(block: Table) -> Iterator[str]:
    """A table whose rows begin with a sign of what they say."""
    if block.folded:
        yield f"{inline(block.folded)}:"
    marks: tuple[Tone, ...] = block.tones or tuple("plain" for _ in block.rows)
    signed = [(_TONES[tone] + row[0], *row[1:]) for tone, row in zip(marks, block.rows, strict=True)]
    yield _table(block.headings, signed, block.numbers, block.commands)


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    fixes = any(verdict.fix and verdict.status != "ok" for verdict in verdicts)
    headings = ("", "Checked", "Evidence", *(("Fix",) if fixes else ()))
    rows = [
        (
            _SIGNS[verdict.status],
            verdict.title,
            verdict.evidence,
            *((verdict.fix if verdict.status != "ok" else "",) if fixes else ()),
        )
        for verdict in verdicts
    ]
    return _table(headings, rows)


def _table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Sequence[int] = (),
    commands: Sequence[int] = (),
) -> str:
    lines = [
        _row(map(_cell, headings)),
        _row("---:" if column in numbers else "---" for column in range(len(headings))),
        *(_row((code if at in commands else _cell)(text) for at, text in enumerate(row)) for row in rows),
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    line = " ".join(neutral(text).split())
    return _SPECIAL.sub(lambda found: "\\" + found.group(), line)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
