"""A conversation for elsewhere: Markdown for people, JSON for programs, lines for a test suite."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal, TypeAlias

from slmtui.config.files import write_atomic
from slmtui.events import Failure
from slmtui.runtime.conversation import Conversation, Turn, messages
from slmtui.runtime.conversation_json import to_json
from slmtui.runtime.neutral import neutral

Format: TypeAlias = Literal["markdown", "json", "suite"]
SUFFIXES: dict[Format, str] = {"markdown": ".md", "json": ".json", "suite": ".jsonl"}


def export(conversation: Conversation, form: Format, path: Path) -> Path:
    """Write it to `path`, whole or not at all; lines for a suite are added to what is there.

    Raises:
        Failure: nothing was judged that a suite could hold, or the file cannot be written.
    """
    if form == "suite":
        lines = suite_lines(conversation)
        if not lines:
            raise Failure(
                "No answer of this conversation was judged.",
                "Say of an answer that it is right, or what it should have been; then export it.",
            )
        _append(path, lines)
    else:
        write_atomic(path, markdown(conversation) if form == "markdown" else to_json(conversation))
    return path


def markdown(conversation: Conversation) -> str:
    """The conversation to read; what a terminal would obey is shown as signs, as on the screen."""
    parts = [f"# {neutral(conversation.heading) or 'Conversation'}", _about(conversation)]
    if conversation.system.strip():
        parts.append(f"**System**\n\n{neutral(conversation.system)}")
    for turn in conversation.turns:
        parts.append(f"## You\n\n{neutral(turn.question)}")
        parts.append(f"## Model\n\n{_closed(neutral(turn.text)) or '(no answer)'}")
        if ending := _ending(turn):
            parts.append(ending)
    return "\n\n".join(parts) + "\n"


def suite_lines(conversation: Conversation) -> list[str]:
    """One JSON object a judged answer: the messages up to the question, and what the answer should be.

    As `measure/suite_file.py` reads them. `equals` is the answer itself where it was right, else what it
    should have been; `answer` is what came.
    """
    lines = []
    for index, turn in enumerate(conversation.turns):
        expected = turn.text if turn.right else turn.expected
        if turn.right is None or not expected:
            continue
        before = [Turn(one.question, one.text) for one in conversation.turns[:index]]
        asked = _only(conversation, [*before, Turn(turn.question)])
        line: dict[str, Any] = {
            "messages": [{"role": m.role, "content": m.content} for m in messages(asked)],
            "equals": expected,
            "answer": turn.text,
            "model": conversation.model,
        }
        lines.append(json.dumps(line, ensure_ascii=True))
    return lines


def _only(conversation: Conversation, turns: list[Turn]) -> Conversation:
    return Conversation("", "", "", tuple(turns), conversation.system)


def _about(conversation: Conversation) -> str:
    p = conversation.parameters
    said = [
        f"Model: {neutral(conversation.model)}",
        f"engine: {conversation.engine}",
        f"temperature {p.temperature:g}, top-p {p.top_p:g}, repetition penalty {p.repetition_penalty:g}",
        conversation.created,
    ]
    return "*" + " · ".join(part for part in said if part) + "*"


def _ending(turn: Turn) -> str:
    said = []
    if turn.problem is not None:
        said.append(f"broke off: {neutral(turn.problem.cause)}")
    if (answer := turn.answer) is not None and answer.completion_tokens:
        said.append(
            f"{answer.completion_tokens} tokens, the first after {answer.ttft_seconds:.2f} s, then"
            f" {answer.decode_tokens_per_second:.0f} tokens/s; ended by {answer.finish_reason}"
        )
    if turn.right is not None:
        said.append("judged right" if turn.right else "judged wrong")
    text = f"*{'; '.join(said)}*" if said else ""
    if turn.right is False and turn.expected:
        text += f"\n\n**Should have been**\n\n{neutral(turn.expected)}"
    return text


def _closed(text: str) -> str:
    """`text` with a code block closed that an answer cut short left open, lest the rest become code."""
    fences = re.findall(r"^ {0,3}(`{3,}|~{3,})", text, re.MULTILINE)
    return f"{text}\n{fences[-1]}" if len(fences) % 2 else text


def _append(path: Path, lines: list[str]) -> None:
    try:
        there = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        there = ""
    except (OSError, UnicodeError) as error:
        raise Failure(f"{path} cannot be read: {error}.", "Choose another file.") from error
    if there and not there.endswith("\n"):
        there += "\n"
    known = set(there.splitlines())
    write_atomic(path, there + "".join(f"{line}\n" for line in lines if line not in known))
