"""Whether an answer is what a suite's line wants, and if not, why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from slmtui.measure.suite import SuiteLine
from slmtui.measure.suite_schema import REGEX_SECONDS, not_accepted

_SHOWN = 80


def check(line: SuiteLine, answer: str, tokens: int, finish_reason: str) -> tuple[tuple[str, str], ...]:
    """What is wrong: pairs of the check's name and the reason, for people; none if all is right.

    `tokens` the answer has, and why it ended (`stop` where the model itself ended it).
    """
    return (*_wrong_words(line, answer), *_wrong_form(line, answer, tokens, finish_reason))


def similarity(answer: str, reference: str) -> float:
    """How alike two texts are, from 0 to 1: rapidfuzz's token set ratio, deaf to case and punctuation.

    The words are compared as sets, so their order does not count, and the better of their overlap with each
    side is taken. An answer of few words that all stand in the reference is alike to it.
    """
    from rapidfuzz import fuzz, utils

    return float(fuzz.token_set_ratio(answer, reference, processor=utils.default_process)) / 100


def _wrong_words(line: SuiteLine, answer: str) -> Iterator[tuple[str, str]]:
    if line.equals is not None and answer.strip() != line.equals.strip():
        yield "equals", f"it is not {_quoted(line.equals)}"
    for text in line.contains:
        if text not in answer:
            yield "contains", f"{_quoted(text)} is not in it"
    for text in line.not_contains:
        if text in answer:
            yield "not_contains", f"{_quoted(text)} is in it"
    if line.similar is not None and (alike := similarity(answer, line.similar)) < line.similarity:
        yield "similar", f"it is {alike:.0%} like {_quoted(line.similar)}, under {line.similarity:.0%}"


def _wrong_form(line: SuiteLine, answer: str, tokens: int, finish_reason: str) -> Iterator[tuple[str, str]]:
    if line.regex is not None and (reason := _not_found(line.regex, answer)):
        yield "regex", reason
    if line.json_schema is not None and (reason := _not_accepted(line.json_schema, answer)):
        yield "json_schema", reason
    if line.max_tokens is not None:
        if tokens > line.max_tokens:
            yield "max_tokens", f"it has more than {line.max_tokens} tokens"
        elif finish_reason != "stop":
            yield "max_tokens", f"it did not end by itself ({finish_reason})"


def _not_found(pattern: str, answer: str) -> str:
    import regex

    try:
        found = regex.search(pattern, answer, timeout=REGEX_SECONDS)
    except TimeoutError:
        return f"the pattern {_quoted(pattern)} was not done with it in {REGEX_SECONDS:g} s"
    return "" if found else f"the pattern {_quoted(pattern)} is not found in it"


def _not_accepted(schema: Any, answer: str) -> str:
    try:
        value = json.loads(_unfenced(answer))
    except (ValueError, RecursionError) as error:
        return f"it is no JSON: {error}"
    return not_accepted(schema, value)


def _unfenced(answer: str) -> str:
    """What stands inside a Markdown fence that is all of the answer; else the answer itself."""
    lines = answer.strip().splitlines()
    if len(lines) > 2 and lines[0].startswith("```") and lines[-1] == "```":
        return "\n".join(lines[1:-1])
    return answer


def _quoted(text: str) -> str:
    one_line = " ".join(text.split())
    return repr(one_line if len(one_line) <= _SHOWN else one_line[: _SHOWN - 1] + "…")
