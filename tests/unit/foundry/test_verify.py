"""A deployed model is asked again: its files, the SDK, the scanner, both generations of the command.

The command is a stand-in that replays what the real one prints; the real one is not run here.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.environment import foundry_command
from slmtui.events import Cancel, Failure, Verdict, drain
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed
from slmtui.foundry.prove import PROBE
from slmtui.foundry.sdk import SdkUnusable
from slmtui.foundry.verify import verify

_SCRIPT = """\
import json, pathlib, sys
answers = json.loads((pathlib.Path(__file__).parent / "answers.json").read_text("utf-8"))
asked = " ".join(sys.argv[1:])
typed = "" if sys.stdin is None or "run" not in asked else sys.stdin.read()
(pathlib.Path(__file__).parent / "asked.txt").open("a", encoding="utf-8").write(asked + "|" + typed + "\\n")
code, out = answers.get(asked, [2, ""])
sys.stdout.buffer.write(out.encode())
if code:
    sys.stderr.write("Exception: " + asked + " is not understood.")
sys.exit(code)
"""


def stand_in_command(folder: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> Path:
    """A `foundry` on PATH that answers whole command lines; returns the record of what it was asked."""
    folder.mkdir()
    (folder / "answers.json").write_text(json.dumps({k: [0, v] for k, v in answers.items()}), "utf-8")
    script = folder / "foundry_stand_in.py"
    script.write_text(_SCRIPT, "utf-8")
    if os.name == "nt":
        (folder / "foundry.cmd").write_text(f'@"{sys.executable}" "%~dp0{script.name}" %*\n', "utf-8")
    else:
        program = folder / "foundry"
        line = f'exec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"'
        program.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr(foundry_command, "_locations", {})
    return folder / "asked.txt"


def classic(cache: Path) -> dict[str, str]:
    return {
        "--version": "0.8.119\n",
        "cache location": f"💾 Cache directory path: {cache}\n",
        "cache list": "Models cached on device:\n   Alias      Model ID\n💾 small      small:0\n",
        "model run small:0": "🟢 Service is Started on http://127.0.0.1:5272/, PID 1!\n🕓 Loading model... \n"
        "Interactive Chat. Enter /? or /help for help.\nPress Ctrl+C to cancel. Type /exit to leave.\n"
        "> Hello! What can you do?\n🤖 I answer questions.\n\n> /exit\n",
    }


def modern(cache: Path) -> dict[str, str]:
    return {
        "--version": "0.10.3\n",
        "cache location -o json": json.dumps({"path": str(cache), "userSet": False}),
        "cache list -o json": json.dumps({"models": [{"alias": "small", "id": "small:1"}]}),
        "run small:1": "I answer questions.\n",
    }


def put(model_dir: Path, cache: Path) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))


def asked_again(name: str = "small") -> dict[str, Verdict]:
    return {verdict.id: verdict for verdict in drain(verify(name, Cancel()))}


def test_what_is_found_is_kept_with_its_time(stand_in: ModuleType, model_dir: Path, cache: Path) -> None:
    put(model_dir, cache)
    before = stand_in.contents(cache)

    found = asked_again()

    assert list(found) == [
        "files",
        "sdk-lists",
        "sdk-loads",
        "sdk-answers",
        "scanner",
        "command",
        "command-runs",
    ]
    assert {found[i].status for i in ("files", "sdk-lists", "sdk-loads", "sdk-answers", "scanner")} == {"ok"}
    assert {found[i].status for i in ("command", "command-runs")} == {"unchecked"}
    (model,) = deployed()
    assert model.verdicts == tuple(found.values())
    assert model.checked_at
    assert model.status == "ok"
    assert stand_in.contents(cache) == before


@pytest.mark.parametrize("generation", [classic, modern])
def test_the_command_lists_it_and_runs_it(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generation: object
) -> None:
    put(model_dir, cache)
    answers = classic(cache) if generation is classic else modern(cache)
    record = stand_in_command(tmp_path / "a folder 海", monkeypatch, answers)

    found = asked_again()

    assert (found["command"].status, found["command-runs"].status) == ("ok", "ok")
    assert "→ 'I answer questions.'" in found["command-runs"].evidence
    asked = record.read_text("utf-8")
    assert "run small:" in asked
    assert "|Hello! What can you do?\n/exit\n" in asked
    assert "cache cd" not in asked


@pytest.mark.parametrize("generation", [classic, modern])
def test_a_command_that_does_not_list_it_is_not_run(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generation: object
) -> None:
    put(model_dir, cache)
    answers = classic(cache) if generation is classic else modern(cache)
    answers = {key: value.replace("small", "phi") for key, value in answers.items() if "run" not in key}
    answers |= {key: value for key, value in modern(cache).items() if "location" in key}
    answers |= {key: value for key, value in classic(cache).items() if key == "cache location"}
    record = stand_in_command(tmp_path / "bin", monkeypatch, answers)

    found = asked_again()

    assert (found["command"].status, found["command-runs"].status) == ("warn", "unchecked")
    assert "run" not in record.read_text("utf-8")


def test_a_command_that_cannot_run_it_is_a_warning_with_what_it_said(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(model_dir, cache)
    answers = {key: value for key, value in modern(cache).items() if not key.startswith("run")}
    stand_in_command(tmp_path / "bin", monkeypatch, answers)

    runs = asked_again()["command-runs"]

    assert runs.status == "warn"
    assert "is not understood" in runs.evidence
    assert "foundry run small:1" in runs.fix


def test_what_broke_since_is_found(stand_in: ModuleType, model_dir: Path, cache: Path) -> None:
    put(model_dir, cache)
    (cache / "custom" / "small" / "model.onnx").unlink()
    stand_in.StandInSdk.trouble["load"] = Failure("The Foundry Local SDK says: no such file", "")

    found = asked_again()

    assert (found["files"].status, found["sdk-loads"].status) == ("fail", "fail")
    assert found["sdk-answers"].status == "unchecked"
    assert "--replace" in found["files"].fix
    assert deployed()[0].status == "fail"


def test_a_registration_that_is_gone_fails_and_nothing_more_is_claimed(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    put(model_dir, cache)
    with stand_in.StandInSdk(cache) as sdk:
        sdk.unregister("small:1")

    found = asked_again()

    assert found["sdk-lists"].status == "fail"
    assert found["sdk-loads"].status == found["sdk-answers"].status == "unchecked"


def test_without_an_sdk_it_is_unchecked(stand_in: ModuleType, model_dir: Path, cache: Path) -> None:
    put(model_dir, cache)
    stand_in.StandInSdk.trouble["open"] = SdkUnusable("There is no SDK here.", "Install it.")

    found = asked_again()

    assert {found[i].status for i in ("sdk-lists", "sdk-loads", "sdk-answers")} == {"unchecked"}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(Failure, match="nonesuch"):
        asked_again("nonesuch")


def test_a_deployment_does_not_wait_for_a_command_that_hangs_once_it_is_cancelled(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = foundry_command.FoundryCommand(Path("foundry"), "0.10.3", "modern")
    cancel = Cancel()

    def hangs(*_: object, **given: Cancel) -> tuple[str, str]:
        assert given["cancel"] is cancel  # `ask` ends the command's tree when it is set
        cancel.set()
        return "", "was not waited for"

    monkeypatch.setattr(foundry_command, "detect", lambda **_: found)
    monkeypatch.setattr(foundry_command.FoundryCommand, "cache_location", lambda *_, **__: cache)
    monkeypatch.setattr(foundry_command.FoundryCommand, "cached_models", lambda *_, **__: ["small:1"])
    monkeypatch.setattr(foundry_command.FoundryCommand, "run", hangs)

    verdicts = drain(deploy(plan(model_dir, "small", cache), cancel)).verdicts

    assert (verdicts[-1].id, verdicts[-1].status) == ("command-runs", "unchecked")
    assert [model.model_id for model in deployed()] == ["small:1"]


def test_a_model_is_run_once_without_a_conversation(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is documented: `complete MODEL PROMPT` from 0.10, `model run MODEL --prompt PROMPT` before."""
    put(model_dir, cache)
    said = {"choices": [{"message": {"role": "assistant", "content": "I answer\nquestions."}}]}
    once = {f"complete small:1 {PROBE} -o json": json.dumps(said)}
    record = stand_in_command(tmp_path / "new", monkeypatch, modern(cache) | once)
    runs = asked_again()["command-runs"]
    assert (runs.status, "→ 'I answer questions.'" in runs.evidence) == ("ok", True)
    assert "`foundry complete small:1 …`" in runs.evidence
    assert "\nrun" not in record.read_text("utf-8")

    once = {f"model run small:0 --prompt {PROBE}": "🤖 I answer questions.\n"}
    record = stand_in_command(tmp_path / "old", monkeypatch, classic(cache) | once)
    runs = asked_again()["command-runs"]
    assert (runs.status, "→ 'I answer questions.'" in runs.evidence) == ("ok", True)
    assert "/exit" not in record.read_text("utf-8")


