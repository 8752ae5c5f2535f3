"""One of two sides: which model answers, its answer as it comes, and its figures."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from slmtui.events import Event, Failure, Progress
from slmtui.runtime.answer import Loop
from slmtui.runtime.side_by_side import Ended
from slmtui.tui.beside_desk import Target
from slmtui.tui.chat_words import answer_rows
from slmtui.tui.widgets.answer_text import AnswerText
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.turn_view import question_shown
from slmtui.tui.widgets.verdicts import FailurePanel

# With fewer lines than this the answers need the room more than all the figures do.
_ROOM = 32
_ESSENTIAL = ("first token", "per token", "generation", "answer", "memory", "end")


class SidePane(Vertical):
    """`index` is 0 on the left and 1 on the right."""

    DEFAULT_CSS = """
    SidePane {
        .side-answer { height: 1fr; scrollbar-size-vertical: 1; }
        .side-asked {
            height: auto;
            background: $boost;
            border-left: thick $primary;
            padding: 0 1;
            display: none;
        }
        .side-figures { height: auto; margin-top: 1; }
        .side-state { height: auto; color: $text-muted; display: none; }
    }
    """

    def __init__(self, index: int) -> None:
        super().__init__(id=f"side-{index}")
        self.index = index
        self._targets: list[Target] = []
        self._target: Target | None = None
        self._done = True

    def compose(self) -> ComposeResult:
        yield Choice("", id=f"target-{self.index}")
        with VerticalScroll(classes="side-answer", can_focus=False):
            yield Static(classes="side-asked", markup=False)
            yield AnswerText()
            yield FailurePanel()
        yield Static(classes="side-state", markup=False)
        yield Facts()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).anchor()
        self.query_one(Facts).add_class("side-figures")

    @property
    def target(self) -> Target | None:
        """The chosen model."""
        return self._target

    def offer(self, targets: Sequence[Target], chosen: Target | None) -> None:
        """Let one of these be chosen."""
        self._targets, self._target = list(targets), chosen
        values = [Value(target.key, target.title) for target in targets]
        self.query_one(Choice).show(chosen.key if chosen else "", values)

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        self._target = next(target for target in self._targets if target.key == event.value)

    def begin(self, question: str) -> None:
        """A question was asked; it stands above its answer, as in the chat."""
        self._done = False
        asked = self.query_one(".side-asked", Static)
        asked.update(question_shown(question))
        asked.display = True
        self.query_one(FailurePanel).show(None)
        self.query_one(Facts).show([])
        self.query_one(VerticalScroll).anchor()

    async def show(self, text: str, events: Sequence[Event]) -> None:
        """Show the answer so far, and what else was said."""
        state = self.query_one(".side-state", Static)
        for event in events:
            match event:
                case Progress():
                    state.update(event.text)
                    state.display = True
                case Loop():
                    state.update("It repeats itself.")
                    state.display = True
                case Ended():
                    self._done = True
                    self._end(event)
        if text and str(state.content).startswith("Loading"):
            state.display = False
        await self.query_one(AnswerText).show(text, self._done)

    def _end(self, ended: Ended) -> None:
        self.query_one(".side-state").display = False
        if ended.answer is not None:
            rows = answer_rows(ended.answer)
            if self.app.size.height < _ROOM:
                rows = [row for row in rows if row[0] in _ESSENTIAL]
            self.query_one(Facts).show(rows)
        else:
            self.query_one(FailurePanel).show(Failure(ended.cause, ended.fix))
