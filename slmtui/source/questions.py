"""What a source asks of the user before it can be converted, and the answers put together.

Nothing here shows a question: the screens ask with a window, the command line with its flags.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmtui.events import Failure
from slmtui.source.options import SourceOptions

Answer: TypeAlias = Literal["base", "pickle", "code"]
ANSWERS: tuple[Answer, ...] = ("base", "pickle", "code")


@dataclass(frozen=True, slots=True)
class Asks:
    """What would settle a problem: the `base` of an adapter, a yes to a `pickle`, or a yes to `code`.

    `names` are what it is about: the base as the adapter names it, or the files to be trusted.
    """

    answer: Answer
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A problem that the user can settle; without an answer to a `needed` one there is no conversion."""

    asks: Asks
    cause: str
    fix: str
    needed: bool = True

    def answered(self, options: SourceOptions, base: str = "") -> SourceOptions:
        """`options` with a yes to this question; `base` is the model that was named."""
        if self.asks.answer == "base":
            return dataclasses.replace(options, base=base)
        if self.asks.answer == "pickle":
            return dataclasses.replace(options, allow_pickle=True)
        return dataclasses.replace(options, allow_code=self.asks.names)


class Unanswered(Failure):
    """A source cannot be taken before `question` is answered; cause and fix are those without an answer."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.cause, question.fix)
        self.question = question


def check_answered(questions: Iterator[Question], asked: Collection[Answer]) -> None:
    """Refuse to go on before every question of the kinds `asked` has its answer.

    Raises:
        Unanswered: with the first that is open; one is asked at a time, because an answer may settle others.
    """
    for question in questions:
        if question.asks.answer in asked:
            raise Unanswered(question)
