"""Chat tokens per second against a bare onnxruntime-genai loop, in turn, in one run.

The bare loop is the runtime's own example: generate, look at the token, decode it, append the text. It runs
in a process of its own, as our host does, so that both have the machine to themselves when it is their turn.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from slmtui.events import Cancel, drain
from slmtui.process import Child
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

QUESTIONS = 60
LOADS = 3
ROUNDS = 4


def bare(child: Child, prompt: list[int], limit: int) -> tuple[str, int, float]:
    """The bare loop's text, its tokens after the first, and their seconds."""
    child.send({"prompt": prompt, "tokens": limit})
    for reply in child.messages():
        if isinstance(reply, dict):
            assert reply["event"] == "done", reply
            return reply["text"], reply["tokens"], reply["seconds"]
    raise child.death()


def ratio(model: Path, questions: list[str], limit: int, monkeypatch: pytest.MonkeyPatch) -> float:
    """Our tokens per second through the bare loop's; of each question the fastest of its rounds counts.

    A round asks every question once: the machine has slow seconds, and an answer of the sample takes 4 ms,
    so that rounds of one question right after each other would all fall into one. And every load has luck
    of its own with where the weights come to lie, up to 6 % of the speed, so there are several.
    """
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    race = Race(questions, ChatParameters(max_tokens=limit, temperature=0, repetition_penalty=1.0))
    for _ in range(LOADS):
        with ModelHost(model) as host, Child("bare_loop", [str(model)]) as loop:
            host.load()
            for turn in range(ROUNDS):
                race.run(host, loop, turn)
    ours, theirs = race.seconds(race.ours), race.seconds(race.theirs)
    tokens = sum(race.tokens)
    print(f"\nours {tokens / ours:.0f} tokens/s, bare {tokens / theirs:.0f}, ratio {theirs / ours:.3f}")
    return theirs / ours


class Race:
    """The best seconds a token of each question, of ours and of the bare loop."""

    def __init__(self, questions: list[str], parameters: ChatParameters) -> None:
        self.conversations = [[Message("user", question)] for question in questions]
        self.parameters = parameters
        self.tokens = [0] * len(questions)
        self.ours = [math.inf] * len(questions)
        self.theirs = [math.inf] * len(questions)

    def run(self, host: ModelHost, loop: Child, turn: int) -> None:
        """Ask both every question once; who comes first changes."""
        for number, messages in enumerate(self.conversations):
            prompt = host.token_ids(host.render(messages))
            texts = {}
            for who in ("ours", "bare") if (turn + number) % 2 else ("bare", "ours"):
                if who == "ours":
                    answer = drain(host.chat(messages, self.parameters, Cancel()))
                    texts[who], self.tokens[number] = answer.text, answer.completion_tokens
                    self.ours[number] = min(self.ours[number], 1 / answer.decode_tokens_per_second)
                else:
                    texts[who], after_first, seconds = bare(loop, prompt, self.parameters.max_tokens)
                    self.theirs[number] = min(self.theirs[number], seconds / after_first)
            assert texts["ours"] == texts["bare"]

    def seconds(self, per_token: list[float]) -> float:
        """Seconds of all answers at these paces."""
        return sum(pace * tokens for pace, tokens in zip(per_token, self.tokens, strict=True))


def test_chat_with_the_sample_is_as_fast_as_a_bare_loop(
    converted_sample: Path, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (sample_dir.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["trained"][0] for line in lines[:QUESTIONS]]
    assert ratio(converted_sample, questions, 100, monkeypatch) >= 0.95


def test_chat_with_smollm2_is_as_fast_as_a_bare_loop(
    converted_smollm2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = ["What is the capital of France?", "Name three colours.", "What is a lamp?"]
    assert ratio(converted_smollm2, questions, 100, monkeypatch) >= 0.95