def test_json_without_an_answer_is_none(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(model_dir, cache)
    once = {f"complete small:1 {PROBE} -o json": '{"error": "out of memory"}'}
    stand_in_command(tmp_path / "bin", monkeypatch, modern(cache) | once)

    assert asked_again()["command-runs"].status == "warn"


@pytest.mark.parametrize("generation", [classic, modern])
def test_deploying_starts_no_service(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generation: object
) -> None:
    answers = classic(cache) if generation is classic else modern(cache)
    record = stand_in_command(tmp_path / "bin", monkeypatch, answers)

    verdicts = drain(deploy(plan(model_dir, "small", cache), Cancel())).verdicts

    assert [(v.id, v.status) for v in verdicts[-2:]] == [("command", "ok"), ("command-runs", "unchecked")]
    assert "slmtui verify small:1" in verdicts[-1].fix
    assert not {"run", "complete", "start"} & set(record.read_text("utf-8").split())


def test_a_service_that_was_started_for_it_is_named(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(model_dir, cache)
    states = iter(["stopped", "running"])
    found = foundry_command.FoundryCommand(Path("foundry"), "0.8.119", "classic")
    monkeypatch.setattr(foundry_command, "detect", lambda **_: found)
    monkeypatch.setattr(foundry_command.FoundryCommand, "cache_location", lambda *_, **__: cache)
    monkeypatch.setattr(foundry_command.FoundryCommand, "cached_models", lambda *_, **__: ["small:0"])
    monkeypatch.setattr(foundry_command.FoundryCommand, "server_state", lambda *_, **__: next(states))
    ran = foundry_command.Ran(("model", "run", "small:0"), "Hello.")
    monkeypatch.setattr(foundry_command.FoundryCommand, "run", lambda *_, **__: ran)

    assert "`foundry service stop` ends it" in asked_again()["command-runs"].evidence
