"""Item 2: the form of the answers: the suite's checks of it, an end of their own, no marks of a template."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slmtui.measure.checklist_item import Item, item, unchecked
from slmtui.measure.suite import FORM_CHECKS, Suite, SuiteAnswer
from slmtui.runtime.parameters import Message

# What is asked where there is no suite.
PROMPTS = ("Hello!", "What can you do?", "Thank you.", "Who are you?", "Can you help me with a question?")
# Shares of the answers: more without an end of their own, or with marks, is a warning, a failure.
_SOME, _MANY = 0.02, 0.2
# An answer may just be long, or repeat itself as a small model's do: that so many have no end is a failure.
_ENDLESS = 0.8
# The marks of the families that slmtui knows; in an answer, they are a turn that was not ended.
MARKS = re.compile(
    r"<\|[\w▁]{2,24}\|>|<｜[^｜<>]{2,24}｜>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>"
    r"|<\|(?:start|end)_of_role\|>|^### (?:Instruction|Response):|^(?:USER|ASSISTANT):",
    re.MULTILINE,
)


def conversations() -> list[tuple[Message, ...]]:
    """The built-in questions as conversations."""
    return [(Message("user", prompt),) for prompt in PROMPTS]


def judge_format(answers: Sequence[SuiteAnswer], suite: Suite | None = None) -> Item:
    """Over all answers that came; the suite's checks of form count where lines have some."""
    came = [answer for answer in answers if answer.finish_reason != "failed"]
    if not came:
        return unchecked("format", "No answer came that could be looked at.", "Look at the item above.")
    endless = sum(answer.finish_reason != "stop" for answer in came)
    marked = sum(bool(MARKS.search(answer.answer)) for answer in came)
    empty = sum(not answer.answer.strip() for answer in came)
    asked = wrong = 0
    if suite is not None:
        asked = sum(bool(set(suite.lines[answer.line].checks) & set(FORM_CHECKS)) for answer in came)
        wrong = sum(bool(set(answer.failed_checks) & set(FORM_CHECKS)) for answer in came)
    figures = {
        "answers": len(came),
        "without_end": endless,
        "with_marks": marked,
        "empty": empty,
        "checked_lines": asked,
        "wrong_form": wrong,
    }
    evidence = (
        f"Of {len(came)} answers {len(came) - endless} end by themselves, {marked} have marks of a template"
        f" in them, {empty} are empty"
        + (f"; {wrong} of the {asked} that the suite asks a form of have another" if asked else "")
        + "."
    )
    worst = max(marked / len(came), empty / len(came), wrong / asked if asked else 0.0)
    if max(worst, endless / len(came)) <= _SOME:
        return item("format", "pass", evidence, figures=figures)
    bad = worst > _MANY or endless / len(came) > _ENDLESS
    return item("format", "fail" if bad else "warn", evidence, _fix(figures), figures)


def _fix(figures: dict[str, int]) -> str:
    if figures["without_end"] or figures["with_marks"] or figures["empty"]:
        return (
            "Look at the Template screen's truth: the model was trained with other marks, or the token that"
            " ends a turn is not among its end-of-sequence tokens (genai_config.json, eos_token_id)."
        )
    return "Show the form in the training data or the system message, or allow what the model writes."
