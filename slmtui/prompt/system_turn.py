"""How a chat format says a system message: as a turn of its own, inside a question, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from slmtui.prompt.prompt_template import CONTENT
from slmtui.prompt.trial import Trial
from slmtui.prompt.turns import Turns, between


@dataclass(frozen=True, slots=True)
class SystemTurn:
    """The `system` string.

    `default` is the system message the chat template adds of its own accord, if one is seen. Where the
    string cannot say what the chat template does, `expressible` is False and `limit` tells in words why.
    """

    shape: str
    default: str = ""
    expressible: bool = True
    limit: str = ""


def find_system_turn(trial: Trial, turns: Turns, bos: str) -> SystemTurn:
    """The system turn of a format whose other turns are known; `bos` is left out of it."""
    # A model that knows no system message still understands a turn that is closed like a question.
    as_question = f"{turns.user_head}{CONTENT}{turns.user_tail}"
    text = trial.with_system.text
    if text is None:
        why = f"the chat template refuses a system message ({trial.with_system.refusal})"
        return _instead(as_question, why)
    if trial.system_word not in text:
        return _instead(as_question, "the chat template leaves a system message out")
    pieces = between(text, (trial.system_word, trial.words[0]))
    if pieces is None:
        return _instead(as_question, "the chat template puts a system message behind the question")
    begin, to_question, _ = pieces
    head = begin.removeprefix(bos)
    if not to_question.endswith(turns.last_head):
        inside = f"{head}{CONTENT}{to_question}{turns.user_tail}"
        return _instead(inside, "the chat template puts a system message inside a question")
    tail = to_question.removesuffix(turns.last_head)
    lead = turns.lead.removeprefix(bos)
    has_default = lead.startswith(head) and lead.endswith(tail) and len(lead) > len(head) + len(tail)
    default = lead.removeprefix(head).removesuffix(tail) if has_default else ""
    return SystemTurn(f"{head}{CONTENT}{tail}", default)


def _instead(shape: str, limit: str) -> SystemTurn:
    return SystemTurn(
        shape, expressible=False, limit=f"{limit}; PromptTemplate writes it as a turn of its own"
    )
