"""Side by side: two models, precisions or engines, the same question at once, figures under each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input, Static

from slmtui.events import Cancel, Failure, Service
from slmtui.runtime import conversation as change
from slmtui.runtime.answer import Token
from slmtui.runtime.side_by_side import Outcome, Side
from slmtui.tui.beside_desk import BesideDesk, Target, alone, other, targets
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.commands import Commands
from slmtui.tui.from_thread import tell
from slmtui.tui.jobs import JobChanged
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.prompt_area import PromptArea
from slmtui.tui.widgets.side_pane import SidePane

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp

HELP = """\
## Side by side

Asks two models, two precisions of one, or two engines the same question at the same moment, with the
parameters and the system prompt of the chat. Both share the machine, so the figures under each compare with
one another, not with those of a chat. Each question stands alone here.

`←` and `→` on a side's name choose another model; F12 makes both greedy. A folder or name typed in the
field below the names joins the choice.
"""


class BesideScreen(Commands, Screen[None]):
    """Shown over the chat; its hosts end with it."""

    CSS_PATH = "beside.tcss"
    HELP = HELP
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Stop the answers, or go back to the chat"),
        Binding("f12", "greedy", "Greedy", tooltip="Take the likeliest token each time, or not"),
        Binding("f4", "other", "Other model", tooltip="Type the folder or the name of another model"),
    ]

    def __init__(self, session: ChatSession) -> None:
        super().__init__()
        self._session = session
        self._desk = BesideDesk()
        self._targets: list[Target] = []
        session.at_quit.append(self._desk.close)

    @property
    def _app(self) -> SlmtuiApp:
        return cast("SlmtuiApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static("Side by side", id="beside-heading")
        with Horizontal(id="sides"):
            yield SidePane(0)
            yield SidePane(1)
        yield Static(id="beside-hint", markup=False)
        yield PathInput(
            id="beside-other", placeholder="folder of a converted model, or the name of a deployed one"
        )
        yield PromptArea(id="beside-question")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one("#beside-other").display = False
        question = self.query_one("#beside-question", PromptArea)
        question.remember(self._session.asked)
        if self._session.turns:
            question.put(self._session.turns[-1].question)
            question.select_all()
        question.focus()
        self._show_hint()
        self._look()

    @work(thread=True)
    def _look(self) -> None:
        session = self._session
        assert session.target is not None
        found = targets(session.target, session.conversation.model)
        tell(self, self._offer, found)

    def _offer(self, found: list[Target]) -> None:
        self._targets = found
        first, second = self.query(SidePane)
        own = found[0] if found else None
        first.offer(found, own)
        # The second one is another model if there is one, else the same in another engine.
        others = [t for t in found if own is not None and t.folder != own.folder] or found[1:] or found
        second.offer(found, others[0] if others else None)

    @property
    def _busy(self) -> bool:
        job = self._app.job("chat")
        return job is not None and job.running

    def _show_hint(self, words: str = "") -> None:
        parameters = self._session.conversation.parameters
        how = "greedy" if parameters.greedy else f"temperature {parameters.temperature:g}"
        usual = (
            "Esc stops both."
            if self._busy
            else f"Enter asks both, {how}. ← and → on a name choose another model."
        )
        self.query_one("#beside-hint", Static).update(words or usual)

    # Asking

    @on(PromptArea.Submitted)
    def _asked(self, event: PromptArea.Submitted) -> None:
        sides = [pane.target for pane in self.query(SidePane)]
        first, second = sides
        if self._busy or not event.text.strip() or first is None or second is None:
            return
        if first == second:
            self._show_hint("Both sides are the same; choose another one with ← and →.")
            return
        asked = event.text.strip()
        conversation = alone(change.ask(self._session.conversation, asked))
        self._session.asked.append(asked)
        self.query_one("#beside-question", PromptArea).select_all()  # another one takes its place
        self._desk.pieces = [[], []]
        for pane in self.query(SidePane):
            pane.begin(asked)

        def ask(cancel: Cancel) -> Service[tuple[Outcome, ...]]:
            self._session.close()  # a third model in memory would only be in the way
            return (yield from self._desk.ask((first, second), conversation, cancel))

        self._app.start_job("chat", ask)
        self._show_hint()

    async def on_job_changed(self, message: JobChanged) -> None:
        """Both sides' words, in batches."""
        if message.job is not self._app.job("chat"):
            return
        panes: Sequence[SidePane] = list(self.query(SidePane))
        for pane in panes:
            events = [e.event for e in message.events if isinstance(e, Side) and e.index == pane.index]
            self._desk.pieces[pane.index] += [e.text for e in events if isinstance(e, Token)]
            await pane.show("".join(self._desk.pieces[pane.index]), events)
        if not message.job.running:
            failure = message.job.failure
            self._show_hint(f"{failure.cause} {failure.fix}" if failure else "")

    # Keys

    def action_leave(self) -> None:
        """Stop the answers; without any go back."""
        job = self._app.job("chat")
        if job is not None and job.running:
            job.stop()
        elif self.query_one("#beside-other").display:
            self.query_one("#beside-other").display = False
            self.query_one("#beside-question").focus()
        else:
            if self._desk.close in self._session.at_quit:
                self._session.at_quit.remove(self._desk.close)
            threading.Thread(target=self._desk.close, daemon=True).start()
            self.dismiss()

    def action_greedy(self) -> None:
        """As in the chat: greedy, or sampled again."""
        self._session.toggle_greedy()
        self._show_hint()

    def action_other(self) -> None:
        """Ask for another model."""
        field = self.query_one("#beside-other")
        field.display = True
        field.focus()

    @on(Input.Submitted, "#beside-other")
    def _other_typed(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._find(event.value.strip())

    @work(thread=True, exclusive=True, group="other")
    def _find(self, text: str) -> None:
        try:
            found: Target | Failure = other(text)
        except Failure as failure:
            found = failure
        tell(self, self._take, found)

    def _take(self, found: Target | Failure) -> None:
        if isinstance(found, Failure):
            self._show_hint(f"{found.cause} {found.fix}")
            return
        if found.key not in [target.key for target in self._targets]:
            self._targets.append(found)
        first, second = self.query(SidePane)
        first.offer(self._targets, first.target)
        second.offer(self._targets, found)
        self.query_one("#beside-other").display = False
        self.query_one("#beside-question").focus()
        self._show_hint()
