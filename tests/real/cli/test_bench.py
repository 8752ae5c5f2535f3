"""`slmtui bench` as a user meets it."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import LONG_BEFORE

QUICK = ("--prompt-tokens", "16,4000", "--output-tokens", "8", "--repetitions", "2")


def test_markdown_is_all_there_is_on_standard_output(slmtui: Any, converted: Path) -> None:
    done = slmtui("bench", converted, *QUICK, "--markdown")
    assert done.code == 0, done
    heading, rule, *lines = done.out.splitlines()
    assert heading.startswith("| model")
    assert set(rule) == set("|- :")
    tests = [line.split("|")[5].strip() for line in lines]
    assert tests == ["pp16", "tg8 @ d16"]
    assert lines[0].startswith("| model int4 |")
    assert "left out: 4,000 + 8" in done.err
    assert "Traceback" not in done.err


def test_json_lines_end_with_the_figures(slmtui: Any, converted: Path) -> None:
    done = slmtui("bench", converted, *QUICK, "--json")
    assert done.code == 0, done
    assert [o["number"] for o in done.objects if o["event"] == "bench_row"] == [1, 2]
    end = done.last
    assert (end["event"], end["status"], end["complete"]) == ("finished", "ok", True)
    (row,) = end["rows"]
    assert (row["prompt_tokens"], row["ttft_ms"]["n"]) == (16, 2)
    assert end["load_seconds"] > 0


def test_ctrl_c_says_what_was_measured(slmtui: Any, converted: Path) -> None:
    arguments = ("--prompt-tokens", "16", "--output-tokens", "8", "--repetitions", "100000", "--json")
    with slmtui.start("bench", converted, *arguments) as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["event"] != "bench_row":
            pass
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 130
    end = json.loads(out.splitlines()[-1])
    assert (end["event"], end["status"], end["complete"]) == ("finished", "cancelled", False)
    assert end["rows"][0]["ttft_ms"]["n"] >= 1
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(children, timeout=LONG_BEFORE)
    assert not alive


@pytest.mark.parametrize("target", ["no-such-model", "."])
def test_what_is_no_model_is_refused(slmtui: Any, target: str) -> None:
    slmtui("bench", target, "--json").failed_clearly()
