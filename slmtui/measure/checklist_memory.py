"""Item 3: a long session, and whether the memory of the model's process grows with its turns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from slmtui.events import Cancel, Service, drain
from slmtui.measure.checklist_item import Item, Word, item, unchecked
from slmtui.measure.slope import BLOCKS, slope_of
from slmtui.measure.suite_run import progress
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.units import size

STAGE = "memory"
# Tokens of the context that the session uses: little, so that the KV cache, which grows with a conversation
# and is no leak, is full before the turns that count.
CONTEXT = 512
_ANSWER = 16
# Turns before those that count: the runtime's arena grows until it knows all its shapes.
_WARM = 60
# Growth in 100 turns that is a leak: this part of the process, or this many bytes if that is more.
_SHARE, _LEAST = 0.02, 2_000_000
# Fewer turns than these cannot tell a leak, which goes on, from a step of the arena.
_ENOUGH = 50
# While the turns so far leave open whether it is a leak, as many again are added, up to this often in all.
_LONGEST = 5


def session(
    host: ModelHost, questions: Sequence[Sequence[Message]], cancel: Cancel, turns: int
) -> Service[Item]:
    """One conversation of `turns` turns after a warm-up; the oldest turns are left out as it goes on.

    Where they cannot tell a leak from the noise the conversation goes on: up to `_LONGEST` times as many.

    Raises:
        Cancelled: before its end.
    """
    if turns < BLOCKS:
        return unchecked(
            "memory", f"{turns} turns are too few to see a growth in.", f"Take {BLOCKS} or more."
        )
    started = time.monotonic()
    said, memory = list[Message](), list[int]()
    text, whole = "A long session, turn", _WARM + turns
    while len(memory) < whole:
        said.append(questions[len(memory) % len(questions)][-1])
        answer = _answer(host, said, cancel)
        memory.append(answer.rss_bytes)
        if answer.dropped_messages:
            del said[: answer.dropped_messages]
        said.append(Message("assistant", answer.text or "…"))
        done = progress(STAGE, text, len(memory), whole, started)
        # The bar does not go back where turns are added.
        yield replace(done, fraction=1.0) if len(memory) > _WARM + turns else done
        counted = len(memory) - _WARM
        if (
            len(memory) == whole
            and _ENOUGH <= counted < _LONGEST * turns
            and _grows(memory[_WARM:]) == "warn"
        ):
            text, whole = "Whether its memory grows is not sure yet, turn", whole + turns
    return judge_memory(memory[_WARM:])


def judge_memory(memory: Sequence[int]) -> Item:
    """`memory` after each turn, in bytes: a leak is a growth that is surely more than is allowed and goes on.

    Surely means that its whole interval lies above; one that only may lie above is said to be uncertain.
    """
    slope, first, last = slope_of(memory), memory[0], memory[-1]
    per_100, half = 100 * slope.slope, 100 * slope.half_interval
    allowed = _allowed(memory)
    figures = {
        "turns": len(memory),
        "slope_bytes_per_100_turns": round(per_100),
        "interval_bytes_per_100_turns": [round(per_100 - half), round(per_100 + half)],
        "first_rss_bytes": first,
        "last_rss_bytes": last,
        "allowed_bytes_per_100_turns": round(allowed),
    }
    evidence = (
        f"Over {len(memory)} turns its process went from {size(first)} to {size(last)}:"
        f" {_signed(per_100)} per 100 turns (95 %: {_signed(per_100 - half)} to {_signed(per_100 + half)})."
    )
    fix = "Restart the model now and then, and tell the makers of the runtime: it keeps what it should free."
    grows = _grows(memory)
    if grows == "warn":
        evidence += f" Whether that is more than the {size(round(allowed))} that are allowed is uncertain."
        fix = "This is not sure: more turns (--turns) tell a leak from the noise."
    return item("memory", grows, evidence, "" if grows == "pass" else fix, figures)


def _allowed(memory: Sequence[int]) -> float:
    """Bytes that it may grow by in 100 turns."""
    return max(_LEAST, _SHARE * memory[0])


def _grows(memory: Sequence[int]) -> Word:
    """Whether it surely grows too much (fail), surely does not (pass), or its turns do not tell (warn)."""
    slope, allowed = slope_of(memory), _allowed(memory) / 100
    if slope.low > allowed and _goes_on(memory, _allowed(memory) / 2):
        return "fail"
    # A noise as large as what is allowed hides a growth.
    return "warn" if slope.slope > allowed or slope.half_interval > allowed else "pass"


def _goes_on(memory: Sequence[int], allowed: float) -> bool:
    """Whether it grows in the first half of the session and in the second: a single step does not."""
    middle = len(memory) // 2
    return len(memory) >= _ENOUGH and all(
        100 * slope_of(part).slope > allowed for part in (memory[:middle], memory[middle:])
    )


def _answer(host: ModelHost, said: Sequence[Message], cancel: Cancel) -> Answer:
    parameters = ChatParameters(
        max_tokens=_ANSWER, temperature=0.0, repetition_penalty=1.0, max_length=CONTEXT
    )
    answer = drain(host.chat(said, parameters, cancel, make_room=True))
    cancel.check()
    return answer


def _signed(amount: float) -> str:
    return ("-" if amount < 0 else "+") + size(abs(round(amount)))
