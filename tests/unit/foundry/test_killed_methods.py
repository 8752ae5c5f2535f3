"""Kill -9 between any two steps, for every way into a cache: the old state or the new one, nothing beside.

A process is killed before and after every call of every function that changes something on the disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, drain
from slmtui.foundry import partial
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.methods import Method
from slmtui.foundry.undeploy import undeploy

_FILE = Path(__file__).with_name("stand_in.py")
_PLACING, _LEDGER = "slmtui.foundry.placing", "slmtui.foundry.ledger"

# Every function that changes the disk on the way of a deployment, and how often it may be called.
REGISTER = [
    (f"{_LEDGER}:_change", 4),
    ("slmtui.foundry.prove:FoundrySdk.register", 2),
    ("slmtui.foundry.prove:shutil.rmtree", 1),
]
REPLACE = [
    (f"{_LEDGER}:_change", 4),
    ("slmtui.foundry.prove:FoundrySdk.unregister", 1),
    ("slmtui.foundry.prove:FoundrySdk.register", 2),
    (f"{_PLACING}:move", 2),
    (f"{_PLACING}:mark_unfinished", 2),
    (f"{_PLACING}:mark_finished", 1),
]
UNDEPLOY = [(f"{_LEDGER}:_change", 3), ("slmtui.foundry.repair:FoundrySdk.unregister", 1)]


def steps(places: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """Before the first call of each, and after every one."""
    found = [(place, "before", 1) for place, _ in places]
    return found + [(place, "after", n + 1) for place, times in places for n in range(times)]


def run_until(step: tuple[str, str, int], deed: str, model_dir: Path, cache: Path) -> bool:
    """Whether it was killed there; False if it never came that far: not every method takes every step."""
    place, when, nth = step
    done = subprocess.run(
        [sys.executable, str(_FILE), place, when, str(nth), deed, str(model_dir), str(cache)],
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 9), done.stderr
    return done.returncode == 9


@pytest.mark.parametrize("step", steps(REGISTER), ids=str)
def test_a_killed_registration_is_there_or_not(
    stand_in: ModuleType, model_dir: Path, cache: Path, step: tuple[str, str, int]
) -> None:
    before = stand_in.contents(model_dir)
    run_until(step, "deploy+register", model_dir, cache)

    models = deployed()

    assert stand_in.contents(model_dir) == before
    for model in models:
        assert model.registered
        drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()
    drain(deploy(plan(model_dir, "small", cache, method="register"), Cancel()))


@pytest.mark.parametrize("step", steps(REPLACE), ids=str)
@pytest.mark.parametrize(("old", "new"), [("register", "copy"), ("copy", "register")])
def test_a_killed_replacement_of_another_method_is_registered_as_the_old_or_the_new(
    stand_in: ModuleType,
    model_dir: Path,
    cache: Path,
    tmp_path: Path,
    step: tuple[str, str, int],
    old: Method,
    new: Method,
) -> None:
    drain(deploy(plan(model_dir, "small", cache, method=old), Cancel()))
    other = stand_in.make_model(tmp_path / "other", b"new" * 500_000)
    run_until(step, f"replace+{new}", other, cache)

    (model,) = deployed()

    assert model.registered
    assert (model.method, model.model_dir) in ((old, model_dir), (new, other))
    made = model_dir if model.model_dir == model_dir else other
    assert (model.folder / "model.onnx.data").read_bytes() == (made / "model.onnx.data").read_bytes()
    assert model.path.is_dir() is (model.method != "register")
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()
    assert (model_dir / "model.onnx").is_file()
    assert (other / "model.onnx").is_file()


@pytest.mark.parametrize("step", steps(UNDEPLOY), ids=str)
def test_a_killed_undo_of_a_registration_is_finished_or_not_begun(
    stand_in: ModuleType, model_dir: Path, cache: Path, step: tuple[str, str, int]
) -> None:
    before = stand_in.contents(model_dir)
    drain(deploy(plan(model_dir, "small", cache, method="register"), Cancel()))
    assert find("small") is not None
    run_until(step, "undeploy", model_dir, cache)

    for model in deployed():
        assert model.registered
        drain(undeploy(model, Cancel()))

    assert not cache.parent.exists()
    assert stand_in.contents(model_dir) == before


def test_a_killed_copy_goes_on_from_what_is_there(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_until(("slmtui.foundry.copying:_compare", "before", 1), "resume+copy", model_dir, cache)
    monkeypatch.setattr(partial, "WORTH_KEEPING_BYTES", 1)

    assert deployed() == ()
    planned = plan(model_dir, "small", cache, method="copy")

    assert planned.resumes_bytes > 2_000_000
    target = drain(deploy(planned, Cancel())).target
    assert (target / "model.onnx.data").read_bytes() == (model_dir / "model.onnx.data").read_bytes()
    (model,) = deployed()
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()
