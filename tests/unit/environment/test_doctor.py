"""The whole page: quick, complete, light, and not to be stopped by one bad program."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from slmtui.config import locations
from slmtui.environment import doctor, foundry_check, system
from slmtui.environment.check import Check
from slmtui.environment.demand import Demand
from slmtui.environment.doctor import checks, pending, ready
from slmtui.environment.fixes import plans
from slmtui.events import Cancel, Cancelled, jsonable
from tests.waiting import LONG_BEFORE

HEAVY = ("torch", "transformers", "olive", "onnx", "onnxruntime", "onnxruntime_genai", "foundry_local_sdk")
SCREENS = ("textual", "rich")
EXPECTED = {
    *("python", "platform", "cpu", "memory", "disk", "terminal", "folders", "foundry-folders"),
    *(
        "package-olive-ai",
        "package-onnxruntime-genai",
        "package-torch",
        "packages-base",
        "package-requirements",
    ),
    *("cmake", "git", "compiler", "foundry-command", "foundry-sdk"),
    *("gpu", "npu", "providers", "telemetry"),
}


def by_id() -> dict[str, Check]:
    return {check.id: check for check in checks()}


def test_every_check_is_there_once_and_complete():
    found = list(checks())
    ids = [check.id for check in found]
    assert set(ids) >= EXPECTED
    assert len(ids) == len(set(ids))
    for check in found:
        assert check.title
        assert check.found
        if check.status in ("warn", "fail"):
            assert check.reason
            assert check.fix
    json.dumps(jsonable(found))


def test_the_rows_that_take_a_moment_are_known_beforehand():
    found = {check.id: check.title for check in checks()}
    assert set(pending()) <= set(found.items())
    assert pending("org/name") == (*pending(), ("hub", "Hugging Face hub"))


def test_a_chosen_source_is_what_memory_and_disk_are_held_against(tmp_path: Path):
    demand = Demand("a-model", 1, 2_000_000_000_000_000, 1, tmp_path / "output")
    found = {check.id: check for check in checks(demand=demand)}
    assert (found["memory"].status, found["memory"].needed) == ("ok", "1 B free")
    assert (found["disk"].status, found["disk"].needed) == ("fail", "2000.0 TB free")
    assert found["output"].status == "ok"
    assert "output" not in by_id()


def test_a_slow_check_that_breaks_is_told_by_its_row(monkeypatch):
    def foundry(cancel: Cancel) -> Check:
        raise RuntimeError("no such thing")

    rows = (("foundry-command", "foundry command"),)
    monkeypatch.setattr(doctor, "_SLOW", (doctor._Slow(foundry, rows),))
    assert "RuntimeError: no such thing" in by_id()["foundry-command"].found


def test_the_tests_run_with_the_tested_packages():
    assert [check for check in checks() if check.id.startswith("package") and check.status != "ok"] == []


def test_the_page_costs_less_than_a_second_and_imports_nothing_heavy():
    code = (
        "import sys, time; began = time.process_time()\n"
        "from slmtui.environment.doctor import checks\n"
        "list(checks()); took = time.process_time() - began\n"
        f"print(took, [name for name in {HEAVY + SCREENS!r} if name in sys.modules])"
    )
    # The best of three: other programs on this machine have their own idea of time.
    outputs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split(
            " ", 1
        )
        for _ in range(3)
    ]
    assert {imported.strip() for _, imported in outputs} == {"[]"}
    assert min(float(took) for took, _ in outputs) < 1.0


def test_a_program_that_hangs_holds_up_its_own_row_alone(stand_in):
    stand_in("foundry", {"--version": (0, "", "", 60)})
    began = time.monotonic()
    at = {check.id: time.monotonic() - began for check in checks()}
    assert (
        max(seconds for check_id, seconds in at.items() if check_id != "foundry-command")
        < at["foundry-command"]
    )
    assert 4 < at["foundry-command"] < LONG_BEFORE


def test_a_page_that_is_closed_leaves_no_program_behind(stand_in):
    stand_in("foundry", {"--version": (0, "", "", 60)})
    page = checks()
    next(page)
    began = time.monotonic()
    page.close()
    assert time.monotonic() - began < LONG_BEFORE
    assert psutil.Process().children(recursive=True) == []


def test_cancelling_ends_the_page_at_once(stand_in):
    stand_in("foundry", {"--version": (0, "", "", 60)})
    cancel = Cancel()
    threading.Timer(1.0, cancel.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        list(checks(cancel))
    assert time.monotonic() - began < LONG_BEFORE
    assert psutil.Process().children(recursive=True) == []


def test_a_check_that_breaks_is_one_finding_among_others(monkeypatch):
    def memory() -> Check:
        raise RuntimeError("no /proc here")

    monkeypatch.setattr(doctor, "_QUICK", (memory, system.disk))
    found = by_id()
    assert found["memory"].status == "warn"
    assert "RuntimeError: no /proc here" in found["memory"].found
    assert found["disk"].status == "ok"


def test_the_classic_foundry_command_is_described_without_starting_its_service(stand_in):
    program = stand_in(
        "foundry", {"--version": "0.8.119\n", "service status": "🔴 Service is not running!\n"}
    )
    check = foundry_check.foundry(Cancel())
    assert (check.status, check.found) == ("ok", "0.8.119 (classic), service stopped")
    assert str(program.path) in check.reason
    assert "only while its service runs" in check.reason
    assert program.asked() == ["--version", "service status"]


def test_a_classic_foundry_command_whose_service_runs_tells_its_cache(stand_in):
    answers = {
        "--version": "0.8.119\n",
        "service status": "🟢 Model management service is running on http://127.0.0.1:5273/openai/status\n",
        "cache location": "💾 Cache directory path: /models of 海\n",
    }
    stand_in("foundry", answers)
    found = foundry_check.foundry(Cancel()).found
    assert found == "0.8.119 (classic), service running, cache /models of 海"


@pytest.mark.parametrize("generation", ["0.8.119", "0.13.0"])
def test_a_foundry_command_that_tells_its_version_and_no_more_is_described_as_far(stand_in, generation: str):
    stand_in("foundry", {"--version": f"{generation}\n"})
    check = foundry_check.foundry(Cancel())
    assert check.status == "ok"
    assert check.found.startswith(generation)
    assert " unknown" in check.found


def test_a_foundry_command_that_hangs_is_said_to(stand_in, monkeypatch):
    stand_in("foundry", {"--version": (0, "", "", 60)})
    monkeypatch.setattr(foundry_check.foundry_command.detect, "__defaults__", (1.0, None))
    check = foundry_check.foundry(Cancel())
    assert check.status == "warn"
    assert "gave no answer within 1 s" in check.found
    assert "foundry --version" in check.fix
    assert ready([check])


@pytest.mark.parametrize(("version", "noun"), [("0.8.119", "service"), ("0.13.0", "server")])
def test_a_server_that_hangs_is_said_to(stand_in, monkeypatch, version: str, noun: str):
    hangs = (0, "", "", 60)
    stand_in("foundry", {"--version": version, f"{noun} status": hangs, f"{noun} status -o json": hangs})
    command = foundry_check.foundry_command.FoundryCommand
    monkeypatch.setattr(command.server, "__defaults__", (1.0, None))
    check = foundry_check.foundry(Cancel())
    assert check.status == "warn"
    assert f"`foundry {noun} status` gave no answer within 1 s" in check.found
    assert ready([check])


def test_the_modern_foundry_command_is_described_with_its_cache(stand_in):
    answers = {
        "--version": "0.13.0\n",
        "server status -o json": '{"running": false, "state": "not_running"}',
        "cache location -o json": '{"path": "/models", "userSet": false}',
    }
    stand_in("foundry", answers)
    check = foundry_check.foundry(Cancel())
    assert check.status == "ok"
    assert check.found.startswith("0.13.0 (modern), server stopped, cache ")


def test_a_foundry_command_that_prints_rubbish_is_a_warning(stand_in):
    stand_in("foundry", {"--version": "\udcff rubbish"})
    check = foundry_check.foundry(Cancel())
    assert check.status == "warn"
    assert "instead of a version" in check.found
    assert ready([check])


@pytest.mark.parametrize(
    ("platform", "status"), [("linux", "skipped"), ("win32", "warn"), ("darwin", "warn")]
)
def test_no_foundry_command_never_stops_a_deployment(empty_path, monkeypatch, platform: str, status: str):
    monkeypatch.setattr(foundry_check.sys, "platform", platform)
    monkeypatch.setattr(foundry_check.foundry_command, "detect", lambda **_: None)
    check = foundry_check.foundry(Cancel())
    assert (check.status, check.found) == (status, "not installed")
    assert check.fix
    assert ready([check])


@pytest.mark.parametrize(
    ("status", "good"), [("ok", True), ("warn", True), ("skipped", True), ("fail", False)]
)
def test_only_a_failed_check_stops_a_deployment(status, good: bool):
    assert ready([Check("a", "A", "ok", "", ""), Check("b", "B", status, "", "")]) is good


@pytest.mark.parametrize(
    "text", ["[toolchain\npython = ", "[toolchain]\npython = 3", '[toolchain]\npython = "a\\u0000b"']
)
def test_a_choice_that_was_lost_with_damaged_settings_is_said(text: str):
    assert "settings" not in by_id()
    locations.config_dir().mkdir(parents=True)
    locations.settings_file().write_text(text, encoding="utf-8")
    found = by_id()
    assert found["settings"].status == "warn"
    assert str(locations.settings_file()) in found["settings"].reason
    assert found["toolchain"].status == "ok"
    assert plans(list(found.values())) == ()


def test_another_python_is_asked_after_what_is_known_at_once():
    names = [check.__name__ for check in doctor._QUICK]
    assert names.index("tool_chain") > names.index("foundry_folders")
