"""Chat: talk to the deployed model, and see what every answer cost."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, TextArea

from slmtui import pipeline
from slmtui.events import Failure, Progress
from slmtui.runtime import conversation as change
from slmtui.runtime.conversation import Turn
from slmtui.tui.jobs import JobChanged
from slmtui.tui.screens.chat_deeds import ChatDeeds
from slmtui.tui.screens.chat_files import ChatFiles
from slmtui.tui.screens.chat_help import HELP
from slmtui.tui.screens.chat_panel import ChatPanel
from slmtui.tui.widgets.answer_part import AnswerPart
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.context_bar import ContextBar
from slmtui.tui.widgets.figures_panel import FiguresPanel
from slmtui.tui.widgets.parameter_panel import ParameterPanel
from slmtui.tui.widgets.prompt_area import PromptArea
from slmtui.tui.widgets.purpose import Purpose
from slmtui.tui.widgets.transcript import Transcript
from slmtui.tui.widgets.turn_view import TurnView
from slmtui.tui.widgets.verdicts import FailurePanel

# What there is nothing to do with while there is no model to talk to.
_WITH_A_MODEL = {"panel", "greedy", "tune", "clear", "conversations", "export", "beside", "undo"}


class ChatScreen(ChatDeeds, ChatFiles, ChatPanel):
    """The smoke test of the whole path."""

    HEADING = "Chat"
    CSS_PATH = "chat.tcss"
    SCROLLS = False
    HELP = HELP
    _typed = False
    BINDINGS = [
        Binding("ctrl+home", "earlier", "Earlier turns", show=False, tooltip="Show turns from before"),
    ]

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="chat"):
            with Vertical(id="talk"):
                yield FailurePanel(id="chat-failure")
                yield Purpose(self.MODE)
                yield Transcript(id="turns")
                # Each kind of widget brings a style sheet that Textual reads when the first one is shown: a
                # hidden turn pays for it when the screen is opened, not in the middle of an answer.
                with Vertical(id="warm"):
                    yield AnswerPart()
                    yield TurnView(0, Turn(""))
                yield ContextBar()
                yield PromptArea(id="question")
            with VerticalScroll(id="side", can_focus=False):
                yield FiguresPanel(id="figures")
                yield ParameterPanel(id="parameters")

    def body_ready(self) -> None:
        self.query_one(Transcript).anchor()
        self.set_interval(1.0, self._watch)

    def show_state(self) -> None:
        super().show_state()
        self.query_one("#chat-failure", FailurePanel).show(None)
        deployment = self.slmtui.deployment
        question = self.query_one("#question", PromptArea)
        target, failure = None, None
        if deployment is not None:
            try:
                target = pipeline.chat_target(deployment)
            except Failure as problem:
                failure = problem
        question.disabled = target is None
        self.query_one(Purpose).display = deployment is None
        self.query_one("#side").visible = target is not None  # its headings alone would say nothing
        if target is None:
            self.query_one("#chat-failure", FailurePanel).show(failure)
            self.set_primary(
                "Choose a model" if deployment is None else "Go there",
                "There is no converted model to talk to yet.",
            )
            self.refresh_bindings()
            return
        assert deployment is not None
        self.session.prepare(target)
        if self.session.loaded is None and not self._busy():
            self.slmtui.start_job(self.MODE, self.session.load)
        if not self.session.turns and not question.text:
            question.text = pipeline.first_question(deployment)
            question.select_all()
        if not isinstance(self.focused, (TurnView, Input, TextArea, Choice)):
            question.focus()  # whoever comes back from a window stays where he was
        self.changed(kept=False)

    @on(TextArea.Changed, "#question")
    def _question_typed(self, event: TextArea.Changed) -> None:
        """What comes next depends on whether there is a question, not on each letter of it."""
        typed, self._typed = self._typed, bool(event.text_area.text)
        if typed is not self._typed and self.has_body and not self.session.answering:
            self.show_action()

    @on(PromptArea.Paged)
    def _paged(self, message: PromptArea.Paged) -> None:
        self.query_one(Transcript).page(message.pages)

    async def action_earlier(self) -> None:
        """Show turns from before those that are shown."""
        await self.query_one(Transcript).show_earlier(self.session)
        self.query_one(Transcript).scroll_home(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        if action in _WITH_A_MODEL and self.query_one("#question").disabled:
            return False
        match action:
            case "go_on":
                return self.can_go_on and not self.session.answering
            case "regenerate":
                return bool(self.session.turns)
        return True

    # Asking

    @on(PromptArea.Submitted)
    def _submitted(self, event: PromptArea.Submitted) -> None:
        self._ask(event.text)

    def proceed(self) -> None:
        question = self.query_one("#question", PromptArea)
        if question.disabled:
            self.go(self.slmtui.next_mode())
        elif self.session.answering:
            self.action_leave()
        else:
            self._ask(question.whole)

    def _ask(self, text: str) -> None:
        session = self.session
        if session.answering:
            self.app.bell()  # the line below says what to do: Esc stops the answer
        elif not text.strip():
            self._ask_again()
        elif self._busy():
            self._after_loading(text)
        else:
            editing, self._editing = self._editing, None
            text = text.strip()
            session.asked.append(text)
            now = session.conversation
            self.send(change.edit(now, editing, text) if editing is not None else change.ask(now, text))

    def _ask_again(self) -> None:
        """Enter on nothing: the last question, if it has no answer; else what comes next.

        One that the model has refused comes back into the field.
        """
        turns = self.session.turns
        if not turns or self._busy():
            return
        if turns[-1].open:
            self.send(self.session.conversation)
        elif self.refused:
            self._edit(len(turns) - 1)
        elif turns[-1].problem is not None:
            self.send(change.regenerate(self.session.conversation))
        elif self._editing is None and turns[-1].answer is not None:
            self.go("validate")

    def _after_loading(self, text: str) -> None:
        """The load is under way: ask as soon as it is done."""
        job = self.slmtui.job(self.MODE)
        assert job is not None

        def send(_: object) -> None:
            self.call_later(self._ask, text)

        job.on_done = send

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self.slmtui.job(self.MODE):
            return
        session = self.session
        if session.answering:
            await self.query_one(Transcript).grow(session)
            self.query_one(ContextBar).show(session)
            if any(isinstance(event, Progress) for event in message.events) or session.loop:
                self.show_action()
            return
        if job.failure is not None:
            self.query_one("#chat-failure", FailurePanel).show(job.failure)
        elif not job.running:
            self.query_one("#chat-failure", FailurePanel).show(None)
        self.tuned(job)
        self.changed(kept=False)

    def action_leave(self) -> None:
        if self._editing is not None and not self.session.answering:
            self._editing = None
            self.query_one("#question", PromptArea).empty()
            self.show_action()
        elif self._busy() or not self.close_panel():
            super().action_leave()
