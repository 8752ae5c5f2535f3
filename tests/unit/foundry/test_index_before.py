"""Undoing leaves the SDK's list of models as somebody else has laid it out, byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.foundry import ledger
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.index import INDEX, registrations
from slmtui.foundry.methods import METHODS, Method
from slmtui.foundry.undeploy import undeploy


def by_hand(cache: Path, *names: str) -> bytes:
    """A list of other people's models, with keys and spaces that the SDK would not write."""
    cache.mkdir(parents=True, exist_ok=True)
    models = [
        {"note": "mine", "model_path": f"/somewhere/{n}", "model_info": {"id": f"{n}:1"}} for n in names
    ]
    content = (json.dumps({"models": models, "version": 2}, indent=7) + "\r\n\n").encode()
    (cache / INDEX).write_bytes(content)
    return content


_FILE = Path(__file__).with_name("stand_in.py")
_BEFORE = "slmtui.foundry.index_before"
STEPS = [
    ("deploy", f"{_BEFORE}:ledger.keep_index", "after", 1),
    ("deploy", "slmtui.foundry.prove:FoundrySdk.register", "after", 2),
    ("undeploy", "slmtui.foundry.repair:FoundrySdk.unregister", "after", 1),
    ("undeploy", "slmtui.foundry.ledger:settle", "after", 1),
    ("undeploy", f"{_BEFORE}:write_bytes_atomic", "before", 1),
    ("undeploy", f"{_BEFORE}:write_bytes_atomic", "after", 1),
    ("undeploy", f"{_BEFORE}:ledger.keep_index", "before", 1),
    ("undeploy", f"{_BEFORE}:ledger.keep_index", "after", 1),
]


def put(model_dir: Path, cache: Path, name: str = "small", method: Method = "link") -> None:
    drain(deploy(plan(model_dir, name, cache, method=method), Cancel()))


def take(name: str = "small") -> None:
    model = find(name)
    assert model is not None
    drain(undeploy(model, Cancel()))


@pytest.mark.parametrize("method", METHODS)
def test_a_list_by_hand_is_put_back(
    stand_in: ModuleType, model_dir: Path, cache: Path, method: Method
) -> None:
    content = by_hand(cache, "one", "two")
    before = stand_in.contents(cache)

    put(model_dir, cache, method=method)
    assert (cache / INDEX).read_bytes() != content
    assert set(registrations(cache)) == {"one:1", "two:1", "small:1"}
    take()

    assert stand_in.contents(cache) == before
    assert ledger.read() == ledger.Ledger()


def test_only_the_last_one_taken_out_puts_it_back(model_dir: Path, cache: Path) -> None:
    content = by_hand(cache, "one")
    put(model_dir, cache)
    put(model_dir, cache, "second")

    take("small")
    assert set(registrations(cache)) == {"one:1", "second:1"}
    take("second")

    assert (cache / INDEX).read_bytes() == content


def test_what_somebody_else_changed_meanwhile_stays(model_dir: Path, cache: Path) -> None:
    by_hand(cache, "one")
    put(model_dir, cache)
    listed = json.loads((cache / INDEX).read_text("utf-8"))
    listed["models"].append({"model_info": {"id": "new:1"}, "model_path": "/somewhere/new"})
    (cache / INDEX).write_text(json.dumps(listed), "utf-8")

    take()

    assert set(registrations(cache)) == {"one:1", "new:1"}
    assert ledger.read() == ledger.Ledger()


def test_a_path_that_was_changed_meanwhile_stays_changed(model_dir: Path, cache: Path) -> None:
    by_hand(cache, "one")
    put(model_dir, cache)
    listed = (cache / INDEX).read_text("utf-8")
    (cache / INDEX).write_text(listed.replace("/somewhere/one", "/elsewhere/one"), "utf-8")

    take()

    assert registrations(cache)["one:1"] == Path("/elsewhere/one")


def test_a_deployment_that_fails_puts_it_back(stand_in: ModuleType, model_dir: Path, cache: Path) -> None:
    by_hand(cache, "one")
    before = stand_in.contents(cache)
    stand_in.StandInSdk.trouble["register"] = Failure("no", "")

    with pytest.raises(Failure):
        put(model_dir, cache)

    assert stand_in.contents(cache) == before
    assert deployed() == ()
    assert ledger.read() == ledger.Ledger()


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_kill_does_not_lose_it(
    stand_in: ModuleType, model_dir: Path, cache: Path, step: tuple[str, str, str, int]
) -> None:
    by_hand(cache, "one")
    before = stand_in.contents(cache)
    deed, place, when, nth = step
    if deed == "undeploy":
        put(model_dir, cache)
    arguments = [sys.executable, str(_FILE), place, when, str(nth), deed, str(model_dir), str(cache)]
    done = subprocess.run(arguments, env={**os.environ, "PYTHONUTF8": "1"}, check=False, capture_output=True)
    assert done.returncode == 9, done.stderr

    for model in deployed():
        drain(undeploy(model, Cancel()))

    assert stand_in.contents(cache) == before
    assert ledger.read() == ledger.Ledger()
