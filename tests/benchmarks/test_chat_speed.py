"""Chat tokens per second against a bare onnxruntime-genai loop, in turn, in one run.

The bare loop is the runtime's own example: generate, look at the token, decode it, append the text. It runs
in a process of its own, as our host does, so that both have the machine to themselves when it is their turn.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmtui.events import Cancel, drain
from slmtui.process import Child
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

QUESTIONS = 60
ROUNDS = 5


def bare(child: Child, prompt: list[int], limit: int) -> tuple[str, int, float]:
    """The bare loop's text, its tokens after the first, and their seconds."""
    child.send({"prompt": prompt, "tokens": limit})
    for reply in child.messages():
        if isinstance(reply, dict):
            assert reply["event"] == "done", reply
            return reply["text"], reply["tokens"], reply["seconds"]
    raise child.death()


def ratio(model: Path, questions: list[str], limit: int, monkeypatch: pytest.MonkeyPatch) -> float:
    """Our tokens per second through the bare loop's; of each question the fastest of its rounds counts."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    parameters = ChatParameters(max_tokens=limit, temperature=0, repetition_penalty=1.0)
    tokens = ours = theirs = 0.0
    with ModelHost(model) as host, Child("bare_loop", [str(model)]) as loop:
        host.load()
        for question in questions:
            messages = [Message("user", question)]
            prompt = host.token_ids(host.render(messages))
            our_best = their_best = float("inf")
            for turn in range(2 * ROUNDS):
                # ours, bare, bare, ours, ours…: neither always follows the other
                if turn % 4 in (0, 3):
                    answer = drain(host.chat(messages, parameters, Cancel()))
                    our_best = min(our_best, 1 / answer.decode_tokens_per_second)
                else:
                    text, after_first, seconds = bare(loop, prompt, limit)
                    their_best = min(their_best, seconds / after_first)
            assert answer.text == text
            tokens += answer.completion_tokens
            ours += our_best * answer.completion_tokens
            theirs += their_best * answer.completion_tokens
    print(f"\nours {tokens / ours:.0f} tokens/s, bare {tokens / theirs:.0f}, ratio {theirs / ours:.3f}")
    return theirs / ours


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
