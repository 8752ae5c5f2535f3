"""Item 4: the same questions after longer and longer conversations: speed, and whether they are known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from slmtui.events import Cancel, Service
from slmtui.measure.checklist_item import Item, item, unchecked
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.measure.suite_run import ask, judged_answer, progress
from slmtui.runtime.client import ModelHost
from slmtui.runtime.folder import read_folder
from slmtui.runtime.parameters import Message

STAGE = "lengths"
# Tokens before the question, as far as the context goes, and questions at each length.
LENGTHS = (0, 128, 512, 1536)
QUESTIONS = 8
_ANSWER = 96
# Generating after the longest input at less than this part of the speed after the shortest is a warning.
# Reading the KV cache takes time of its own: the guide's "consistent" cannot mean "equal".
_SLOW = 0.5
# Of the answers that are right at the shortest length, so many may be lost at a longer one.
_LOST = 0.25
_FILLER = (Message("user", "Thank you."), Message("assistant", "You are welcome."))


@dataclass(frozen=True, slots=True)
class Point:
    """What was seen at one length; `passed` is None without a suite."""

    length: int
    prompt_tokens: int
    answers: int
    passed: int | None
    tokens_per_second: float
    prompt_tokens_per_second: float
    empty: int


def lengths(
    host: ModelHost, questions: Sequence[Sequence[Message]], suite: Suite | None, cancel: Cancel
) -> Service[Item]:
    """Ask some questions of the suite, or the built-in ones, after conversations of growing length.

    What comes before is made of the suite's own questions and reference answers where it has them, so that it
    is what the model was made for.

    Raises:
        Cancelled: before its end.
    """
    room = read_folder(host.model_dir).context_length - _ANSWER
    reach = [length for length in LENGTHS if length < room * 0.8]
    lines = suite.lines[:: max(1, len(suite.lines) // QUESTIONS)][:QUESTIONS] if suite else ()
    asked = [line.messages for line in lines] or [tuple(one) for one in questions[:QUESTIONS]]
    points, started, done = list[Point](), time.monotonic(), 0
    for length in reach:
        history = _history(host, suite, length)
        seen = []
        for index, messages in enumerate(asked):
            system = messages[:1] if messages[0].role == "system" else ()
            answer = ask(host, [*system, *history, messages[-1]], cancel, _ANSWER)
            line = lines[index] if lines else None
            seen.append((answer, line is not None and _passes(line, answer.text, answer.completion_tokens)))
            done += 1
            yield progress(
                STAGE, "Questions after longer and longer input", done, len(reach) * len(asked), started
            )
        speeds = [a.decode_tokens_per_second for a, _ in seen if a.decode_tokens_per_second > 0]
        reading = [a.prompt_tokens_per_second for a, _ in seen if a.prompt_tokens_per_second > 0]
        points.append(
            Point(
                length,
                round(median(answer.prompt_tokens for answer, _ in seen)),
                len(seen),
                sum(right for _, right in seen) if lines else None,
                median(speeds) if speeds else 0.0,
                median(reading) if reading else 0.0,
                sum(not answer.text.strip() for answer, _ in seen),
            )
        )
    return judge_lengths(points)


def judge_lengths(points: Sequence[Point]) -> Item:
    """Over the lengths, shortest first."""
    if len(points) < 2:
        return unchecked("lengths", "The model's context is too short to compare lengths in.")
    first, last = points[0], points[-1]
    ratio = last.tokens_per_second / first.tokens_per_second if first.tokens_per_second else 1.0
    said = [
        f"{p.prompt_tokens:,} tokens: {p.tokens_per_second:.0f} tokens/s"
        + (f", {p.passed} of {p.answers} right" if p.passed is not None else "")
        for p in points
    ]
    figures = {
        "prompt_tokens": [p.prompt_tokens for p in points],
        "tokens_per_second": [round(p.tokens_per_second, 1) for p in points],
        "prompt_tokens_per_second": [round(p.prompt_tokens_per_second, 1) for p in points],
        "passed": [p.passed for p in points],
        "answers": [p.answers for p in points],
        "speed_ratio": round(ratio, 3),
    }
    evidence = "After input of " + "; ".join(said) + "."
    if any(p.empty == p.answers for p in points):
        fix = "Keep conversations shorter, and look at the template: after long input it says nothing at all."
        return item("lengths", "fail", evidence, fix, figures)
    fixes = []
    if first.passed and any((p.passed or 0) < first.passed * (1 - _LOST) for p in points):
        fixes.append(
            "It forgets what it knows after long input: train it on longer conversations, or keep them short."
        )
    if ratio < _SLOW:
        fixes.append(f"After long input it generates at {ratio:.0%} of its speed: keep conversations short.")
    return item("lengths", "warn" if fixes else "pass", evidence, " ".join(fixes), figures)


def _passes(line: SuiteLine, text: str, tokens: int) -> bool:
    return judged_answer(line, 0, text, tokens, "length" if tokens >= _ANSWER else "stop").passed


def _history(host: ModelHost, suite: Suite | None, length: int) -> list[Message]:
    """Turns that fill about `length` tokens with what stands between them; none for 0."""
    history, tokens = list[Message](), 0
    for turn in _turns(suite):
        cost = sum(len(host.token_ids(message.content)) + 5 for message in turn)
        if tokens + cost > length:
            break
        history += turn
        tokens += cost
    return history


def _turns(suite: Suite | None) -> Iterator[tuple[Message, ...]]:
    lines = [line for line in (suite.lines if suite else ()) if line.reference]
    if not lines:
        while True:
            yield _FILLER
    while True:
        for line in lines:
            yield (line.messages[-1], Message("assistant", line.reference))
