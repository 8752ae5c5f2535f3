"""The guide's quality checklist, each item a test of the model itself."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, Result, Service
from slmtui.measure.checklist_edges import edges
from slmtui.measure.checklist_format import conversations, judge_format
from slmtui.measure.checklist_item import TITLES, Checklist, Item, item, unchecked
from slmtui.measure.checklist_lengths import lengths
from slmtui.measure.checklist_memory import session
from slmtui.measure.checklist_questions import judge_questions
from slmtui.measure.control import control_answers
from slmtui.measure.suite import Suite, SuiteAnswer, SuiteLine, SuiteScore
from slmtui.measure.suite_run import longest, run_suite, score_control
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import Message
from slmtui.source.model_source import ModelSource
from slmtui.source.tokenizer_files import read_chat_template

__all__ = ["AT_LEAST", "TURNS", "Checklist", "Item", "checklist"]

TURNS = 100
# The share of a suite that has to pass.
AT_LEAST = 0.9
# What they are called while they are asked.
_CONTROLS = {"control": "source", "base": "untuned base"}
# Shares of the whole that the parts take, measured with the sample; only for the bar.
_PARTS = {"control": 0.25, "base": 0.25, "questions": 0.3, "memory": 0.25, "lengths": 0.1, "edges": 0.1}


def checklist(
    model_dir: Path,
    *,
    suite: Suite | None = None,
    source: ModelSource | None = None,
    base: ModelSource | None = None,
    cancel: Cancel,
    turns: int = TURNS,
    at_least: float = AT_LEAST,
    host: Callable[[Path], ModelHost] = ModelHost,
) -> Service[Checklist]:
    """Go through the checklist; yields `Progress`, `Answered`, and a `Verdict` for each item as it is done.

    Args:
        model_dir: the converted model.
        suite: the questions of its domain; without one that item is unchecked.
        source: what it was converted from, a plain checkpoint or GGUF file: the control.
        base: an untuned model: the same.
        cancel: ends it; what was done is the result then, and not `complete`.
        turns: of the long session, a warm-up not counted.
        at_least: the share of the suite that has to pass.
        host: makes what the model is loaded in.

    Raises:
        Failure: the model or a control cannot be loaded.
    """
    work = _Work(model_dir, suite, cancel, turns, at_least, source, base)
    complete = True
    try:
        with host(model_dir) as model, cancel.calling(model.close):
            yield from _bar(work.ask_controls(), work)
            yield Progress("load", "Loading the model", work.begun)
            model.load(cancel)
            yield from work.go(model)
    except (Cancelled, Failure):
        if not cancel.is_set:
            raise
        complete = False
    return work.result(complete)


class _Work:
    """A checklist while it is gone through."""

    def __init__(
        self,
        model_dir: Path,
        suite: Suite | None,
        cancel: Cancel,
        turns: int,
        at_least: float,
        source: ModelSource | None,
        base: ModelSource | None,
    ) -> None:
        self.begun = self.part = 0.0
        self._model_dir, self._suite, self._cancel = model_dir, suite, cancel
        self._turns, self._at_least = turns, at_least
        # Without questions there is nothing that a control could answer.
        self._controls = {"control": source, "base": base} if suite else {}
        self._texts: dict[str, Sequence[str]] = {}
        self._scores: dict[str, SuiteScore] = {}
        self._answers: list[SuiteAnswer] = []
        self._items: dict[str, Item] = {}
        self._started = time.monotonic()
        parts = ["questions", "memory", "lengths", "edges"]
        parts += [name for name, one in self._controls.items() if one is not None]
        self._whole = sum(_PARTS[name] for name in parts)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._started

    def ask_controls(self) -> Service[None]:
        """Before the model is loaded: two large models need not fit into memory together."""
        for name, source in self._controls.items():
            if source is None or self._suite is None:
                continue
            self._begin(name)
            asked = [line.messages for line in self._suite.lines]
            # An untuned base has often no template; the source shall be asked as it was trained to be.
            jinja = _template(self._model_dir) or None if name == "base" else None
            self._texts[name] = yield from control_answers(
                source,
                asked,
                longest(self._suite),
                self._cancel,
                chat_template=jinja,
                who=_CONTROLS[name],
            )
            self.begun += self.part

    def go(self, model: ModelHost) -> Service[None]:
        """Every item with the loaded model."""
        asked = self._suite or Suite(tuple(SuiteLine(messages) for messages in conversations()))
        self._begin("questions")
        yield from _bar(run_suite(model, asked, self._cancel, self._answers.append), self)
        self.begun += self.part
        for name, texts in self._texts.items():
            self._scores[name] = score_control(model, asked, texts)
        yield self._done(self._questions())
        yield self._done(judge_format(self._answers, self._suite))
        suite = self._answerable()
        questions = [line.messages for line in suite.lines] if suite else list(conversations())
        yield from self._item("memory", model, session(model, questions, self._cancel, self._turns))
        yield from self._item("lengths", model, lengths(model, questions, suite, self._cancel))
        yield from self._item("edges", model, edges(model, _plain(questions), self._cancel))

    def result(self, complete: bool) -> Checklist:
        """What there is."""
        if not complete and self._answers and "questions" not in self._items:
            self._items |= {
                "questions": self._questions(),
                "format": judge_format(self._answers, self._suite),
            }
        stopped = "It was stopped before this."
        return Checklist(
            tuple(self._items.get(name) or unchecked(name, stopped, "Run it again.") for name in TITLES),
            self._score(),
            self._scores.get("control"),
            self._scores.get("base"),
            self._suite.name if self._suite else "",
            datetime.now(UTC).isoformat(timespec="seconds"),
            self.seconds,
            complete,
        )

    def _score(self) -> SuiteScore | None:
        return SuiteScore(tuple(self._answers)) if self._suite else None

    def _answerable(self) -> Suite | None:
        """The suite without what could not be asked: a question longer than the context says nothing more."""
        if self._suite is None:
            return None
        asked = zip(self._suite.lines, self._answers, strict=False)
        lines = tuple(line for line, answer in asked if answer.finish_reason != "failed")
        return dataclasses.replace(self._suite, lines=lines) if lines else None

    def _questions(self) -> Item:
        source = self._controls.get("control")
        other = source is not None and _template(self._model_dir) != (source.chat_template or "").strip()
        return judge_questions(
            self._score(), self._scores.get("control"), self._scores.get("base"), self._at_least, other
        )

    def _begin(self, name: str) -> None:
        self.part = _PARTS[name] / self._whole

    def _item(self, name: str, model: ModelHost, service: Service[Item]) -> Service[None]:
        """One item; a model that breaks down meanwhile has failed it, and is loaded again for the next."""
        self._begin(name)
        try:
            found = yield from _bar(service, self)
        except Failure as failure:
            self._cancel.check()
            found = item(name, "fail", f"The model broke down: {failure.cause}", failure.fix)
            if not model.alive:
                model.load(self._cancel)
        self.begun += self.part
        yield self._done(found)

    def _done(self, found: Item) -> Event:
        self._items[found.id] = found
        return found.as_verdict()


def _plain(questions: Sequence[Sequence[Message]]) -> Sequence[Message]:
    """The last message of the first question: an ordinary thing to ask."""
    return [questions[0][-1]]


def _template(model_dir: Path) -> str:
    """Its chat template, "" if it has none."""
    return (read_chat_template(model_dir)[0] or "").strip()


def _bar(service: Service[Result], work: _Work) -> Service[Result]:
    """The events of a part, its progress and the time left as those of the whole."""
    while True:
        try:
            event = next(service)
        except StopIteration as end:
            result: Result = end.value
            return result
        if isinstance(event, Progress) and event.fraction is not None:
            fraction = min(1.0, work.begun + event.fraction * work.part)
            left = event.seconds_left
            if left is not None and fraction > 0:
                left += work.seconds / fraction * max(0.0, 1 - work.begun - work.part)
            event = dataclasses.replace(event, fraction=fraction, seconds_left=left)
        yield event
