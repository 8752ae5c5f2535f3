"""What of a conversation fits: the newest turns, the system message and the last question always."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from slmtui.events import Failure
from slmtui.runtime.context import fit


def encoded(messages: Sequence[dict[str, str]]) -> list[int]:
    return [0] * sum(len(message["content"]) for message in messages)


def turns(*sizes: int, system: int = 0) -> list[dict[str, str]]:
    made = [{"role": "system", "content": "s" * system}] if system else []
    for number, size in enumerate(sizes):
        made.append({"role": "user" if number % 2 == 0 else "assistant", "content": "x" * size})
    return made


def test_what_fits_stays_whole() -> None:
    fitted = fit(turns(10, 10, 10, system=5), encoded, 100, 10)
    assert (len(fitted.messages), len(fitted.tokens), fitted.dropped) == (4, 35, 0)


def test_the_oldest_turns_go_and_leave_room_for_some_time() -> None:
    messages = turns(*[10] * 11, system=5)
    fitted = fit(messages, encoded, 100, 10)
    # 90 tokens may be used; once something has to go, half of them stay free.
    assert (len(fitted.tokens), fitted.dropped) == (35, 8)
    assert fitted.messages[0]["role"] == "system"
    assert fitted.messages[1]["role"] == "user"
    assert fitted.messages[-1] is messages[-1]


def test_a_last_question_that_leaves_little_room_is_sent_alone() -> None:
    fitted = fit(turns(10, 10, 95), encoded, 100, 50)
    assert (len(fitted.messages), len(fitted.tokens), fitted.dropped) == (1, 95, 2)


def test_a_question_beyond_the_context_is_refused_with_both_numbers() -> None:
    for messages in (turns(100), turns(10, 10, 100), turns(5, system=96)):
        with pytest.raises(Failure, match=r"1\d\d tokens, and the model's context holds 100"):
            fit(messages, encoded, 100, 10)


def test_a_conversation_of_thousands_of_turns_is_looked_at_a_few_times() -> None:
    looks = []

    def counted(messages: Sequence[dict[str, str]]) -> list[int]:
        looks.append(len(messages))
        return encoded(messages)

    fit(turns(*[10] * 4001), counted, 1000, 100)
    assert len(looks) < 16
