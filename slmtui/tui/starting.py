"""What the Start screen asks the pipeline to begin: a source, and the answers to what it has asked so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Service
from slmtui.source.options import NOTHING_SAID, SourceOptions
from slmtui.source.questions import ANSWERS, Answer, Question


@dataclass(frozen=True, slots=True)
class Request:
    """The source as it was typed, the answers so far, and what may still be asked about it."""

    source: str
    options: SourceOptions = NOTHING_SAID
    asked: tuple[Answer, ...] = ANSWERS

    def begin(self, cancel: Cancel) -> Service[Deployment]:
        """Inspect and save it.

        Raises:
            Unanswered: it asks something.
        """
        from slmtui import pipeline  # in the job's thread: it brings all stations with it

        return (yield from pipeline.begin(self.source, cancel, options=self.options, asked=self.asked))

    def answered(self, question: Question, *, yes: bool, base: str = "") -> Request | None:
        """The same with an answer; None if it cannot go on without a yes, and there is none."""
        if yes:
            return replace(self, options=question.answered(self.options, base))
        if question.needed:
            return None
        # It goes without, and is not asked again.
        return replace(self, asked=tuple(each for each in self.asked if each != question.asks.answer))
