"""Undoing leaves the cache as it was, whatever else was in it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, Cancelled, Failure, drain
from slmtui.foundry import placing, repair
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import DeployedModel, deployed, find
from slmtui.foundry.undeploy import undeploy


def deploy_it(model_dir: Path, cache: Path, name: str = "small") -> DeployedModel:
    drain(deploy(plan(model_dir, name, cache), Cancel()))
    model = find(name)
    assert model is not None
    return model


def test_a_cache_that_slmtui_made_is_gone_again(model_dir: Path, cache: Path) -> None:
    drain(undeploy(deploy_it(model_dir, cache), Cancel()))

    assert not cache.parent.exists()
    assert deployed() == ()
    assert (model_dir / "model.onnx.data").stat().st_size > 0


def test_a_cache_that_was_there_is_as_it_was(stand_in: ModuleType, model_dir: Path, cache: Path) -> None:
    (cache / "Microsoft" / "phi").mkdir(parents=True)
    (cache / "Microsoft" / "phi" / "model.onnx").write_bytes(b"x")
    with stand_in.StandInSdk(cache) as sdk:
        sdk.register("other:1", model_dir, "other")
    before = stand_in.contents(cache)

    drain(undeploy(deploy_it(model_dir, cache), Cancel()))

    assert stand_in.contents(cache) == before


def test_what_slmtui_made_stays_until_its_last_model_goes(model_dir: Path, cache: Path) -> None:
    first, second = deploy_it(model_dir, cache, "first"), deploy_it(model_dir, cache, "second")

    drain(undeploy(first, Cancel()))
    assert find("second") is not None
    assert second.path.is_dir()

    drain(undeploy(second, Cancel()))
    assert not cache.parent.exists()


def test_what_others_put_there_meanwhile_stays(stand_in: ModuleType, model_dir: Path, cache: Path) -> None:
    model = deploy_it(model_dir, cache)
    (cache / "custom" / "theirs").mkdir()
    with stand_in.StandInSdk(cache) as sdk:
        sdk.register("theirs:1", model_dir, "theirs")

    drain(undeploy(model, Cancel()))

    assert [p.name for p in (cache / "custom").iterdir()] == ["theirs"]
    with stand_in.StandInSdk(cache) as sdk:
        assert [m.model_id for m in sdk.models()] == ["theirs:1"]


@pytest.mark.parametrize("call", ["open", "unregister"])
def test_if_the_sdk_refuses_the_model_stays_deployed(
    stand_in: ModuleType, model_dir: Path, cache: Path, call: str
) -> None:
    model = deploy_it(model_dir, cache)
    before = stand_in.contents(cache)
    stand_in.StandInSdk.trouble[call] = Failure("no")

    with pytest.raises(Failure, match="no"):
        drain(undeploy(model, Cancel()))

    assert stand_in.contents(cache) == before
    assert deployed() == (model,)


def test_a_model_in_use_stays_deployed(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = deploy_it(model_dir, cache)
    before = stand_in.contents(cache)

    def in_use(source: Path, target: Path) -> None:
        raise Failure(f"{source} cannot be renamed", "End the program that has it loaded.")

    with monkeypatch.context() as patch:
        patch.setattr(placing, "move", in_use)
        with pytest.raises(Failure, match="cannot be renamed"):
            drain(undeploy(model, Cancel()))

    assert stand_in.contents(cache) == before
    assert deployed() == (model,)


def test_a_folder_that_somebody_deleted_is_cleared_away(model_dir: Path, cache: Path) -> None:
    model = deploy_it(model_dir, cache)
    placing.shutil.rmtree(model.path)
    (gone,) = deployed()
    assert (gone.bytes, gone.registered, gone.listed_by_scanner) == (0, False, False)

    drain(undeploy(gone, Cancel()))

    assert deployed() == ()
    assert not cache.parent.exists()


def test_cancelled_before_it_began_it_does_nothing(model_dir: Path, cache: Path) -> None:
    model, cancel = deploy_it(model_dir, cache), Cancel()
    cancel.set()

    with pytest.raises(Cancelled):
        drain(undeploy(model, cancel))

    assert deployed() == (model,)


def test_a_look_at_what_is_deployed_does_not_turn_it_away(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen looks after each job, and whoever then is quick with the next one meets that look."""
    model = deploy_it(model_dir, cache)
    holds = threading.Event()

    def slow(_path: Path) -> None:
        holds.set()
        time.sleep(0.3)

    monkeypatch.setattr(repair, "repair_target", slow)
    with ThreadPoolExecutor() as pool:
        look = pool.submit(deployed)
        assert holds.wait(10)
        drain(undeploy(model, Cancel()))
        look.result()

    assert not cache.parent.exists()


def test_a_look_waits_for_nobody(model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = deploy_it(model_dir, cache)
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("it waits"))

    with placing.working_on(model.path):
        assert deployed() == (model,)
