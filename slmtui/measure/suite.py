"""A test suite: questions, and what their answers have to be. As JSONL, one question a line.

A line has `prompt`, or the whole conversation as `messages`; perhaps a `system` message and a `name`; and any
of the checks below. `answer` and `model` are what the chat's export notes of the answer that was judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.events import jsonable
from slmtui.runtime.parameters import Message

# How alike an answer and its reference are to be unless the line says otherwise (`suite_checks.similarity`).
ALIKE = 0.8
CHECKS = ("equals", "contains", "not_contains", "regex", "json_schema", "max_tokens", "similar")
# Those of the answer's form rather than of what it says.
FORM_CHECKS = ("regex", "json_schema", "max_tokens")


@dataclass(frozen=True, slots=True)
class SuiteLine:
    """One question with its checks; one that is None, or empty, is not made.

    Attributes:
        name: for people; "" takes the question.
        messages: the conversation, a user's message last.
        equals: the answer itself, but for white space around it.
        contains, not_contains: texts that all, or none of which, stand in it; upper and lower case count.
        regex: a pattern that is found in it.
        json_schema: the answer is JSON that this schema accepts; a Markdown fence around it is taken off.
        max_tokens: the answer has at most so many tokens and ends by itself.
        similar: a reference answer that it is at least `similarity` (0 to 1) like.
        answer, model: notes of the answer that was judged; nothing is made of them.
    """

    messages: tuple[Message, ...]
    name: str = ""
    equals: str | None = None
    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    regex: str | None = None
    json_schema: Mapping[str, Any] | bool | None = None
    max_tokens: int | None = None
    similar: str | None = None
    similarity: float = ALIKE
    answer: str = ""
    model: str = ""

    @property
    def question(self) -> str:
        """What is asked: the last message."""
        return self.messages[-1].content

    @property
    def title(self) -> str:
        """Its name, or the question in one line."""
        return self.name or " ".join(self.question.split())

    @property
    def checks(self) -> tuple[str, ...]:
        """The names of the checks it makes."""
        return tuple(name for name in CHECKS if getattr(self, name) not in (None, ()))

    @property
    def reference(self) -> str:
        """The answer it wants, where it says one."""
        return self.equals or self.similar or ""

    def to_json(self) -> dict[str, Any]:
        """As an object; with `prompt` and `system` where they say it all, and the checks that are made."""
        line: dict[str, Any] = {"name": self.name} if self.name else {}
        roles = tuple(message.role for message in self.messages)
        if roles == ("user",):
            line["prompt"] = self.question
        elif roles == ("system", "user"):
            line |= {"system": self.messages[0].content, "prompt": self.question}
        else:
            line["messages"] = [{"role": m.role, "content": m.content} for m in self.messages]
        for name in self.checks:
            value = getattr(self, name)
            line[name] = list(value) if isinstance(value, tuple) else value
        if self.similar is not None:
            line["similarity"] = self.similarity
        return line | {name: text for name in ("answer", "model") if (text := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Suite:
    """Lines in their order; `path` is where they came from, None if from nowhere."""

    lines: tuple[SuiteLine, ...]
    path: Path | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name if self.path else "suite"


@dataclass(frozen=True, slots=True)
class SuiteAnswer:
    """One answer: which line it is for, counted from 0, and the reasons why it did not pass.

    `tokens` and `finish_reason` are those of the model under test; a control's are its tokens as counted by
    that model's tokenizer, and "stop" or "length".
    """

    line: int
    answer: str
    passed: bool
    reasons: tuple[str, ...] = ()
    tokens: int = 0
    finish_reason: str = "stop"
    failed_checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteScore:
    """The answers to a suite's lines, in its order; fewer than it has lines if it was stopped."""

    answers: tuple[SuiteAnswer, ...]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(answer.passed for answer in self.answers)

    @property
    def of(self) -> int:
        """How many there are."""
        return len(self.answers)

    @property
    def share(self) -> float:
        """The share that passed, from 0 to 1; 0 without answers."""
        return self.passed / self.of if self.of else 0.0

    def to_json(self) -> dict[str, Any]:
        """Its figures and its answers."""
        answers = jsonable(self.answers)
        return {"passed": self.passed, "of": self.of, "share": round(self.share, 6), "answers": answers}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> SuiteScore:
        """From what `to_json` gave, also after a way through a file."""
        return cls(
            tuple(
                SuiteAnswer(
                    **{
                        **answer,
                        "reasons": tuple(answer["reasons"]),
                        "failed_checks": tuple(answer["failed_checks"]),
                    }
                )
                for answer in saved["answers"]
            )
        )
