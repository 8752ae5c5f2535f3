"""A model's own suite: the sample's is copied to it with the first change, and it grows from the chat."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from slmtui.events import Failure
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.measure.suite_file import line_of, write_suite
from slmtui.pipeline.checklist import suite_of, suite_path
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.export import suite_lines


def save_suite(model_dir: Path, lines: Sequence[SuiteLine]) -> Suite:
    """Make these the model's own suite.

    Raises:
        Failure: there is no line, or the file cannot be written.
    """
    if not lines:
        raise Failure("A suite has one question at least.", "Change this one, or add another one first.")
    return write_suite(Suite(tuple(lines)), suite_path(model_dir))


def grow_suite(model_dir: Path, conversation: Conversation, index: int) -> tuple[Suite, bool]:
    """Add the judged answer of a turn to the model's suite; one to the same question is replaced.

    Returns the suite, and whether it has a question more.

    Raises:
        Failure: the answer was not judged, or the suite cannot be read or written.
    """
    line = _judged(conversation, index)
    suite = suite_of(model_dir)
    before = suite.lines if suite else ()
    places = [number for number, one in enumerate(before) if one.messages == line.messages]
    lines = list(before)
    if places:
        lines[places[-1]] = dataclasses.replace(line, name=before[places[-1]].name)
    else:
        lines.append(line)
    return save_suite(model_dir, lines), not places


def _judged(conversation: Conversation, index: int) -> SuiteLine:
    """The line that the export would write of this turn alone."""
    turns = [
        turn if number == index else dataclasses.replace(turn, right=None)
        for number, turn in enumerate(conversation.turns[: index + 1])
    ]
    found = suite_lines(dataclasses.replace(conversation, turns=tuple(turns)))
    if not found:
        raise Failure(
            "This answer was not judged.", "Say that it is right (y), or what it should have been (x)."
        )
    return line_of(json.loads(found[0]))
