"""The sample keeps what its card promises: in FP32, and after our INT4 conversion.

A part of the phrasings stands for all of them; `evaluate.py` beside the model measures the whole.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.config.locations import shipped_dir
from slmtui.events import Cancel, drain
from slmtui.process import SILENT
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

HOME = shipped_dir("sample_models") / "fernlight-support"
GREEDY = ChatParameters(max_tokens=96, temperature=0.0, repetition_penalty=1.0)
PART = 200

Case = tuple[str, str]


def cases(kind: str) -> list[Case]:
    rows = [json.loads(line) for line in (HOME / "questions.jsonl").read_text("utf-8").splitlines()]
    every = [(phrasing, row["answer"]) for row in rows for phrasing in row[kind]]
    return every[:: max(1, len(every) // PART)]


def share(got: list[str], wanted: list[Case]) -> float:
    return sum(text == answer for text, (_, answer) in zip(got, wanted, strict=True)) / len(wanted)


@pytest.mark.parametrize(("kind", "least"), [("trained", 0.90), ("held_out", 0.65)])
def test_the_converted_sample_answers_to_the_letter(converted_sample: Path, kind: str, least: float) -> None:
    asked = cases(kind)
    with ModelHost(converted_sample) as host:
        host.load()
        got = [drain(host.chat([Message("user", q)], GREEDY, Cancel())).text for q, _ in asked]
    assert share(got, asked) >= least


@pytest.mark.parametrize(("kind", "least"), [("trained", 0.95), ("held_out", 0.70)])
def test_the_checkpoint_answers_to_the_letter(kind: str, least: float, tmp_path: Path) -> None:
    asked = cases(kind)
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import evaluate\n"
        "answer = evaluate.transformers_answers(Path(sys.argv[1]) / 'model')\n"
        "asked = json.loads(Path(sys.argv[2]).read_text('utf-8'))\n"
        "got = answer([[{'role': 'user', 'content': q}] for q in asked])\n"
        "Path(sys.argv[2]).write_text(json.dumps(got), 'utf-8')\n"
    )
    exchange = tmp_path / "exchange.json"
    exchange.write_text(json.dumps([question for question, _ in asked]), "utf-8")
    # Heavy libraries stay out of the tests' own process, as they do in slmtui.
    environment = {**os.environ, **SILENT, "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code, str(HOME), str(exchange)], env=environment, check=True)
    assert share(json.loads(exchange.read_text("utf-8")), asked) >= least


def test_there_are_questions_enough_and_some_phrasings_are_held_out() -> None:
    rows = [json.loads(line) for line in (HOME / "questions.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) >= 60
    for row in rows:
        assert len(row["trained"]) + len(row["held_out"]) >= 3
        assert row["held_out"]
        assert not set(row["held_out"]) & set(row["trained"])


def test_it_is_small_enough_for_git() -> None:
    assert sum(path.stat().st_size for path in HOME.rglob("*") if path.is_file()) <= 8_000_000
