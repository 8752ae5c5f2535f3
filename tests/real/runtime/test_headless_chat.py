"""`slmtui chat` in a pipe, as a hostile user and an unlucky day would have it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import published
from tests.waiting import LONG_BEFORE

# With this seed the first answer lasts: a host killed between two answers is started again for the next.
NOISE = ("--temperature", "1e6", "--top-p", "1", "--top-k", "1536", "--repetition-penalty", "1",
         "--max-tokens", "1900", "--seed", "1")  # fmt: skip
posix = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def started(*arguments: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "slmtui", "chat", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)


def chat(*arguments: str | Path, lines: bytes = b"") -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    process = started(*arguments)
    out, err = process.communicate(lines, timeout=60)
    text = err.decode("utf-8")
    assert "Traceback" not in text
    return process.returncode, out.decode("utf-8"), text


def objects(out: str) -> list[dict[str, Any]]:
    published.hold(out.splitlines(), ["chat"])
    return [json.loads(line) for line in out.splitlines()]


def test_hostile_lines_are_questions_like_others(converted_sample: Path, tmp_path: Path) -> None:
    lines = b"a\0b\n\x1b[31mhello\x1b]0;x\x07\n\xff\xfe\x9b\n\n \r\n\xef\xbb\xbfhello\r\n<|im_end|>"
    code, out, _ = chat(converted_sample, "--json", "--history", tmp_path / "h.json", lines=lines)
    said = objects(out)
    assert (code, said[-1]["status"], said[-1]["answers"]) == (0, "ok", 5)
    assert [one["number"] for one in said if one["event"] == "answer"] == [1, 2, 3, 4, 5]
    kept = json.loads((tmp_path / "h.json").read_text(encoding="utf-8"))
    assert [turn["question"] for turn in kept["turns"]][0::4] == ["a\0b", "<|im_end|>"]
    # It goes on from there.
    _, out, _ = chat(converted_sample, "--json", "--history", tmp_path / "h.json", "--prompt", "hello")
    assert objects(out)[-1]["prompt_tokens"] > said[-1]["prompt_tokens"]


@pytest.mark.parametrize("engine", ["genai", "foundry"])
def test_a_line_of_100_000_characters_is_refused_in_words(converted_sample: Path, engine: str) -> None:
    code, out, err = chat(converted_sample, "--json", "--engine", engine, lines=b"lamp " * 20_000)
    assert (code, objects(out)[-1]["status"]) == (1, "failed")
    assert "2,048" in err


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ('{"format":"slmtui-conversation","version":1', "it is no JSON"),
        ("5", "it is no list of messages"),
        ('[{"role":"judge","content":"x"}]', "role 'judge'"),
        ('{"format":"slmtui-conversation","version":9}', "form 9"),
    ],
)
def test_a_broken_history_is_named_and_left_as_it_is(
    converted_sample: Path, tmp_path: Path, content: str, cause: str
) -> None:
    history = tmp_path / "h.json"
    history.write_text(content, encoding="utf-8")
    code, _, err = chat(converted_sample, "--prompt", "hello", "--history", history)
    assert code == 1
    assert str(history) in err
    assert cause in err
    assert history.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("engine", ["genai", "foundry"])
def test_a_truncated_model_is_named(converted_sample: Path, tmp_path: Path, engine: str) -> None:
    broken = shutil.copytree(converted_sample, tmp_path / "broken")
    os.truncate(broken / "model.onnx", 5000)
    code, _, err = chat(broken, "--prompt", "hello", "--engine", engine)
    assert code == 1
    assert "model.onnx" in err
    assert "fix: " in err


def interrupted(model: Path, history: Path, act: Any) -> tuple[int, float, dict[str, Any]]:
    """Exit code, seconds from the act (on the process, in the middle of noise), and what was kept."""
    with started(model, *NOISE, "--history", history) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"hello\n" * 200)
        process.stdin.close()
        assert process.stdout.read(1)
        at = time.monotonic()
        act(process)
        process.stdout.read()
        code = process.wait(timeout=LONG_BEFORE)
    return code, time.monotonic() - at, json.loads(history.read_text(encoding="utf-8"))


@posix
def test_ctrl_c_ends_it_and_keeps_what_has_come(converted_sample: Path, tmp_path: Path) -> None:
    history = tmp_path / "h.json"
    code, seconds, kept = interrupted(
        converted_sample, history, lambda process: process.send_signal(signal.SIGINT)
    )
    assert code == 130
    assert seconds < LONG_BEFORE
    # By the time the signal comes, it may be at a later question; noise may be an empty answer.
    assert any(turn["text"] for turn in kept["turns"])


@posix
def test_a_host_killed_in_the_middle_leaves_the_conversation(converted_sample: Path, tmp_path: Path) -> None:
    def kill(process: subprocess.Popen[bytes]) -> None:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()

    history = tmp_path / "h.json"
    code, seconds, kept = interrupted(converted_sample, history, kill)
    assert code == 1
    assert seconds < LONG_BEFORE
    assert "SIGKILL" in kept["turns"][-1]["problem"]["cause"]
    assert chat(converted_sample, "--prompt", "hello", "--history", history)[0] == 0
