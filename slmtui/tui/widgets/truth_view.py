"""The truth: one conversation, as the three ways to make a prompt make it, and what follows from that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.message import Message as TuiMessage
from textual.widgets import Static

from slmtui.events import Failure
from slmtui.prompt.truth import SOURCES, Apart, Truth
from slmtui.runtime.parameters import Message
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.conversation_rows import ConversationRows
from slmtui.tui.widgets.rendering_pane import RenderingPane
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList

OWN = "own"


class TruthView(Container):
    """`Asked` says that another conversation is to be looked at."""

    DEFAULT_CSS = """
    TruthView {
        height: 1fr;
        layout: vertical;
        #truth-note { height: auto; color: $foreground-muted; }
        #truth-fine { margin-top: 1; }
        #renderings { height: auto; }
        #truth-body { height: 1fr; scrollbar-size-vertical: 1; }
        ConversationRows { margin-bottom: 1; }
        RenderingPane { margin-top: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "scroll(6)", "Scroll", show=False),
        Binding("pageup", "scroll(-6)", "Scroll up", show=False),
    ]

    class Asked(TuiMessage):
        """Another conversation is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._conversations: dict[str, tuple[Message, ...]] = {}
        self._truth: Truth | None = None
        self._apart: tuple[Apart, ...] = ()
        self._ids = False

    def compose(self) -> ComposeResult:
        yield Choice("conversation", key="conversation", id="conversation-choice")
        yield ConversationRows()
        with VerticalScroll(id="truth-body"):
            yield FailurePanel(id="truth-failure")
            yield Static(id="truth-note")
            yield VerdictList(id="truth-verdicts")
            with Container(id="renderings"):
                for source in SOURCES:
                    yield RenderingPane(id=f"rendering-{source}")
            yield VerdictList(id="truth-fine")

    def on_mount(self) -> None:
        self.query_one("#renderings").display = False

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation that is looked at."""
        return self.query_one(ConversationRows).messages

    @property
    def differs(self) -> bool:
        """Whether the three are known not to make the same tokens."""
        return self._truth is not None and self._truth.first_difference is not None

    async def offer(self, conversations: Sequence[tuple[str, tuple[Message, ...]]]) -> None:
        """Conversations to choose from; the first one is shown."""
        self._conversations = dict(conversations)
        if not conversations:
            return
        first, messages = conversations[0]
        self.query_one(Choice).show(first, self._values(own=False))
        await self.query_one(ConversationRows).show(messages)

    def _values(self, *, own: bool) -> tuple[Value, ...]:
        values = tuple(Value(title, title) for title in self._conversations)
        return (*values, Value(OWN, "your own")) if own else values

    @on(Choice.Changed, "#conversation-choice")
    async def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        messages = self._conversations.get(event.value)
        if messages is not None:
            await self.query_one(ConversationRows).show(messages)
            self.post_message(self.Asked())

    @on(ConversationRows.Changed)
    def _changed(self, event: ConversationRows.Changed) -> None:
        event.stop()
        messages = self.messages
        same = next((title for title, each in self._conversations.items() if each == messages), None)
        self.query_one(Choice).show(same or OWN, self._values(own=same is None))
        self.post_message(self.Asked())

    # What came out

    def wait(self, words: str) -> None:
        """Nothing is known yet; `words` say what is waited for."""
        self.query_one(FailurePanel).show(None)
        note = self.query_one("#truth-note", Static)
        note.update(words)
        note.display = bool(words)
        if words:
            self._clear()  # what was said of an earlier text would mislead

    def fail(self, failure: Failure) -> None:
        """It cannot be known."""
        self.wait("")
        self.query_one(FailurePanel).show(failure)
        self._clear()

    def _clear(self) -> None:
        self._truth = None
        self.query_one("#renderings").display = False
        for name in ("#truth-verdicts", "#truth-fine"):
            self.query_one(name, VerdictList).show([])

    def show(self, truth: Truth, apart: tuple[Apart, ...]) -> None:
        """What the three made of the conversation, and what of each is to be marked."""
        self.wait("")
        self._truth, self._apart = truth, apart
        # What is as it should be stands below, out of the way of what is not.
        bad = [finding for finding in truth.findings if finding.status in ("fail", "warn")]
        self.query_one("#truth-verdicts", VerdictList).show((truth.verdict, *bad))
        fine = (finding for finding in truth.findings if finding not in bad)
        self.query_one("#truth-fine", VerdictList).show(fine)
        self.query_one("#renderings").display = True
        self._draw()

    def action_scroll(self, lines: int) -> None:
        """Read on, without leaving the conversation."""
        self.query_one("#truth-body").scroll_relative(y=lines, animate=False)

    def toggle_ids(self) -> bool:
        """Show the tokens' numbers, or hide them again."""
        self._ids = not self._ids
        self._draw()
        return self._ids

    def _draw(self) -> None:
        if self._truth is None:
            return
        for made, marked in zip(self._truth.made, self._apart, strict=True):
            differs = made.text is None or (bool(marked) and made is not self._truth.made[0])
            pane = self.query_one(f"#rendering-{made.source}", RenderingPane)
            pane.show(made, "warn" if differs else "ok", marked, ids=self._ids)
