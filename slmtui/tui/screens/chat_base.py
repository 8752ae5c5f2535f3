"""What all parts of the Chat screen stand on: the conversation shown and kept, and a question sent."""

from __future__ import annotations

import dataclasses

from textual import work

from slmtui import pipeline
from slmtui.foundry.host import FoundryHost
from slmtui.runtime.client import ModelHost
from slmtui.runtime.conversation import Conversation
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.two_steps import TwoSteps
from slmtui.tui.widgets.context_bar import ContextBar
from slmtui.tui.widgets.figures_panel import FiguresPanel
from slmtui.tui.widgets.parameter_panel import ParameterPanel
from slmtui.tui.widgets.prompt_area import PromptArea
from slmtui.tui.widgets.transcript import Transcript

_ENGINES: dict[str, type[ModelHost]] = {"genai": ModelHost, "foundry": FoundryHost}


class ChatBase(TwoSteps, StationScreen):
    """The parts over it add keys; nothing here knows of them."""

    MODE = "chat"
    _editing: int | None = None

    @property
    def session(self) -> ChatSession:
        """The app's conversation."""
        return self.slmtui.chat

    def _busy(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    def idle(self) -> bool:
        """Whether no answer is under way; says so otherwise."""
        if self.session.answering:
            self.notify("Esc stops the answer first.", timeout=2)
        return not self.session.answering

    @property
    def refused(self) -> bool:
        """Whether the model runs on and would not take the last question, as one that is too long for it.

        To ask that again, or start the model anew, is no help.
        """
        host, turns = self.session.host, self.session.turns
        alive = host is not None and host.alive
        return alive and bool(turns) and turns[-1].problem is not None and not turns[-1].text

    def changed(self, *, kept: bool = True) -> None:
        """The conversation is another one now, or looked at again: show it, and keep it."""
        self._show_turns()
        self._show_beside()
        self.show_action()
        if kept:
            self._keep()

    @work(group="turns")
    async def _show_turns(self) -> None:
        # Not exclusive: one that is cancelled would leave widgets half mounted, for which all others wait.
        await self.query_one(Transcript).show(self.session)
        self.refresh_bindings()

    @work(thread=True, group="keep")
    def _keep(self) -> None:
        self.session.keep()

    def _show_beside(self) -> None:
        session = self.session
        self.query_one(ContextBar).show(session)
        self.query_one(FiguresPanel).show(session)
        self.query_one("#question", PromptArea).remember([*session.asked])
        self.show_parameters()
        self._watch()

    def _watch(self) -> None:
        if self.is_current and self.has_body:
            self.query_one(FiguresPanel).sample(self.session)

    def show_action(self) -> None:
        """Say what the next step is."""
        session = self.session
        question = self.query_one("#question", PromptArea)
        problem = session.turns[-1].problem if session.turns else None
        if session.answering:
            self.set_primary("Stop", self._answering_hint(), focus=False)
        elif self._busy():
            self.set_primary("Send", self._loading_hint(), focus=False)
        elif self._editing is not None:
            later = len(session.turns) - self._editing - 1
            # What is lost comes first: in a narrow terminal the end is cut.
            gone = f"; {later} later turn{'s go' if later > 1 else ' goes'}" if later else ""
            self.set_primary(
                "Send", f"Enter asks turn {self._editing + 1} anew{gone}. Esc leaves it.", focus=False
            )
        elif self.refused and not question.text:
            self.set_primary(
                "Edit", "Enter takes the question back into the field, to be changed.", focus=False
            )
        elif problem is not None and not question.text:
            if session.host is not None and session.host.alive:
                self.set_primary("Ask again", "Enter asks the same once more.", focus=False)
            else:
                self.set_primary("Restart", "Enter asks again, and starts it anew.", focus=False)
        elif session.turns and session.turns[-1].open and not question.text:
            self.set_primary("Ask again", "The last question has no answer yet.", focus=False)
        elif session.not_kept is not None:
            self.set_primary("Send", f"Not saved: {session.not_kept.cause}", focus=False)
        elif session.turns and session.turns[-1].answer is not None and not question.text:
            self.set_primary("Validate", "Ask on, or Enter goes on to measure it.", focus=False)
        else:
            self.set_primary("Send", "Enter sends, Ctrl+J makes a new line.", focus=False)
        self.refresh_bindings()

    def _answering_hint(self) -> str:
        if self.session.loop:
            return "It repeats itself. Esc stops the answer."
        return "Esc stops the answer."

    def _loading_hint(self) -> str:
        job = self.slmtui.job(self.MODE)
        progress = job.progress if job is not None else None
        if progress is not None and progress.stage != "load":
            return f"{progress.text}; Esc ends it."
        return "Loading the model; you can type already."

    def show_parameters(self) -> None:
        """Show how the next answer is made."""
        conversation = self.session.conversation
        ignores = _ENGINES[conversation.engine].ignores
        self.query_one(ParameterPanel).show(conversation, ignores, tuned=self.session.tuned)
        self.query_one(FiguresPanel).show_parameters(conversation)

    def send(self, conversation: Conversation) -> None:
        """Let the last turn of this one be answered."""
        if self._busy():
            return
        session = self.session
        session.begin(conversation)
        self.query_one("#question", PromptArea).empty()
        self.query_one("#question").focus()
        job = self.slmtui.start_job(self.MODE, session.answer, lambda done: self._answered(session, done))
        session.follow(job)
        self.query_one(Transcript).anchor()
        self.changed(kept=False)

    def _answered(self, session: ChatSession, done: Conversation) -> None:
        """The app calls this when the answer is whole, whatever screen is shown."""
        session.take(done)
        deployment, turn = self.slmtui.deployment, done.turns[-1]
        if deployment is None or session is not self.slmtui.chat or turn.answer is None:
            return
        if deployment.next_station() == "runtime" and session.of_the_deployment:
            answer = dataclasses.replace(turn.answer, text=turn.text)
            self.slmtui.use(pipeline.record_answer(deployment, turn.question, answer))
