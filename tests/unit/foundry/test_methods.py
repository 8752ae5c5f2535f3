"""How a model gets into a cache: copied, linked, registered; in versions; and what replacing one changes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, drain
from slmtui.foundry import copying, ledger, linking, partial
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.methods import METHODS, Method
from slmtui.foundry.scanner import scan
from slmtui.foundry.undeploy import undeploy

WEIGHTS = "model.onnx.data"


def put(model_dir: Path, cache: Path, method: Method | None = None, version: int = 1, **more: bool) -> Path:
    return drain(
        deploy(plan(model_dir, "small", cache, method=method, version=version, **more), Cancel())
    ).target


@pytest.mark.parametrize("method", METHODS)
def test_undone_the_cache_is_as_it_was_byte_for_byte(
    stand_in: ModuleType, model_dir: Path, cache: Path, method: Method
) -> None:
    cache.mkdir(parents=True)
    with stand_in.StandInSdk(cache) as sdk:
        sdk.register("theirs:3", model_dir, "theirs")
    before, source = stand_in.contents(cache), stand_in.contents(model_dir)

    put(model_dir, cache, method)
    (model,) = deployed()
    assert (model.method, model.registered) == (method, True)
    drain(undeploy(model, Cancel()))

    assert stand_in.contents(cache) == before
    assert stand_in.contents(model_dir) == source
    assert deployed() == ()


def test_a_copy_shares_nothing(model_dir: Path, cache: Path) -> None:
    planned = plan(model_dir, "small", cache, method="copy")
    assert (planned.linked_bytes, planned.needed_bytes) == (0, planned.bytes)

    target = put(model_dir, cache, "copy")

    assert not (target / WEIGHTS).samefile(model_dir / WEIGHTS)
    assert (target / WEIGHTS).read_bytes() == (model_dir / WEIGHTS).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="needs the developer mode there")
def test_symbolic_links_take_the_graph_and_its_data_and_no_text(model_dir: Path, cache: Path) -> None:
    target = put(model_dir, cache, "symlink")

    assert (target / WEIGHTS).readlink() == model_dir / WEIGHTS
    # The runtime refuses data whose real place is in another folder than the graph's.
    assert (target / "model.onnx").is_symlink()
    assert not (target / "tokenizer.json").is_symlink()
    assert not (target / "inference_model.json").is_symlink()


def test_registration_writes_nothing_into_either_folder_but_the_list(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    before = stand_in.contents(model_dir)

    target = put(model_dir, cache, "register")

    assert target == model_dir
    assert stand_in.contents(model_dir) == before
    assert {path.name for path in cache.rglob("*")} == {
        "foundry.local.modelinfo.json",
        "foundry.local.modelinfo.lock",
    }
    (model,) = deployed()
    assert (model.folder, model.registered, model.listed_by_scanner) == (model_dir, True, False)
    assert {v.id: v.status for v in model.verdicts}["scanner"] == "warn"
    with pytest.raises(Failure, match="already"):
        plan(model_dir, "small", cache)


def test_where_links_are_impossible_the_copy_is_said_before(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "_no_hard_link", lambda *_: "They are on two volumes")
    monkeypatch.setattr(linking, "_no_symlink", lambda *_: "No symbolic link can be made")

    hard, soft = (plan(model_dir, "small", cache, method=method) for method in ("link", "symlink"))
    unasked = plan(model_dir, "small", cache)

    assert hard.fallback == "They are on two volumes, so the weights are copied."
    assert soft.fallback == "No symbolic link can be made, so the weights are copied."
    assert {hard.method, soft.method, unasked.method} == {"copy"}
    assert unasked.fallback == ""
    assert hard.needed_bytes == hard.bytes


def test_versions_stand_side_by_side_for_the_scanner_and_the_sdk(model_dir: Path, cache: Path) -> None:
    first, second = put(model_dir, cache), put(model_dir, cache, version=2)

    assert (first.name, second.name) == ("small", "small@2")
    assert [model.model_id for model in scan(cache).listed] == ["small:0", "small:2"]
    assert [(model.model_id, model.registered) for model in deployed()] == [
        ("small:1", True),
        ("small:2", True),
    ]
    assert json.loads((second / "inference_model.json").read_text("utf-8"))["Name"] == "small:2"
    latest, older = find("small:2"), find("small:1")
    assert latest is not None
    assert older is not None
    drain(undeploy(latest, Cancel()))
    assert [model.model_id for model in deployed()] == ["small:1"]


@pytest.mark.parametrize("version", [0, -1, 2**31])
def test_a_version_the_sdk_cannot_keep_is_refused(model_dir: Path, cache: Path, version: int) -> None:
    with pytest.raises(Failure, match="cannot be a version"):
        plan(model_dir, "small", cache, version=version)


def test_replacing_is_told_file_by_file_before_anything_happens(
    stand_in: ModuleType, model_dir: Path, cache: Path, tmp_path: Path
) -> None:
    put(model_dir, cache)
    other = stand_in.make_model(tmp_path / "other", b"new" * 500_000)
    (other / "tokenizer.json").unlink()
    (other / "vocab.txt").write_text("a")
    config = json.loads((other / "inference_model.json").read_text("utf-8"))
    config["ModelConfig"]["max_length"] = 99
    (other / "inference_model.json").write_text(json.dumps(config), "utf-8")
    before = stand_in.contents(cache)

    diff = plan(other, "small", cache, replace=True).diff

    assert diff is not None
    assert [
        (c.inside, c.change, c.bytes_before, c.bytes_after) for c in diff.files if c.inside[0] != "i"
    ] == [
        (WEIGHTS, "changed", 2_100_000, 1_500_000),
        ("tokenizer.json", "removed", 2, None),
        ("vocab.txt", "added", None, 1),
    ]
    assert '-    "max_length": 512' in diff.inference_model
    assert '+    "max_length": 99' in diff.inference_model
    assert stand_in.contents(cache) == before
    assert plan(model_dir, "other", cache).diff is None
    same = plan(model_dir, "small", cache, replace=True).diff
    assert same is not None
    assert same.nothing


@pytest.mark.parametrize("after", METHODS)
@pytest.mark.parametrize("before", METHODS)
def test_every_method_replaces_every_other(
    stand_in: ModuleType, model_dir: Path, cache: Path, before: Method, after: Method
) -> None:
    put(model_dir, cache, before)
    put(model_dir, cache, after, replace=True)

    (model,) = deployed()
    assert (model.method, model.registered) == (after, True)
    assert model.path.exists() is (after != "register")
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()
    assert (model_dir / "genai_config.json").is_file()


def test_what_the_conversion_recorded_is_compared(model_dir: Path, cache: Path) -> None:
    files = {"model.onnx": {"sha256": "0" * 64}, "tokenizer.json": {"sha256": "1" * 64}}
    (model_dir / "slmtui.json").write_text(json.dumps({"files": files}), "utf-8")

    verdicts = drain(deploy(plan(model_dir, "small", cache), Cancel())).verdicts

    assert verdicts[0].status == "warn"
    assert "model.onnx: not the bytes that the conversion made" in verdicts[0].evidence


def test_a_copy_that_does_not_read_back_is_refused(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copying.sha256
    monkeypatch.setattr(
        copying, "sha256", lambda path, cancel: "x" if ".building" in str(path) else real(path, cancel)
    )

    with pytest.raises(Failure, match="does not read back"):
        put(model_dir, cache, "copy")
    assert not cache.parent.exists()


def _interrupted(model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is cancelled in the middle of the weights, and worth keeping."""
    monkeypatch.setattr(partial, "WORTH_KEEPING_BYTES", 1)
    monkeypatch.setattr(copying, "_CHUNK", 100_000)
    monkeypatch.setattr(copying, "_SAY_SECONDS", 0)
    cancel = Cancel()
    service = deploy(plan(model_dir, "small", cache, method="copy"), cancel)
    with pytest.raises(Cancelled):
        _cancel_in_the_middle(service, cancel)


