"""A suite put to a model: every question in a conversation of its own, answered greedily."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from slmtui.events import Cancel, Event, Failure, Progress, Service, drain
from slmtui.measure.suite import Suite, SuiteAnswer, SuiteLine, SuiteScore
from slmtui.measure.suite_checks import check
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

STAGE = "questions"
# Tokens an answer may have, whatever its line allows: enough for a long one, an end for one that has none.
LONGEST = 256


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """One line of the suite was answered, of so many; `title` is what was asked."""

    kind: ClassVar[str] = "suite_answer"
    title: str
    answer: SuiteAnswer
    number: int
    of: int


def longest(suite: Suite) -> int:
    """The most tokens of an answer: one more than any line allows, so that it is seen not to end."""
    return max([LONGEST, *(line.max_tokens + 1 for line in suite.lines if line.max_tokens)])


def ask(host: ModelHost, messages: Sequence[Message], cancel: Cancel, max_tokens: int = LONGEST) -> Answer:
    """A greedy answer; blocks. Without a penalty for repetition: what it says is what it has learnt.

    Raises:
        Failure: as `ModelHost.chat`.
        Cancelled: the answer is not whole.
    """
    parameters = ChatParameters(max_tokens=max_tokens, temperature=0.0, repetition_penalty=1.0)
    answer = drain(host.chat(messages, parameters, cancel))
    cancel.check()
    return answer


def run_suite(
    host: ModelHost,
    suite: Suite,
    cancel: Cancel,
    keep: Callable[[SuiteAnswer], None] = lambda _: None,
) -> Service[SuiteScore]:
    """Put every line to the model that `host` has loaded; yields `Answered` and `Progress`.

    `keep` is given each answer as it comes, for who wants them even if it is cancelled. A question that
    cannot be asked (longer than the context) has not passed, with the reason; a host that died is started
    again.

    Raises:
        Failure: the model cannot be loaded again.
        Cancelled: between two tokens.
    """
    answers, limit, started = list[SuiteAnswer](), longest(suite), time.monotonic()
    for number, line in enumerate(suite.lines):
        if not host.alive:
            host.load(cancel)
        try:
            answer = ask(host, line.messages, cancel, limit)
            judged = judged_answer(line, number, answer.text, answer.completion_tokens, answer.finish_reason)
        except Failure as failure:
            reason = f"no answer: {failure.cause}"
            judged = SuiteAnswer(number, "", False, (reason,), 0, "failed", ("answered",))
        answers.append(judged)
        keep(judged)
        yield Answered(line.title, judged, number + 1, len(suite.lines))
        yield progress(STAGE, "Asking the suite's questions", number + 1, len(suite.lines), started)
    return SuiteScore(tuple(answers))


def judged_answer(line: SuiteLine, number: int, text: str, tokens: int, reason: str) -> SuiteAnswer:
    """An answer with what the line's checks say of it."""
    wrong = check(line, text, tokens, reason)
    return SuiteAnswer(
        number,
        text,
        not wrong,
        tuple(why for _, why in wrong),
        tokens,
        reason,
        tuple(name for name, _ in wrong),
    )


def score_control(host: ModelHost, suite: Suite, texts: Sequence[str]) -> SuiteScore:
    """A control's answers judged as the model's; their tokens are counted by the model's own tokenizer."""
    limit, answers = longest(suite), []
    for number, (line, text) in enumerate(zip(suite.lines, texts, strict=True)):
        tokens = len(host.token_ids(text)) if text else 0
        answers.append(judged_answer(line, number, text, tokens, "length" if tokens >= limit else "stop"))
    return SuiteScore(tuple(answers))


def progress(stage: str, text: str, number: int, of: int, started: float) -> Progress:
    """How far a stage is, its time left by its pace so far."""
    left = (time.monotonic() - started) / number * (of - number)
    return Progress(stage, f"{text}: {number} of {of}", number / of, left)
