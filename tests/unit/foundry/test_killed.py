"""A process that is killed between two steps leaves the old state or the new one, once slmtui looks again.

A child deploys with the stand-in SDK and ends at the chosen step as by kill -9: none of its clean-up runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, drain
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.scanner import scan
from slmtui.foundry.undeploy import undeploy

_FILE = Path(__file__).with_name("stand_in.py")
_PLACING, _LEDGER = "slmtui.foundry.placing", "slmtui.foundry.ledger"

# Function, before or after which call of it, and which.
DEPLOY_STEPS = [
    (f"{_LEDGER}:enter", "after", 1),
    (f"{_PLACING}:mark_unfinished", "before", 1),
    ("slmtui.foundry.copying:link", "after", 1),
    ("slmtui.foundry.deploy:write_atomic", "after", 1),
    (f"{_PLACING}:move", "before", 1),
    (f"{_PLACING}:move", "after", 1),
    ("slmtui.foundry.prove:register", "after", 1),
    (f"{_LEDGER}:settle", "after", 1),
    (f"{_PLACING}:mark_finished", "after", 1),
]
REPLACE_STEPS = [
    *DEPLOY_STEPS[3:],
    (f"{_PLACING}:move", "after", 2),
    (f"{_PLACING}:shutil.rmtree", "after", 2),
]
UNDEPLOY_STEPS = [
    (f"{_LEDGER}:enter", "after", 1),
    (f"{_PLACING}:mark_unfinished", "after", 1),
    (f"{_PLACING}:move", "after", 1),
    ("slmtui.foundry.undeploy:unregister", "after", 1),
    ("slmtui.foundry.repair:shutil.rmtree", "after", 1),
    (f"{_LEDGER}:settle", "after", 1),
    ("slmtui.foundry.repair:placing.remove_made", "after", 1),
]


def kill_at(step: tuple[str, str, int], deed: str, model_dir: Path, cache: Path) -> None:
    place, when, nth = step
    done = subprocess.run(
        [sys.executable, str(_FILE), place, when, str(nth), deed, str(model_dir), str(cache)],
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 9, done.stderr


def names(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "custom").iterdir()) if (cache / "custom").exists() else []


@pytest.mark.parametrize("step", DEPLOY_STEPS, ids=str)
def test_a_killed_deployment_is_there_or_not(
    stand_in: ModuleType, model_dir: Path, cache: Path, step: tuple[str, str, int]
) -> None:
    kill_at(step, "deploy", model_dir, cache)

    models = deployed()

    if models:
        assert names(cache) == ["small"]
        assert models[0].registered
        assert models[0].listed_by_scanner
        drain(undeploy(models[0], Cancel()))
    assert not cache.parent.exists()
    drain(deploy(plan(model_dir, "small", cache), Cancel()))


@pytest.mark.parametrize("step", REPLACE_STEPS, ids=str)
def test_a_killed_replacement_is_the_old_model_or_the_new_one(
    stand_in: ModuleType, model_dir: Path, cache: Path, tmp_path: Path, step: tuple[str, str, int]
) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))
    old = stand_in.contents(cache)
    other = stand_in.make_model(tmp_path / "other", b"new" * 500_000)
    kill_at(step, "replace", other, cache)
    # Whenever it was killed, a scanner that looks before slmtui does sees one model of that name at most.
    seen = scan(cache)
    assert len(seen.listed) + len([s for s in seen.skipped if "same id" in s.reason]) <= 1

    (model,) = deployed()

    assert names(cache) == ["small"]
    assert model.registered
    assert model.listed_by_scanner
    now = stand_in.contents(cache)
    weights = now["custom/small/model.onnx.data"]
    assert weights in (old["custom/small/model.onnx.data"], b"new" * 500_000)
    assert now.keys() == old.keys()


@pytest.mark.parametrize("step", UNDEPLOY_STEPS, ids=str)
def test_a_killed_undo_is_finished(
    stand_in: ModuleType, model_dir: Path, cache: Path, step: tuple[str, str, int]
) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))
    assert find("small") is not None
    kill_at(step, "undeploy", model_dir, cache)

    assert deployed() == ()
    assert not cache.parent.exists()


def test_a_damaged_ledger_is_set_aside_and_a_new_one_begun(
    model_dir: Path, cache: Path, slmtui_home: Path
) -> None:
    ledger = slmtui_home / "data" / "foundry.toml"
    ledger.parent.mkdir(parents=True)
    ledger.write_text("[[model]\nname = ", "utf-8")

    drain(deploy(plan(model_dir, "small", cache), Cancel()))

    assert [model.name for model in deployed()] == ["small"]
    assert (ledger.with_suffix(".damaged.toml")).read_text("utf-8").startswith("[[model]\n")


def test_entries_that_make_no_sense_are_left_out(slmtui_home: Path) -> None:
    ledger = slmtui_home / "data" / "foundry.toml"
    ledger.parent.mkdir(parents=True)
    ledger.write_text('model = [{name = "x"}, 3, {state = "odd"}]\ncache = "?"\n', "utf-8")

    assert deployed() == ()
