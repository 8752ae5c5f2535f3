"""Our chat beside transformers and llama.cpp on the same model: ratios of one run, printed and not judged.

llama.cpp runs where llama-cpp-python is installed, or where SLMTUI_LLAMA_PYTHON names an interpreter that has
it: `pip install --only-binary=:all: llama-cpp-python`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.events import Cancel, drain
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

TOKENS = 64
QUESTION = [Message("user", "Tell me a long story about a lamp.")]
GREEDY = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=TOKENS)


@pytest.fixture(scope="module")
def ours(converted_smollm2: Path) -> tuple[float, float, str]:
    """Our tokens a second, seconds to the first one, and the prompt as text."""
    with ModelHost(converted_smollm2) as host:
        host.load()
        answer = drain(host.chat(QUESTION, GREEDY, Cancel()))
        return answer.decode_tokens_per_second, answer.ttft_seconds, host.render(QUESTION)


def other(python: str, name: str, model: Path, prompt: str) -> dict[str, float]:
    """What `others.py` measures; skipped where the runtime is not installed."""
    if subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode:
        pytest.skip(f"{name} is not installed")
    script = str(Path(__file__).with_name("others.py"))
    command = [python, script, name, str(model), prompt, str(TOKENS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(name: str, ours: tuple[float, float, str], theirs: dict[str, float]) -> None:
    speed, first = theirs["tokens_per_second"], theirs["first_token_seconds"]
    print(
        f"\nours (INT4) {ours[0]:.0f} tokens/s, first after {1000 * ours[1]:.0f} ms; {name} {speed:.0f},"
        f" {1000 * first:.0f} ms; ratios {ours[0] / speed:.2f} and {ours[1] / first:.2f}"
    )
    assert speed > 0


def test_beside_transformers(ours: tuple[float, float, str], smollm2: Path) -> None:
    compare("transformers (FP32)", ours, other(sys.executable, "transformers", smollm2, ours[2]))


def test_beside_llama_cpp(ours: tuple[float, float, str], smollm2: Path) -> None:
    python = os.environ.get("SLMTUI_LLAMA_PYTHON", sys.executable)
    compare("llama.cpp (the GGUF file)", ours, other(python, "llama_cpp", smollm2, ours[2]))
