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


def split(text: str, done: bool = True) -> Spoken:
    """Tell thinking from answer; `done`: no more text comes, so the beginning of a mark is none.

    A template may open the thinking itself (DeepSeek-R1's does): then only its end stands in the text, on a
    line of its own, and what comes before it was thinking.
    """
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
