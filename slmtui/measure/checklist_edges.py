"""Item 5: edge cases and invalid input: each gets an answer or a clear refusal, and the model goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from slmtui.events import Cancel, Failure, Service
from slmtui.measure.checklist_item import Item, item
from slmtui.measure.suite_run import ask, progress
from slmtui.runtime.client import ModelHost
from slmtui.runtime.folder import read_folder
from slmtui.runtime.parameters import Message

STAGE = "edges"
_ANSWER = 24
# A case that takes longer than this, in seconds, keeps a user waiting without a word.
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """One input; `refused` if it must not be answered, because it cannot fit."""

    id: str
    title: str
    content: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a case: `outcome` in words; `problem` is "" if that is as it should be."""

    case: Case
    outcome: str
    problem: str
    seconds: float


def cases(context_length: int, rendered: str) -> tuple[Case, ...]:
    """The inputs, for a model of that context; `rendered` is a question as its template writes it."""
    return (
        Case("empty", "nothing at all", ""),
        Case("blank", "white space", " \n\t "),
        Case("one_character", "one character", "?"),
        Case("control", "control characters", "lamp\x00\x07\x1b[31m\x7f\x9b\u202e off?"),
        Case("half_character", "half of a character", "lamp \ud83d?"),
        Case("scripts", "mixed scripts", "Hello Привет こんにちは مرحبا नमस्ते 👩‍👩‍👧 Z͑ͫ̓ͪ̂ͫ̽͏"),
        Case("one_word", "one word of 2,000 letters", "a" * 2_000 if context_length > 2_200 else "a" * 500),
        Case("template_tokens", "the marks of its own template", rendered),
        Case("over_context", "more than its context", "lamp, " * (context_length + 1), refused=True),
        Case("million", "a million characters", "lamp! 0 " * 125_000, refused=context_length < 125_000),
    )


def edges(host: ModelHost, question: Sequence[Message], cancel: Cancel) -> Service[Item]:
    """Put every case to the model; before and after them an ordinary `question`, which has to get one answer.

    Raises:
        Failure: the model cannot be loaded again, or not even the ordinary question is answered.
        Cancelled: before the end.
    """
    context = read_folder(host.model_dir).context_length
    before = ask(host, question, cancel, _ANSWER).text
    tried, started = list[Tried](), time.monotonic()
    todo = cases(context, host.render(question))
    for number, case in enumerate(todo, 1):
        tried.append(_try(host, case, cancel))
        if not host.alive:
            host.load(cancel)
        yield progress(STAGE, "Edge cases", number, len(todo), started)
    after = ask(host, question, cancel, _ANSWER).text
    return judge_edges(tried, after == before)


def judge_edges(tried: Sequence[Tried], same_after: bool) -> Item:
    """It fails where a case brought down the model, got neither answer nor refusal, or left it changed."""
    wrong = [one for one in tried if one.problem]
    figures = {
        "cases": {one.case.id: one.outcome for one in tried},
        "problems": {one.case.id: one.problem for one in wrong},
        "seconds": {one.case.id: round(one.seconds, 3) for one in tried},
        "same_after": same_after,
    }
    answered = [one.case.title for one in tried if not one.problem and one.outcome.startswith("answered")]
    refused = [one.case.title for one in tried if not one.problem and one.case.title not in answered]
    groups = [("answered", ", ".join(answered)), ("refused with cause and fix", ", ".join(refused))]
    groups += [(one.case.title, one.problem.rstrip(".")) for one in wrong]
    evidence = "; ".join(f"{name}: {what}" for name, what in groups if what).capitalize() + "."
    if not same_after:
        evidence += " An ordinary question has another answer after them than before."
    if wrong or not same_after:
        fix = "Keep such input from the model, and tell the makers of the runtime (the log has the story)."
        return item("edges", "fail", evidence, fix, figures)
    return item("edges", "pass", evidence, figures=figures)


def _try(host: ModelHost, case: Case, cancel: Cancel) -> Tried:
    started = time.monotonic()
    outcome, problem = _outcome(host, case, cancel)
    seconds = time.monotonic() - started
    slow = f"it took {seconds:.0f} s" if seconds > _PATIENCE else ""
    return Tried(case, outcome, problem or slow, seconds)


def _outcome(host: ModelHost, case: Case, cancel: Cancel) -> tuple[str, str]:
    """What became of a case, and the problem with that."""
    try:
        answer = ask(host, [Message("user", case.content)], cancel, _ANSWER)
    except Failure as failure:
        cancel.check()
        if not host.alive:
            return "refused", f"it brought the model down: {failure.cause}"
        return f"refused: {failure.cause}", "" if failure.fix else f"no fix is named: {failure.cause}"
    if case.refused:
        return "answered", "it was answered, though it cannot have been read whole"
    return f"answered with {answer.completion_tokens} tokens", ""
