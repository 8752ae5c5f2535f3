"""A conversation as a value: what was asked, what came back, and how it may be changed.

Nothing here changes a conversation; every function returns another one. So a screen can keep the one from
before for undo, and a thread can read one while another is made.
"""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from slmtui.events import Failure
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import EngineName
from slmtui.runtime.parameters import ChatParameters, Message

_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a question has no whole answer: a `Failure`'s cause, fix and log."""

    cause: str
    fix: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came back.

    Attributes:
        question: the user's text.
        text: the answer so far; "" while there is none.
        answer: its figures, once it has ended. After an answer was gone on with, those of the last part.
        problem: why it broke off, if it did; `text` has what came before.
        right: the user's judgement, None while there is none.
        expected: what the answer should have been, if the user said so.
    """

    question: str
    text: str = ""
    answer: Answer | None = None
    problem: Problem | None = None
    right: bool | None = None
    expected: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answer is None and self.problem is None

    @property
    def can_continue(self) -> bool:
        """Whether the answer broke off before the model ended it."""
        ended = self.answer is not None and self.answer.finish_reason == "stop"
        return bool(self.text) and not ended


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns with one model, the oldest first.

    Attributes:
        id: unique; the name of its file.
        model: the model's name, for people and for the search.
        model_dir: its folder as text.
        title: the user's, or "" for the beginning of the first question (`heading`).
        created, changed: ISO 8601, UTC.
        forgotten: how many of the first turns no longer fit the context and are not sent any more.
    """

    id: str
    model: str
    model_dir: str
    turns: tuple[Turn, ...] = ()
    system: str = ""
    parameters: ChatParameters = dataclasses.field(default_factory=ChatParameters)
    engine: EngineName = "genai"
    title: str = ""
    created: str = ""
    changed: str = ""
    forgotten: int = 0

    @property
    def heading(self) -> str:
        """What to call it in a list."""
        first = self.turns[0].question if self.turns else ""
        words = " ".join((self.title or first).split())
        return words if len(words) <= _TITLE_LENGTH else words[: _TITLE_LENGTH - 1].rstrip() + "…"

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The figures of its answers, for `figures.over`."""
        return tuple(turn.answer for turn in self.turns if turn.answer is not None)


def new(
    model: str,
    model_dir: str,
    parameters: ChatParameters | None = None,
    *,
    system: str = "",
    engine: EngineName = "genai",
) -> Conversation:
    """An empty conversation with the model in `model_dir`."""
    now = _now()
    return Conversation(
        uuid.uuid4().hex[:16],
        model,
        model_dir,
        system=system,
        parameters=parameters or ChatParameters(),
        engine=engine,
        created=now,
        changed=now,
    )


def messages(conversation: Conversation) -> list[Message]:
    """What the model is to see: the last turn's question last, or its answer if that is to be gone on with.

    Turns without an answer, but for the last, are left out: a template wants the two in turn.
    """
    said = [Message("system", conversation.system)] if conversation.system.strip() else []
    turns = conversation.turns[conversation.forgotten :]
    for index, turn in enumerate(turns):
        last = index == len(turns) - 1
        if turn.text or last:
            said.append(Message("user", turn.question))
        if turn.text:
            said.append(Message("assistant", turn.text))
    return said


def ask(conversation: Conversation, question: str) -> Conversation:
    """With another question at the end, which waits for its answer.

    Raises:
        Failure: the question is empty.
    """
    if not question.strip():
        raise Failure("There is no question.", "Type one.")
    return _with(conversation, (*conversation.turns, Turn(question)))


def edit(conversation: Conversation, index: int, question: str) -> Conversation:
    """With the question of a turn changed: it waits for an answer, and what came after it is gone."""
    _check(conversation, index)
    return ask(_with(conversation, conversation.turns[:index]), question)


def regenerate(conversation: Conversation, index: int = -1) -> Conversation:
    """With the answer of a turn taken back, and what came after it: it waits for another one."""
    index = _check(conversation, index)
    return edit(conversation, index, conversation.turns[index].question)


def go_on(conversation: Conversation) -> Conversation:
    """With the last answer open again: the model goes on where it broke off.

    Raises:
        Failure: there is none, or the model has ended it.
    """
    if not conversation.turns or not conversation.turns[-1].can_continue:
        raise Failure(
            "There is no answer to go on with: the model has ended the last one, or there is none.",
            "Ask something, or let the answer be made again.",
        )
    last = dataclasses.replace(conversation.turns[-1], answer=None, problem=None)
    return _with(conversation, (*conversation.turns[:-1], last))


def delete(conversation: Conversation, index: int) -> Conversation:
    """Without one turn; the others stay."""
    index = _check(conversation, index)
    turns = conversation.turns
    # One that was not sent any more leaves one fewer.
    gone = conversation.forgotten - (1 if index < conversation.forgotten else 0)
    return _with(dataclasses.replace(conversation, forgotten=gone), turns[:index] + turns[index + 1 :])


def judge(conversation: Conversation, index: int, right: bool | None, expected: str = "") -> Conversation:
    """With the user's word on an answer: right, or what it should have been; None takes it back."""
    index = _check(conversation, index)
    return _changed(
        conversation, index, dataclasses.replace(conversation.turns[index], right=right, expected=expected)
    )


def grown(conversation: Conversation, text: str) -> Conversation:
    """With more text in the answer of the last turn."""
    last = conversation.turns[-1]
    return _changed(conversation, -1, dataclasses.replace(last, text=last.text + text))


def answered(conversation: Conversation, answer: Answer) -> Conversation:
    """With the figures of the last turn's answer, whose text has `grown`; dropped turns are forgotten."""
    done = _changed(
        conversation, -1, dataclasses.replace(conversation.turns[-1], answer=answer, problem=None)
    )
    return dataclasses.replace(done, forgotten=_forgotten(conversation, answer.dropped_messages))


def failed(conversation: Conversation, failure: Failure) -> Conversation:
    """With the reason why the last turn has no whole answer."""
    problem = Problem(failure.cause, failure.fix, str(failure.log or ""))
    return _changed(conversation, -1, dataclasses.replace(conversation.turns[-1], problem=problem))


def _forgotten(conversation: Conversation, dropped: int) -> int:
    """How many turns are forgotten once the first `dropped` messages of those that were sent are."""
    forgotten = conversation.forgotten
    while dropped > 0 and forgotten < len(conversation.turns) - 1:
        dropped -= 2 if conversation.turns[forgotten].text else 0
        forgotten += 1
    return forgotten


def _changed(conversation: Conversation, index: int, turn: Turn) -> Conversation:
    turns = list(conversation.turns)
    turns[index] = turn
    return _with(conversation, tuple(turns))


def _with(conversation: Conversation, turns: tuple[Turn, ...]) -> Conversation:
    forgotten = min(conversation.forgotten, max(0, len(turns) - 1))
    return dataclasses.replace(conversation, turns=turns, changed=_now(), forgotten=forgotten)


def _check(conversation: Conversation, index: int) -> int:
    """`index` counted from the start."""
    count = len(conversation.turns)
    if not -count <= index < count:
        raise Failure(f"The conversation has no turn {index + 1}; it has {count}.", "Choose one of these.")
    return index % count


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
