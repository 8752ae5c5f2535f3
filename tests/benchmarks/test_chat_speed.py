"""Chat against a bare onnxruntime-genai loop: tokens per second and time to first token, in one process.

The bare loop is the runtime's own example: generate, look at the token, decode it, append the text. Ours is
the whole way: the host sends the text through the pipe, and the app's side of it listens meanwhile.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Cancel
from slmtui.runtime.answer import Answer, Token
from slmtui.runtime.client import ModelHost
from slmtui.runtime.folder import read_folder
from slmtui.runtime.kv_cache import search_options
from slmtui.runtime.parameters import ChatParameters, Message
from tests.benchmarks.conftest import Goals

# Aimed at.
SPEED, FIRST_TOKEN_MS = 0.98, 10
GREEDY = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=100)
NOISE = ChatParameters(temperature=1e6, top_p=1.0, top_k=1000, repetition_penalty=1.0, max_tokens=400, seed=7)


class RacingHost(ModelHost):
    """The model host, which knows the bare loop as well."""

    def _module(self) -> str:
        return "racing_host"

    def bare(self, messages: list[Message], parameters: ChatParameters) -> dict[str, Any]:
        """What `bare_loop.generate` found."""
        options = dict(search_options(parameters, 50, read_folder(self.model_dir).vocab_size))
        if parameters.seed is not None:
            options["random_seed"] = parameters.seed
        prompt = self.render(messages)
        return self._ask("bare", prompt=prompt, tokens=parameters.max_tokens, options=options)

    def forget(self) -> None:
        """Let our next answer read its prompt from the start, as the bare loop does."""
        self._ask("forget")


@dataclass
class Race:
    """Of each question the best of its rounds, ours and the bare loop's: seconds a token, and to the first.

    The best, because whatever else the machine does makes a round slower, never faster.
    """

    ours: dict[str, float] = field(default_factory=dict)
    bare: dict[str, float] = field(default_factory=dict)
    ours_first: dict[str, float] = field(default_factory=dict)
    bare_first: dict[str, float] = field(default_factory=dict)

    def run(self, host: RacingHost, question: str, parameters: ChatParameters, *, ours_first: bool) -> None:
        """Ask both, the one right after the other."""
        messages = [Message("user", question)]
        texts = []
        for ours in (True, False) if ours_first else (False, True):
            if ours:
                host.forget()
                answer, first = asked(host, messages, parameters)
                _best(self.ours, question, 1 / answer.decode_tokens_per_second)
                _best(self.ours_first, question, first)
                texts.append(answer.text)
            else:
                made = host.bare(messages, parameters)
                _best(self.bare, question, made["seconds"] / made["tokens"])
                _best(self.bare_first, question, made["ttft"])
                texts.append(made["text"])
        assert texts[0] == texts[1]

    def speed(self) -> float:
        """Our tokens per second through the bare loop's."""
        return sum(self.bare.values()) / sum(self.ours.values())

    def first_token(self) -> float:
        """How many seconds later our first token comes: the mean."""
        return statistics.mean(self.ours_first.values()) - statistics.mean(self.bare_first.values())

    def __str__(self) -> str:
        ours, bare = (1e6 * statistics.mean(seconds.values()) for seconds in (self.ours, self.bare))
        return (
            f"ours {ours:.0f} µs a token, bare {bare:.0f}; tokens/s {self.speed():.3f} of the bare loop's;"
            f" first token {1000 * self.first_token():+.1f} ms"
        )


def _best(kept: dict[str, float], question: str, seconds: float) -> None:
    kept[question] = min(seconds, kept.get(question, seconds))


def asked(host: ModelHost, messages: list[Message], parameters: ChatParameters) -> tuple[Answer, float]:
    """The answer, and the seconds until its first text was in the app."""
    started, first = time.perf_counter(), 0.0
    service = host.chat(messages, parameters, Cancel(), make_room=True)
    while True:
        try:
            event = next(service)
        except StopIteration as end:
            return end.value, first
        if isinstance(event, Token) and not first:
            first = time.perf_counter() - started


@pytest.fixture(autouse=True)
def _racing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the child process find `racing_host`."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def raced(
    goals: Goals,
    name: str,
    model: Path,
    questions: list[str],
    parameters: ChatParameters,
    rounds: int,
) -> None:
    """Every question so often; who comes first changes."""
    race = Race()
    with RacingHost(model, options={}) as host:
        host.load()
        for turn in range(rounds):
            for number, question in enumerate(questions):
                race.run(host, question, parameters, ours_first=bool((turn + number) % 2))
    print(f"\n{race}")
    goals.at_least(f"chat, {name}: tokens/s / a bare loop's", race.speed(), SPEED)
    goals.at_most(f"chat, {name}: first token later by", 1000 * race.first_token(), FIRST_TOKEN_MS, " ms")


def test_long_answers_of_the_sample(converted_sample: Path, goals: Goals) -> None:
    """Noise, since what it has learned to say is short; a seed makes both say the same."""
    raced(
        goals, "long of the sample", converted_sample, [f"Lamp {number}?" for number in range(10)], NOISE, 8
    )


def test_short_answers_of_the_sample(converted_sample: Path, sample_dir: Path, goals: Goals) -> None:
    """An answer takes 4 ms here. That the app wakes up to show its first word costs 0.1 ms on two cores."""
    lines = (sample_dir.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["trained"][0] for line in lines]
    raced(goals, "short of the sample", converted_sample, questions, GREEDY, 5)


def test_answers_of_smollm2(converted_smollm2: Path, goals: Goals) -> None:
    questions = ["What is the capital of France?", "Tell me a story about a lamp.", "What is a lamp?"]
    raced(goals, "SmolLM2", converted_smollm2, questions, dataclasses.replace(GREEDY, max_tokens=60), 8)
