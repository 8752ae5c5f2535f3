"""A conversation with a model and the host that answers, kept by the app while screens come and go."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slmtui import pipeline
from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.runtime import conversations
from slmtui.runtime.answer import Fill, Loop, Token
from slmtui.runtime.client import EngineName, Loaded, ModelHost
from slmtui.runtime.conversation import Conversation, Turn, new
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.talk import talk
from slmtui.runtime.tuning import Tuning
from slmtui.tui.jobs import Job

# How many samples of memory and processor time the plots show, one a second.
SAMPLES = 120
# As many earlier questions as the arrow keys go back to.
_QUESTIONS = 200
# ... of so many conversations, the latest.
_REMEMBERED = 20


class ChatSession:
    """The conversation as it stands; what a job's thread writes here, the event loop reads.

    Attributes:
        before: conversations as they were before a turn was deleted, edited or answered again; for undo.
        pieces: the text of the answer that is under way, as it comes.
        fill: how full the context was when that answer began.
        loop: tokens of the piece that it repeats, 0 while it does not.
        tuned: whether the host uses other runtime options than the model's own.
        not_kept: why the conversation could not be saved; the chat goes on all the same.
    """

    def __init__(self) -> None:
        self.target: Path | None = None
        self.conversation = new("", "")
        self.defaults = ChatParameters()
        self.host: ModelHost | None = None
        self.loaded: Loaded | None = None
        self.before: list[Conversation] = []
        self.pieces: list[str] = []
        self.fill: Fill | None = None
        self.loop = 0
        self.tuned = False
        self.not_kept: Failure | None = None
        self.asked: list[str] = []
        self.usage: deque[tuple[int, float]] = deque(maxlen=SAMPLES)
        self.at_quit: list[Callable[[], None]] = []
        self._prepared: Path | None = None
        self._job: Job[Any] | None = None

    # What there is

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns so far."""
        return self.conversation.turns

    @property
    def answering(self) -> bool:
        """Whether an answer is under way, its model being loaded counted in."""
        return self._job is not None and self._job.running

    @property
    def growing(self) -> str:
        """The text of the last turn, with what has come of the answer that is under way."""
        return (self.turns[-1].text if self.turns else "") + "".join(self.pieces)

    @property
    def of_the_deployment(self) -> bool:
        """Whether the model is that of the deployment in hand, not one of an older conversation."""
        return self.target == self._prepared

    # Which model

    def prepare(self, target: Path) -> None:
        """Talk to the model in `target` from now on; the deployment in hand says which."""
        if target != self._prepared:
            self.close()
            self._prepared = self.target = target
            self.conversation, self.before, self.pieces = new(target.name, str(target)), [], []

    def load(self, cancel: Cancel) -> Service[None]:
        """Read the model's parameters and load it, unless that is done already."""
        if self.target is None:
            raise Failure("No model is chosen.", "Start one on the Start screen.")
        if self.host is not None and self.host.alive and self.loaded is not None:
            return
        yield Progress("load", "Loading the model")
        defaults = pipeline.chat_parameters(self.target)
        if not self.turns and self.conversation.parameters == self.defaults:
            self.conversation = dataclasses.replace(self.conversation, parameters=defaults)
        self.defaults = defaults
        if not self.asked:
            self._remember_questions()
        host = self._host_for(self.conversation.engine)
        with cancel.calling(host.close):
            self.loaded = host.load(cancel)

    def _remember_questions(self) -> None:
        """What was asked of this model before, the oldest first, for the arrow keys."""
        kept, _ = conversations.saved(self.target, most=_REMEMBERED)  # the model waits for this
        questions = [turn.question for one in reversed(kept) for turn in one.turns]
        self.asked = [*questions[-_QUESTIONS:], *self.asked]

    def _host_for(self, engine: EngineName) -> ModelHost:
        assert self.target is not None
        if self.host is None or self.host.engine != engine or self.host.model_dir != self.target.absolute():
            self.close()
            found = pipeline.tuned_chat(self.target)
            self.tuned = found is not None and bool(found.options)
            self.host = pipeline.chat_host(self.target, engine)
        return self.host

    # Answering

    def begin(self, conversation: Conversation) -> None:
        """Take a conversation whose last turn waits for its answer."""
        if conversation.turns[: len(self.turns)] != self.turns:
            self.before.append(self.conversation)
        self.conversation = conversation
        self.pieces, self.fill, self.loop = [], None, 0

    def follow(self, job: Job[Any]) -> None:
        """The job that answers."""
        self._job = job

    def answer(self, cancel: Cancel) -> Service[Conversation]:
        """Answer the last turn; returns the conversation with the answer, or with the reason for none."""
        conversation = self.conversation
        host = self._host_for(conversation.engine)
        service = talk(host, conversation, cancel, keep=self._keep)
        while True:
            try:
                event = next(service)
            except StopIteration as end:
                done: Conversation = end.value
                return done
            match event:
                case Token():
                    self.pieces.append(event.text)
                case Fill():
                    self.fill = event
                case Loop():
                    self.loop = event.period
            yield event

    def take(self, conversation: Conversation) -> None:
        """The answer is whole; what was set for the next one meanwhile stays."""
        self.conversation = self._as_set(conversation)
        self.pieces = []

    def _as_set(self, conversation: Conversation) -> Conversation:
        """Its turns, with what is set now."""
        now = self.conversation
        return dataclasses.replace(
            conversation, parameters=now.parameters, system=now.system, engine=now.engine, title=now.title
        )

    # Changing it

    def change(self, conversation: Conversation) -> None:
        """Take a changed conversation; the one from before can be had again."""
        self.before.append(self.conversation)
        self.conversation, self.pieces = conversation, []

    def undo(self) -> bool:
        """Take back the last change of turns; False if there is none."""
        if not self.before:
            return False
        self.conversation, self.pieces = self._as_set(self.before.pop()), []
        return True

    def start_anew(self) -> None:
        """An empty conversation with the same model, engine, system prompt and parameters."""
        old = self.conversation
        start = new(old.model, old.model_dir, old.parameters, system=old.system, engine=old.engine)
        self.conversation, self.before, self.pieces, self.fill, self.loop = start, [], [], None, 0

    def open(self, conversation: Conversation) -> None:
        """Go on with a conversation that was kept, be it with another model."""
        self.start_anew()
        self.conversation = conversation
        self.target = Path(conversation.model_dir)
        self.defaults = pipeline.chat_parameters(self.target)

    def toggle_greedy(self) -> bool:
        """Take the likeliest token each time from now on, or sample again; returns whether it is greedy."""
        parameters = self.conversation.parameters
        if parameters.greedy:
            # A model whose own parameters are greedy is sampled with the ordinary temperature.
            usual = self.defaults.temperature or ChatParameters().temperature
            top_k = None if parameters.top_k == 1 else parameters.top_k
            other = dataclasses.replace(parameters, temperature=usual, top_k=top_k)
        else:
            other = parameters.as_greedy()
        self.conversation = dataclasses.replace(self.conversation, parameters=other)
        return other.greedy

    def keep(self) -> None:
        """Save the conversation as it stands (writes a file: from a thread)."""
        self._keep(self.conversation)

    def _keep(self, conversation: Conversation) -> None:
        try:
            conversations.save(conversation)
        except Failure as failure:
            self.not_kept = failure
        else:
            self.not_kept = None

    def tune(self, cancel: Cancel) -> Service[Tuning]:
        """Measure which runtime options are fastest here; the next answer uses them."""
        assert self.target is not None
        self.close()
        return (yield from pipeline.tune_chat(self.target, cancel))

    def untune(self, cancel: Cancel) -> Service[None]:
        """Load the model with its own runtime options again."""
        assert self.target is not None
        pipeline.untune_chat(self.target)
        self.close()
        yield from self.load(cancel)

    def close(self) -> None:
        """End the host; the conversation stays."""
        host, self.host, self.loaded = self.host, None, None
        self.usage.clear()
        if host is not None:
            host.close()

    def close_all(self) -> None:
        """End every host, those of other screens over the chat too."""
        self.close()
        for end in (*self.at_quit,):
            end()
