"""What the model says: answers of the checklist, the first one after deploying, and, if asked for, talks."""

from __future__ import annotations

from collections.abc import Iterator

from slmtui import pipeline
from slmtui.events import Failure
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.suite import SuiteAnswer
from slmtui.report.document import Sample
from slmtui.report.recorded import Recorded
from slmtui.runtime import conversations

# Answers that failed say more than those that passed.
_FAILED, _PASSED = 5, 3
_TALKS, _TURNS, _LONGEST = 3, 4, 600


def samples_of(found: Recorded, checklist: Checklist | None, *, transcripts: bool) -> tuple[Sample, ...]:
    """A few answers of the model, shortened; of saved conversations only with `transcripts`."""
    talks = _talks(found) if transcripts else ()
    return (*_first(found), *_checked(found, checklist), *talks)


def _first(found: Recorded) -> Iterator[Sample]:
    record = found.deployment.step("runtime").record if found.deployment else {}
    if record.get("question") and record.get("answer"):
        speed = record.get("decode_tokens_per_second")
        note = f"{speed:,.0f} tokens/s" if isinstance(speed, int | float) else ""
        yield Sample("the first answer", _short(str(record["question"])), _short(str(record["answer"])), note)


def _checked(found: Recorded, checklist: Checklist | None) -> Iterator[Sample]:
    if checklist is None or checklist.suite is None:
        return
    questions = _questions(found, checklist)
    control = {each.line: each for each in checklist.control.answers} if checklist.control else {}
    failed = [each for each in checklist.suite.answers if not each.passed][:_FAILED]
    passed = [each for each in checklist.suite.answers if each.passed][:_PASSED]
    for each in (*failed, *passed):
        question = questions[each.line] if each.line < len(questions) else f"question {each.line + 1}"
        note = _note(each, control.get(each.line))
        yield Sample(f"{checklist.suite_name}, line {each.line + 1}", question, _short(each.answer), note)


def _note(answer: SuiteAnswer, control: SuiteAnswer | None) -> str:
    said = "passed" if answer.passed else "did not pass: " + "; ".join(answer.reasons)
    if control is None or answer.passed:
        return _short(said)
    other = "passes" if control.passed else "does not pass either"
    return f"{_short(said)} The source {other}: {' '.join(control.answer.split())[:200]}"


def _questions(found: Recorded, checklist: Checklist) -> list[str]:
    """The suite's questions; none, if it is another by now."""
    try:
        suite = pipeline.suite_of(found.folder)
    except Failure:
        return []
    if suite is None or suite.name != checklist.suite_name:
        return []
    return [_short(line.question) for line in suite.lines]


def _talks(found: Recorded) -> Iterator[Sample]:
    folders = {str(found.folder)}
    if found.deployed:
        folders |= {str(found.deployed.folder), str(found.deployed.model_dir)}
    if found.deployment:
        folders.add(str(found.deployment.step("conversion").record.get("output")))
    saved = [one for one in conversations.saved()[0] if one.model_dir in folders]
    for one in saved[:_TALKS]:
        for turn in one.turns[:_TURNS]:
            note = "" if turn.right is None else "judged right" if turn.right else "judged wrong"
            yield Sample("a conversation", _short(turn.question), _short(turn.text), note)


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
