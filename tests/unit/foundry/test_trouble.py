"""A full disk, missing rights, a source that is gone: cause and fix for every method, nothing left behind."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.foundry import copying, ledger, placing, planning
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.methods import METHODS, Method
from slmtui.foundry.undeploy import undeploy
from slmtui.foundry.verify import verify


def put(model_dir: Path, cache: Path, method: Method) -> None:
    drain(deploy(plan(model_dir, "small", cache, method=method), Cancel()))


@pytest.mark.parametrize("method", METHODS)
def test_a_full_disk_is_said_before_anything_is_touched(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    usage = shutil.disk_usage(cache.parent.parent)._replace(free=1000)
    monkeypatch.setattr(planning.shutil, "disk_usage", lambda _: usage)

    with pytest.raises(Failure, match="has no room") as caught:
        put(model_dir, cache, method)

    assert "another" in caught.value.fix
    assert not cache.parent.exists()


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> bool:
        raise copying.unwritable(cache, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    monkeypatch.setattr(copying, "_copy", full)

    with pytest.raises(Failure, match="No space left") as caught:
        put(model_dir, cache, "copy")

    assert "room" in caught.value.fix
    assert not cache.parent.exists()
    assert ledger.read() == ledger.Ledger()


@pytest.mark.parametrize("method", METHODS)
def test_weights_that_cannot_be_read_are_named(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    denied = Failure(f"{model_dir / 'model.onnx.data'} cannot be read: Permission denied.", "Look.")
    monkeypatch.setattr(copying, "describe", lambda *_: (_ for _ in ()).throw(denied))

    with pytest.raises(Failure, match=r"model\.onnx\.data cannot be read") as caught:
        put(model_dir, cache, method)

    assert caught.value.fix == "Give yourself access to the model's files."
    assert not cache.parent.exists()


@pytest.mark.parametrize("method", METHODS)
def test_a_cache_that_cannot_be_written_is_refused(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    monkeypatch.setattr(planning.os, "access", lambda *_: False)

    with pytest.raises(Failure, match="is read-only for you") as caught:
        put(model_dir, cache, method)
    assert "may write to" in caught.value.fix


@pytest.mark.parametrize("method", ["register", "symlink"])
def test_a_source_that_is_gone_is_said_and_can_be_taken_out(
    model_dir: Path, cache: Path, method: Method
) -> None:
    put(model_dir, cache, method)
    model_dir.rename(model_dir.with_name("elsewhere"))

    (model,) = deployed()
    assert model.missing
    assert model.status == "fail"
    files = drain(verify(model, Cancel()))[0]
    assert files.status == "fail"
    assert files.fix
    with pytest.raises(Failure, match="There is no folder"):
        plan(model_dir, "small", cache, method=method, replace=True)
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()


@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_somebody_has_loaded_stays_deployed(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    """As on Windows, where a loaded model's folder cannot be renamed, or where the SDK refuses."""
    put(model_dir, cache, method)
    before = stand_in.contents(cache)
    model = find("small")
    assert model is not None
    refusal = Failure("small:1 is loaded.", "End the program that has it loaded.")
    if method == "register":
        stand_in.StandInSdk.trouble["unregister"] = refusal
    else:
        denied = PermissionError(errno.EACCES, "Permission denied")
        monkeypatch.setattr(
            placing, "move", lambda a, b: (_ for _ in ()).throw(placing._immovable(a, b, denied))
        )

    with pytest.raises(Failure) as caught:
        drain(undeploy(model, Cancel()))

    assert "loaded" in caught.value.fix
    assert stand_in.contents(cache) == before
    assert [(m.model_id, m.registered) for m in deployed()] == [("small:1", True)]


def test_taking_out_of_a_cache_that_cannot_be_written_says_what_is_needed(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(model_dir, cache, "copy")
    before = stand_in.contents(cache)
    model = find("small")
    assert model is not None
    denied = Failure(f"{cache} cannot be written: Permission denied.", "Choose a folder you may write to.")
    monkeypatch.setattr(placing, "mark_unfinished", lambda *_: (_ for _ in ()).throw(denied))
    monkeypatch.setattr("os.access", lambda *_: False)

    with pytest.raises(Failure, match="cannot be taken out") as caught:
        drain(undeploy(model, Cancel()))

    assert f"write to {cache}" in caught.value.fix
    assert stand_in.contents(cache) == before


def test_an_sdk_that_cannot_write_its_lock_is_a_verdict(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(model_dir, cache, "copy")

    def refuses(_: object) -> None:
        raise Failure("The Foundry Local SDK says: FileLock: failed to open it", "")

    monkeypatch.setattr(stand_in.StandInSdk, "models", refuses)

    found = {verdict.id: verdict for verdict in drain(verify("small", Cancel()))}

    assert found["sdk-lists"].status == "fail"
    assert str(cache) in found["sdk-lists"].fix
    assert found["scanner"].status == "ok"
