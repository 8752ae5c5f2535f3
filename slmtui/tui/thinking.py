"""A model's thinking, told from its answer by the marks that stand around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# As the chat templates of Qwen 3, DeepSeek-R1 and SmolLM3, of Magistral, of Command A and of Kimi have them.
_MARKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("◁think▷", "◁/think▷"),
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a model has said: its thinking, its answer, and whether it still thinks."""

    thinking: str
    answer: str
    thinks: bool = False


_OPENINGS = dict(_MARKS)
# At the start of a line only: an answer that talks about the mark, in its text or in code, is left alone.
_LATER = re.compile(
    r"^(?P<fence>```+|~~~+)|^[ \t]*(?P<mark>" + "|".join(map(re.escape, _OPENINGS)) + ")", re.MULTILINE
)


def split(text: str, done: bool = True) -> Spoken:
    """Tell thinking from answer; `done`: no more text comes, so the beginning of a mark is none.

    A template may open the thinking itself (DeepSeek-R1's does): then only its end stands in the text, on a
    line of its own, and what comes before it was thinking. A model that thinks again between the parts of its
    answer has all its thinking in one, and all its answer. An answer that grows stays the beginning of what
    comes later.
    """
    first = _first(text, done)
    if first.thinks or not first.answer:
        return first
    thoughts, parts, rest, thinks = [first.thinking], list[str](), first.answer, False
    while (mark := _next_mark(rest)) is not None:
        thinking, ended, behind = rest[mark.end() :].partition(_OPENINGS[mark["mark"]])
        before = rest[: mark.start()]
        parts.append(before if before.endswith("\n\n") or not before else before + "\n")
        thoughts.append(thinking.strip())
        rest, thinks = behind.lstrip(), not ended
    if not done:
        rest = rest[: len(rest) - _begun(rest)]
    thinking = "\n\n".join(thought for thought in thoughts if thought)
    return Spoken(thinking, "".join(parts) + rest, thinks)


def _next_mark(text: str) -> re.Match[str] | None:
    """The next opening mark that stands in no block of code."""
    fence = ""
    for found in _LATER.finditer(text):
        if found["mark"] and not fence:
            return found
        if (now := found["fence"]) and (not fence or now.startswith(fence)):
            fence = "" if fence else now
    return None


def _begun(text: str) -> int:
    """How many characters at the end may be the beginning of a mark."""
    line = text[text.rfind("\n") + 1 :]
    begun = line.lstrip(" \t")
    return len(line) if begun and any(mark.startswith(begun) for mark in _OPENINGS) else 0


def _first(text: str, done: bool) -> Spoken:
    """Thinking at the beginning told from the rest."""
    start = text.lstrip()
    for opening, closing in _MARKS:
        if start.startswith(opening):
            thinking, ended, answer = start[len(opening) :].partition(closing)
            return Spoken(thinking.strip(), answer.lstrip(), not ended)
        if not done and start and opening.startswith(start):
            return Spoken("", "", False)
        end = re.search(rf"^{re.escape(closing)}[ \t]*(?:\n|\Z)", text, re.MULTILINE)
        if end and opening not in text[: end.start()]:
            return Spoken(text[: end.start()].strip(), text[end.end() :].lstrip())
    return Spoken("", text)
