"""What is known of the chosen source: its figures, and what is missing or dangerous in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.source import hub_cache, samples
from slmtui.source.samples import Sample
from slmtui.tui.format import MUTED, ago, safe, short
from slmtui.tui.from_thread import tell
from slmtui.tui.widgets.facts import Facts
from slmtui.units import count, size

if TYPE_CHECKING:
    from slmtui.source.model_source import ModelSource, Problem

_COLOURS = {"error": "$text-error", "warning": "$text-warning", "note": MUTED}
_ASKED = {
    "base": "Enter asks where its base is.",
    "pickle": "Enter asks whether they may be read.",
    "code": "Enter asks whether it may be run.",
}


class SourceDetails(VerticalScroll, can_focus=False):
    """Shows one source at a time; sources are looked at off the event loop."""

    DEFAULT_CSS = """
    SourceDetails {
        background: $surface;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        #details-title { text-style: bold; margin-bottom: 1; }
        #details-problems { height: auto; margin-bottom: 1; }
    }
    """

    class Looked(Message):
        """`text`, which the user has typed, was looked at."""

        def __init__(self, text: str, found: ModelSource | Failure) -> None:
            super().__init__()
            self.text = text
            self.found = found

    def __init__(self) -> None:
        super().__init__(id="details")
        self._looked_at = ""

    def compose(self) -> ComposeResult:
        yield Static(id="details-title", markup=False)
        # What is wrong comes before the figures: on a small terminal only the first lines are in sight.
        yield Static(id="details-problems")
        yield Facts(id="details-facts")

    def _say(self, title: str, rows: list[tuple[str, str]], text: Content) -> None:
        self.query_one("#details-title", Static).update(title)
        self.query_one("#details-facts", Facts).show(rows)
        problems = self.query_one("#details-problems", Static)
        problems.update(text)
        problems.display = bool(text.plain)
        self.scroll_home(animate=False)

    def clear(self) -> None:
        """Show nothing."""
        self._looked_at = ""
        self._say("", [], Content(""))

    def show_deployment(self, one: Deployment) -> None:
        """How far a deployment is, and why it stopped."""
        self._looked_at = ""
        record, conversion = one.step("source").record, one.step("conversion").record
        rows = [
            ("source", short(one.source)),
            ("architecture", str(record.get("architecture", ""))),
            ("created", ago(one.created)),
        ]
        if "bytes" in conversion:
            made = str(conversion.get("recipe") or str(conversion.get("precision", "")).upper())
            rows.append(("converted", ", ".join(filter(None, (made, size(conversion["bytes"]))))))
        if "model_id" in one.step("foundry").record:
            rows.append(("deployed as", str(one.step("foundry").record["model_id"])))
        station = one.next_station()
        cause = str(one.step(station).record.get("cause", "")) if station else ""
        self._say(one.name, rows, Content.styled(safe(cause), "$text-error"))

    def show_sample(self, sample: Sample) -> None:
        """What a sample is; one that is here is looked at as any other source."""
        self._looked_at = ""
        rows = [("size", size(sample.bytes)), ("licence", sample.licence)]
        self._say(sample.title, rows, Content(safe(sample.description)))
        if sample.available and sample.path is not None:
            self.look_at(str(sample.path), sample)

    def look_at(self, text: str, sample: Sample | None = None) -> None:
        """Look at what the user has typed, or at a sample's files; `Looked` says what a typed one is."""
        self._looked_at = text
        self._look(text, sample)

    @work(thread=True, exclusive=True, group="inspect")
    def _look(self, text: str, sample: Sample | None) -> None:
        from slmtui.source.inspect import inspect  # the first frame does not wait for it

        try:
            found: ModelSource | Failure = inspect(samples.resolve(text))
        except Failure as failure:
            found = failure
        tell(self, self._show, text, sample, found)

    def _show(self, text: str, sample: Sample | None, found: ModelSource | Failure) -> None:
        if text != self._looked_at:
            return  # a thread cannot be stopped: this one looked at what is no longer chosen
        if not isinstance(found, Failure):
            title = sample.title if sample else found.name
            self._say(title, _rows(found), _problems(found, sample.description if sample else ""))
        elif sample is None:
            self._show_unknown(text, found)
        if sample is None:
            self.post_message(self.Looked(text, found))

    def _show_unknown(self, text: str, failure: Failure) -> None:
        """Half a path is not a mistake yet: it is said quietly until Enter is pressed."""
        identifier = hub_cache.asked_for(text)
        if identifier is None:
            self._say("Your model", [], Content.styled(safe(failure.cause), MUTED))
            return
        rows = [("model", identifier.repository), ("revision", identifier.revision or "main")]
        words = "There is no such folder here. Enter asks the Hugging Face hub for it, and downloads it."
        self._say("A model on the hub", rows, Content.styled(words, MUTED))


def _rows(found: ModelSource) -> list[tuple[str, str]]:
    if found.format == "adapter" and found.base is None:
        return [("kind", found.architecture), ("on disk", size(found.bytes))]
    read = found.parameters > 0  # weights that may not be read say nothing of their own
    return [
        ("adapter of", found.base.name if found.base else ""),
        ("architecture", found.architecture),
        ("parameters", count(found.parameters) if read else ""),
        ("dtype", found.dtype if read else ""),
        ("context", f"{found.context_length:,} tokens" if found.context_length else "unknown"),
        ("tokenizer", found.tokenizer or "missing"),
        ("chat template", "yes" if found.chat_template else "none"),
        ("licence", found.licence or "not stated"),
        ("on disk", size(found.bytes)),
    ]


def _problems(found: ModelSource, description: str) -> Content:
    """Each problem with its fix; one that an answer settles says that it will be asked for."""
    lines = [Content.styled(safe(description), MUTED)] if description else []
    for problem in found.problems:
        lines.append(Content.styled(safe(problem.cause), _COLOURS[problem.severity]))
        lines += [Content.assemble(("→ ", "$text-accent"), fix) for fix in _fixes(problem, found)]
    return Content("\n").join(lines)


def _fixes(problem: Problem, found: ModelSource) -> Iterator[str]:
    if problem.asks is not None and found.askable:
        yield _ASKED[problem.asks.answer]
    elif problem.fix:
        yield safe(problem.fix)
