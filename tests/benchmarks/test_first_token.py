"""Time to first token of a tenth turn against that of a first one; the ratio of one run."""

from __future__ import annotations

import statistics
from pathlib import Path

from slmtui.events import Cancel, drain
from slmtui.runtime import conversation as change
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import ModelHost
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.talk import talk
from tests.benchmarks.conftest import Goals

HISTORY_TOKENS = 2000
ROUNDS = 5
PARAMETERS = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=8)
QUESTION = "And what is the colour of that lamp?"


def asked(host: ModelHost, conversation: Conversation) -> tuple[Conversation, Answer]:
    done = drain(talk(host, change.ask(conversation, QUESTION), Cancel(), keep=lambda _: None))
    answer = done.turns[-1].answer
    assert answer is not None, done.turns[-1].problem
    return done, answer


def test_the_tenth_turn_after_2000_tokens_beside_the_first(converted_smollm2: Path, goals: Goals) -> None:
    told = "The lamp in the hall is green, and that in the kitchen is blue. " * 15
    with ModelHost(converted_smollm2) as host:
        host.load()
        empty = []
        for _ in range(ROUNDS):
            # Something else in between, lest the KV cache hold the very question already.
            other = change.new("m", "d", PARAMETERS, system="Say yes or no.")
            drain(talk(host, change.ask(other, "Is it?"), Cancel(), keep=lambda _: None))
            empty.append(asked(host, change.new("m", "d", PARAMETERS))[1].ttft_seconds)
        conversation = change.new("m", "d", PARAMETERS)
        for _ in range(9):
            conversation = drain(talk(host, change.ask(conversation, told), Cancel(), keep=lambda _: None))
        later = []
        for _ in range(ROUNDS):
            conversation, answer = asked(host, conversation)
            later.append(answer.ttft_seconds)
        # Taking an answer back rewinds: it does not read the history again.
        again = drain(talk(host, change.regenerate(conversation), Cancel(), keep=lambda _: None))
        regenerated = again.turns[-1].answer
    assert regenerated is not None
    assert answer.prompt_tokens > HISTORY_TOKENS
    assert answer.cached_tokens > answer.prompt_tokens - 60
    assert regenerated.cached_tokens == regenerated.prompt_tokens - 2
    ratio = statistics.median(later) / statistics.median(empty)
    print(
        f"\nfirst token: empty {statistics.median(empty) * 1000:.0f} ms, tenth turn after"
        f" {answer.prompt_tokens} tokens {statistics.median(later) * 1000:.0f} ms, ratio {ratio:.2f};"
        f" regenerated {regenerated.ttft_seconds * 1000:.0f} ms"
    )
    goals.at_most("first token of a tenth turn / of a first one", ratio, 2)