def _cancel_in_the_middle(service: Iterable[Event], cancel: Cancel) -> None:
    copying_weights = (e for e in service if isinstance(e, Progress) and WEIGHTS in e.text)
    for number, _ in enumerate(copying_weights):
        if number == 5:
            cancel.set()


def test_a_cancelled_copy_goes_on_where_it_was(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupted(model_dir, cache, monkeypatch)
    kept = partial.place_of(cache / "custom" / "small")
    assert 400_000 <= (kept / WEIGHTS).stat().st_size < 2_100_000
    assert deployed() == ()
    assert scan(cache).listed == ()
    inode = (kept / WEIGHTS).stat().st_ino
    planned = plan(model_dir, "small", cache, method="copy")
    assert planned.resumes_bytes >= 400_000

    target = drain(deploy(planned, Cancel())).target

    assert (target / WEIGHTS).stat().st_ino == inode
    assert (target / WEIGHTS).read_bytes() == (model_dir / WEIGHTS).read_bytes()
    assert sorted(path.name for path in target.parent.iterdir()) == ["small"]
    (model,) = deployed()
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()


def test_what_was_kept_of_another_model_is_written_over(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (model_dir / "a extra.txt").write_text("only in the first")
    _interrupted(model_dir, cache, monkeypatch)
    other = stand_in.make_model(tmp_path / "other", b"new" * 100_000)

    target = put(other, cache, "copy")

    assert (target / WEIGHTS).read_bytes() == b"new" * 100_000
    assert not (target / "a extra.txt").exists()


def test_what_was_kept_can_be_thrown_away(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupted(model_dir, cache, monkeypatch)

    partial.discard(cache / "custom" / "small")
    assert deployed() == ()

    assert ledger.read() == ledger.Ledger()
    assert not cache.parent.exists()
