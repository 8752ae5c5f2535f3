"""The `foundry` command, played by stand-ins that replay recorded output: the real one is not run here."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from slmtui.environment import foundry_command
from slmtui.environment.foundry_command import detect
from slmtui.events import Failure
from tests.waiting import LONG_BEFORE

CLASSIC = {
    "--version": "0.6.87+e69a6c3d2b\n",
    "cache location": "💾 Cache directory path: /models of 海\n",
    "cache list": "Models cached on device:\n   Alias      Model ID\n💾 qwen       qwen-cpu:3\n",
    "service status": "🔴 Model management service is not running!\n",
}
MODERN = {
    "--version": "0.13.0\n",
    "cache location -o json": '{"path": "/models of 海", "userSet": false}\n',
    "cache list -o json": '{"models": [{"alias": "qwen", "id": "qwen-cpu:3"}]}\n',
    "server status -o json": '{"running": true, "state": "ready"}\n',
}


def test_without_a_command_there_is_none(empty_path):
    assert detect() is None
    assert foundry_command.cache_location() is None


@pytest.mark.parametrize(
    ("version", "generation"),
    [
        ("0.3.9267", "classic"),
        ("0.6.87+e69a6c3d2b", "classic"),
        ("0.8.119", "classic"),
        ("0.10.0", "modern"),
        ("0.13.1-preview.2", "modern"),
        ("1.0.0", "modern"),
        ("Foundry Local CLI 0.10.3", "modern"),
    ],
)
def test_the_version_tells_the_generation(stand_in, version: str, generation: str):
    path = stand_in("foundry", {"--version": f"{version}\n"}).path
    command = detect()
    assert command is not None
    assert command.path == path
    assert (command.generation, command.problem) == (generation, "")
    assert version.endswith(command.version)


def test_the_classic_generation_is_asked_in_its_words(stand_in):
    program = stand_in("foundry", CLASSIC)
    command = detect()
    assert command.cache_location() == Path("/models of 海")
    assert command.cached_models() == ["qwen-cpu:3"]
    assert command.server_state() == "stopped"
    assert program.asked() == ["--version", "cache location", "cache list", "service status"]


def test_the_modern_generation_is_asked_for_json(stand_in):
    program = stand_in("foundry", MODERN)
    command = detect()
    assert command.cache_location() == Path("/models of 海")
    assert command.cached_models() == ["qwen-cpu:3"]
    assert command.server_state() == "running"
    assert all(asked.endswith("-o json") for asked in program.asked()[1:])


def test_where_json_is_refused_the_text_is_read(stand_in):
    stand_in("foundry", {**CLASSIC, "--version": "0.10.0\n"})
    command = detect()
    assert command.cache_location() == Path("/models of 海")
    assert command.cached_models() == ["qwen-cpu:3"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("", "answers nothing instead of a version"),
        ("forge Version: 1.3.0", "answers 'forge Version: 1.3.0' instead of a version"),
        ("\udcff\udcfe\x1b[2J\x00 rubbish", "instead of a version"),
        ((3, "", "It crashed.\nUnhandled exception.", 0), "ended with exit code 3: Unhandled exception."),
    ],
)
def test_a_command_that_answers_something_else_has_a_problem(stand_in, said, problem: str):
    stand_in("foundry", {"--version": said})
    command = detect()
    assert problem in command.problem
    assert command.generation == "unknown"
    assert "\x1b" not in command.problem


def test_a_command_that_hangs_is_given_up_and_ended(stand_in):
    stand_in("foundry", {"--version": (0, "", "", 60)})
    began = time.monotonic()
    command = detect(timeout=1)
    assert time.monotonic() - began < LONG_BEFORE
    assert command.problem == "gave no answer within 1 s"
    assert psutil.Process().children(recursive=True) == []


def test_a_command_with_a_problem_is_not_asked_again(stand_in):
    program = stand_in("foundry", {"--version": "rubbish"})
    command = detect()
    assert command.cache_location() is None
    assert command.server_state() == "unknown"
    with pytest.raises(Failure, match="instead of a version"):
        command.cached_models()
    assert program.asked() == ["--version"]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((1, "", "Exception: the catalog is offline", 0), "the catalog is offline"),
        ("Bad request\n", "an answer that cannot be read"),
    ],
)
def test_a_list_that_cannot_be_had_is_not_an_empty_one(stand_in, answer, cause: str):
    stand_in("foundry", {**CLASSIC, "cache list": answer})
    with pytest.raises(Failure, match=cause) as failure:
        detect().cached_models()
    assert failure.value.fix


def test_the_cache_location_is_asked_once_for_a_while(stand_in):
    program = stand_in("foundry", CLASSIC)
    assert foundry_command.cache_location() == Path("/models of 海")
    assert foundry_command.cache_location() == Path("/models of 海")
    assert program.asked() == ["--version", "cache location"]
