"""Finds the parts of a chat format in conversations that were rendered with known words as messages.

A conversation `question, answer, question` comes out as
`lead · user_head QUESTION user_tail · assistant_head ANSWER assistant_tail ·
user_head QUESTION user_tail · opening`. What stands between the words is known; where it has to be cut
is found out here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# What must not be cut through: <|token|>, <token>, [TOKEN]; else a single character.
_ATOM = re.compile(r"<\|[^|<>]*\|>|<[^<>\s]+>|\[/?[A-Z_]+\]|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Turns:
    """The parts of a chat format; `lead` stands once, before the first turn, `opening` begins an answer.

    `last_head` and `last_tail` stand around the last question, where an answer is opened.
    """

    lead: str
    user_head: str
    user_tail: str
    assistant_head: str
    assistant_tail: str
    opening: str
    last_head: str
    last_tail: str
    uniform: bool = True


def between(text: str, words: Sequence[str]) -> tuple[str, ...] | None:
    """What stands before, between and behind `words`; None unless each occurs once, in this order."""
    pieces: list[str] = []
    rest = text
    for word in words:
        if text.count(word) != 1:
            return None
        piece, found, rest = rest.partition(word)
        if not found:
            return None
        pieces.append(piece)
    return (*pieces, rest)


def exact_turns(
    dialogue: Sequence[str],
    once: Sequence[str],
    question: Sequence[str] | None,
    answered: Sequence[str] | None,
) -> Turns | None:
    """The parts, where what closes a turn is plain to see; None where it is not.

    A template that closes a conversation as it closes a turn in the middle of one shows every cut, even where
    the last question is wrapped unlike the others. The arguments are those of `find_turns`; `once` is one
    question with the answer opened.
    """
    if question is None or answered is None:
        return None
    begin, to_answer, to_question, _, to_last, end = dialogue
    user_tail, assistant_tail = question[1], answered[2]
    user_head = to_question.removeprefix(assistant_tail)
    last_head = to_last.removeprefix(assistant_tail)
    lead = begin.removesuffix(user_head)
    assistant_head = to_answer.removeprefix(user_tail)
    head, tail = f"{lead}{user_head}", f"{assistant_tail}{last_head}"
    middle = f"{user_tail}{assistant_head}"
    seen = (tuple(question), tuple(answered), tuple(dialogue), tuple(once))
    made = (
        (head, user_tail),
        (head, middle, assistant_tail),
        (head, middle, f"{assistant_tail}{user_head}", middle, tail, end),
        (f"{lead}{last_head}", end),
    )
    if seen != made:
        return None
    opening = end.removeprefix(user_tail)
    return Turns(
        lead, user_head, user_tail, assistant_head, assistant_tail, opening, last_head, last_tail=end
    )


def find_turns(
    dialogue: Sequence[str], question: Sequence[str] | None, answered: Sequence[str] | None, bos: str
) -> Turns:
    """Cut a dialogue of three questions and two answers into its parts.

    Args:
        dialogue: what stands before, between and behind the five messages, the next answer opened.
        question: the same for one question with no answer opened; None if it could not be had.
        answered: the same for one question and its answer, nothing opened.
        bos: the beginning-of-sequence token, empty if there is none.
    """
    begin, to_answer, to_question, to_answer_2, to_question_2, end = dialogue
    user_tail = _user_tail(to_answer, end, question)
    user_head = _user_head(begin, to_question, answered, bos)
    return Turns(
        lead=begin.removesuffix(user_head),
        user_head=user_head,
        user_tail=user_tail,
        assistant_head=to_answer[len(user_tail) :],
        assistant_tail=to_question.removesuffix(user_head),
        opening=end[len(user_tail) :],
        last_head=user_head,
        last_tail=end,
        uniform=(to_answer, to_question) == (to_answer_2, to_question_2),
    )


def common_beginning(first: str, second: str) -> str:
    """The longest common beginning that cuts through no token."""
    kept: list[str] = []
    for one, other in zip(_ATOM.findall(first), _ATOM.findall(second), strict=False):
        if one != other:
            break
        kept.append(one)
    return "".join(kept)


def common_ending(first: str, second: str) -> str:
    """The longest common ending that cuts through no token."""
    kept: list[str] = []
    for one, other in zip(reversed(_ATOM.findall(first)), reversed(_ATOM.findall(second)), strict=False):
        if one != other:
            break
        kept.append(one)
    return "".join(reversed(kept))


def _user_tail(to_answer: str, end: str, question: Sequence[str] | None) -> str:
    """What closes a question: what the template writes behind it before anything else begins."""
    closed = question[1] if question is not None else common_beginning(to_answer, end)
    # Some templates close the whole conversation too (Phi-3's <|endoftext|>): only what stands there
    # in the middle of a dialogue as well belongs to the turn.
    tail = common_beginning(closed, to_answer)
    return common_beginning(tail, end)


def _user_head(begin: str, to_question: str, answered: Sequence[str] | None, bos: str) -> str:
    """What opens a question: the same at the beginning of a dialogue and behind an answer."""
    if to_question.endswith(begin):
        return begin
    bare = begin.removeprefix(bos)
    if bare and to_question.endswith(bare):
        return bare
    if answered is not None:
        # What closes an answer is known, so the rest opens the question.
        head = to_question[len(common_beginning(answered[2], to_question)) :]
        if begin.endswith(head):
            return head
    return common_ending(begin, to_question)
