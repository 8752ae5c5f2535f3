"""An interrupted copy is seen, gone on with, and thrown away; the cache is then as it was before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from slmtui import pipeline
from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, drain
from slmtui.foundry import copying, ledger, partial
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.placing import working_on
from slmtui.foundry.undeploy import undeploy
from slmtui.foundry.unfinished import find_unfinished, throw_away, unfinished

WEIGHTS = "model.onnx.data"


@pytest.fixture
def interrupted(model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is cancelled in the middle of the weights, and worth keeping."""
    monkeypatch.setattr(partial, "WORTH_KEEPING_BYTES", 1)
    monkeypatch.setattr(copying, "_CHUNK", 100_000)
    monkeypatch.setattr(copying, "_SAY_SECONDS", 0)
    interrupt(model_dir, cache)


def interrupt(model_dir: Path, cache: Path, *, replace: bool = False) -> None:
    cancel = Cancel()
    planned = plan(model_dir, "small", cache, method="copy", replace=replace)
    service = deploy(planned, cancel)
    with pytest.raises(Cancelled):
        _cancel_at_the_weights(service, cancel)


def _cancel_at_the_weights(service: Iterable[Event], cancel: Cancel) -> None:
    for event in service:
        if isinstance(event, Progress) and WEIGHTS in event.text:
            cancel.set()


@pytest.mark.usefixtures("interrupted")
def test_it_is_seen_with_what_there_is_of_it(model_dir: Path, cache: Path) -> None:
    (one,) = unfinished()

    assert (one.model_id, one.cache_dir, one.model_dir) == ("small:1", cache, model_dir)
    assert one.folder.is_dir()
    assert 0 < one.bytes < one.total_bytes
    assert deployed() == ()
    assert find_unfinished("small") == find_unfinished("small:1") == one
    assert find_unfinished("other") is None


@pytest.mark.usefixtures("interrupted")
def test_thrown_away_nothing_is_left(cache: Path) -> None:
    (one,) = unfinished()

    drain(throw_away(one, Cancel()))

    assert unfinished() == ()
    assert not cache.parent.exists()
    assert ledger.read() == ledger.Ledger()


@pytest.mark.usefixtures("interrupted")
def test_gone_on_with_it_is_deployed(cache: Path) -> None:
    (one,) = unfinished()

    drain(pipeline.go_on(one, Cancel()))

    (model,) = deployed()
    assert (model.model_id, model.method, unfinished()) == ("small:1", "copy", ())
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()


def test_an_interrupted_replacement_leaves_the_model_and_can_be_thrown_away(
    stand_in: ModuleType, model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))
    before = stand_in.contents(cache)
    monkeypatch.setattr(partial, "WORTH_KEEPING_BYTES", 1)
    monkeypatch.setattr(copying, "_SAY_SECONDS", 0)
    monkeypatch.setattr(copying, "_CHUNK", 100_000)
    interrupt(stand_in.make_model(tmp_path / "other", b"new" * 500_000), cache, replace=True)
    (one,) = unfinished()
    assert find("small") is not None

    drain(throw_away(one, Cancel()))

    assert stand_in.contents(cache) == before
    assert [model.model_id for model in deployed()] == ["small:1"]


@pytest.mark.usefixtures("interrupted")
def test_one_that_is_gone_on_with_right_now_is_not_thrown_away() -> None:
    (one,) = unfinished()

    with working_on(one.path), pytest.raises(Failure, match="Another slmtui is working"):
        drain(throw_away(one, Cancel()))
    assert one.folder.is_dir()


@pytest.mark.usefixtures("interrupted")
def test_without_its_source_it_can_only_be_thrown_away(model_dir: Path, cache: Path) -> None:
    model_dir.rename(model_dir.with_name("elsewhere"))
    (one,) = unfinished()
    assert one.total_bytes == 0

    with pytest.raises(Failure, match="There is no folder"):
        drain(pipeline.go_on(one, Cancel()))
    drain(throw_away(one, Cancel()))
    assert not cache.parent.exists()
