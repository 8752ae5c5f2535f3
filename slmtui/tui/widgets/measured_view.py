"""All that was measured of a model: speed and quality on the left, the checklist beside or below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from slmtui.events import Verdict
from slmtui.measure.bench_figures import BenchResult, BenchRow
from slmtui.measure.bench_table import HEADINGS, rows
from slmtui.pipeline import Measurements
from slmtui.pipeline.validation import Part
from slmtui.tui.format import MUTED, ago, safe
from slmtui.tui.validate_words import quality_rows, speed_bars, speed_rows
from slmtui.tui.widgets.bars import Bars
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.grid import Grid
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.verdicts import VerdictList

_NONE: Mapping[Part, str] = {
    "bench": "Not measured yet: b does it.",
    "quality": "Not measured yet: q does it.",
    "checklist": "Not gone through yet: k does it.",
}
_NAMES: Mapping[Part, str] = {
    "bench": "the benchmark",
    "quality": "the quality",
    "checklist": "the checklist",
}

_NOTATION = (
    "pp512: reading a prompt of 512 tokens; tg128 @ d512: writing 128 after it. t/s: tokens a second,"
    " ttft: time to the first one, tpot: ms for each, where p50 is the usual and p99 nearly the worst."
)


class MeasuredView(VerticalScroll, can_focus=False):
    """Shows what there is; what is not measured yet says which key does it."""

    DEFAULT_CSS = """
    MeasuredView {
        height: 1fr;
        scrollbar-size-vertical: 1;
        .measured-columns { height: auto; layout: vertical; }
        .measured-column { height: auto; margin-bottom: 1; }
        .measured-none { color: $text-muted; }
        Grid, Bars, Hanging, #speed-words { margin-top: 1; }
    }
    """

    def compose(self) -> ComposeResult:
        with Container(classes="measured-columns"):
            with Vertical(classes="measured-column"):
                yield Static("Speed on this machine", classes="section")
                yield Static(id="no-bench", classes="measured-none")
                yield Facts(id="speed-facts")
                yield Grid(id="speed-grid")
                yield Static(_NOTATION, id="speed-words", classes="measured-none")
                yield Bars(id="speed-first")
                yield Bars(id="speed-tokens")
                yield Hanging(id="speed-notes")
            with Vertical(classes="measured-column", id="measured-right"):
                yield Static("Quality, beside its source", classes="section")
                yield Static(id="no-quality", classes="measured-none")
                yield Facts(id="quality-facts")
                yield Hanging(id="quality-notes")
                yield Static("Checklist", id="checklist-title", classes="section")
                yield Static(id="no-checklist", classes="measured-none")
                yield VerdictList(id="checklist-items")

    def show(self, found: Measurements, precision: str, coming: Sequence[Part] = ()) -> None:
        """Show what was measured; `coming` are the parts that a running job measures, in their order."""
        for part, words in _NONE.items():
            said = _when(part, coming) if part in coming else words
            self.query_one(f"#no-{part}", Static).update(said)
        bench, quality, checklist = found.bench, found.quality, found.checklist
        self.query_one("#no-bench").display = bench is None
        self.query_one("#speed-facts", Facts).show(speed_rows(bench) if bench else [])
        self.show_speed(bench.rows if bench else (), bench)
        self._notes("#speed-notes", bench.notes if bench else ())
        self.query_one("#no-quality").display = quality is None
        self.query_one("#quality-facts", Facts).show(quality_rows(quality, precision) if quality else [])
        self._notes("#quality-notes", quality.notes if quality else ())
        self.query_one("#no-checklist").display = checklist is None
        self.query_one("#checklist-title", Static).update(
            Content.assemble("Checklist", ("  " + ago(checklist.at), f"not bold {MUTED}"))
            if checklist
            else Content("Checklist")
        )
        self.show_verdicts([item.as_verdict() for item in checklist.items] if checklist else [])

    def show_speed(self, measured: Sequence[BenchRow], bench: BenchResult | None = None) -> None:
        """Show rows of a benchmark, which may still be at work."""
        result = bench or BenchResult(tuple(measured), 0.0, 0.0, (), False, "", 0.0, "")
        self.query_one("#speed-grid", Grid).show(HEADINGS, rows(result), HEADINGS.index("tpot p50"))
        self.query_one("#speed-words").display = bool(measured)
        first, speeds = speed_bars(tuple(measured))
        self.query_one("#speed-first", Bars).show("time to the first token", first)
        self.query_one("#speed-tokens", Bars).show("generation", speeds)

    def show_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Show items of the checklist, which may still be gone through."""
        self.query_one("#checklist-items", VerdictList).show(verdicts)

    def show_live(self, measured: Sequence[BenchRow], verdicts: Sequence[Verdict]) -> None:
        """Show what a running job has found so far."""
        if measured:
            self.query_one("#no-bench").display = False
            self.query_one("#speed-facts").display = False
            self.show_speed(measured)
            self._notes("#speed-notes", ())
        if verdicts:
            self.query_one("#no-checklist").display = False
            self.show_verdicts(verdicts)

    def _notes(self, where: str, notes: Iterable[str]) -> None:
        lines = [("", Content.styled(safe(note), MUTED)) for note in notes]
        place = self.query_one(where, Hanging)
        place.display = bool(lines)
        place.show(lines)


def _when(part: Part, coming: Sequence[Part]) -> str:
    """Which of the parts that are left comes when: the first is being measured."""
    at = coming.index(part)
    return f"It comes after {_NAMES[coming[at - 1]]}." if at else "It is being measured."
