"""What a deployment puts where, what it says meanwhile, and that it is all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, Service, Verdict, drain
from slmtui.foundry import copying, placing, prove
from slmtui.foundry.deploy import DeployResult, deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.sdk import SdkUnusable


def follow(model_dir: Path, cache: Path, *, replace: bool = False) -> tuple[list[Event], DeployResult]:
    events: list[Event] = []
    service = deploy(plan(model_dir, "small", cache, replace=replace), Cancel())
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            return events, end.value


def cancel_at(
    service: Service[DeployResult],
    cancel: Cancel,
    moment: Callable[[Progress], bool],
    seen: list[Progress] | None = None,
) -> None:
    for event in service:
        if isinstance(event, Progress):
            if seen is not None:
                seen.append(event)
            if moment(event):
                cancel.set()


def test_the_models_files_and_nothing_else_are_put_below_custom(model_dir: Path, cache: Path) -> None:
    (model_dir / ".cache").mkdir()
    (model_dir / "tokenizer").mkdir()
    (model_dir / "tokenizer" / "merges.txt").write_text("a b")

    result = follow(model_dir, cache)[1]

    assert result.target == cache / "custom" / "small"
    found = {p.relative_to(result.target).as_posix() for p in result.target.rglob("*") if p.is_file()}
    assert found == {
        "genai_config.json",
        "inference_model.json",
        "model.onnx",
        "model.onnx.data",
        "tokenizer.json",
        "tokenizer/merges.txt",
    }
    assert [p.name for p in (cache / "custom").iterdir()] == ["small"]


def test_the_name_in_inference_model_is_the_deployed_one_and_the_rest_stays(
    model_dir: Path, cache: Path
) -> None:
    before = json.loads((model_dir / "inference_model.json").read_text("utf-8"))

    follow(model_dir, cache)

    after = json.loads((cache / "custom" / "small" / "inference_model.json").read_text("utf-8"))
    assert after["Name"] == "small"
    assert after["PromptTemplate"] == before["PromptTemplate"]
    assert json.loads((model_dir / "inference_model.json").read_text("utf-8")) == before


def test_weights_are_shared_and_text_is_not(model_dir: Path, cache: Path) -> None:
    events, result = follow(model_dir, cache)

    assert (result.target / "model.onnx.data").samefile(model_dir / "model.onnx.data")
    assert not (result.target / "tokenizer.json").samefile(model_dir / "tokenizer.json")
    assert "2.1 MB of it shared" in next(e.evidence for e in events if isinstance(e, Verdict))


def test_without_hard_links_everything_is_copied(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(copying.os, "link", refused)

    result = follow(model_dir, cache)[1]

    assert not (result.target / "model.onnx.data").samefile(model_dir / "model.onnx.data")
    assert (result.target / "model.onnx.data").read_bytes() == (model_dir / "model.onnx.data").read_bytes()


def test_progress_rises_to_one_and_every_verdict_is_told(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    events, result = follow(model_dir, cache)

    fractions = [e.fraction for e in events if isinstance(e, Progress) and e.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [e for e in events if isinstance(e, Verdict)] == list(result.verdicts)
    ids = {verdict.id: verdict.status for verdict in result.verdicts}
    assert ids | {"command": "", "command-runs": ""} == {
        "files": "ok",
        "sdk-loads": "ok",
        "sdk-answers": "ok",
        "sdk-lists": "ok",
        "scanner": "ok",
        "command": "",
        "command-runs": "",
    }
    assert stand_in.StandInSdk.said in result.verdicts[2].evidence
    assert result.model_id == "small:1"


def test_it_is_found_among_the_deployed(model_dir: Path, cache: Path) -> None:
    target = follow(model_dir, cache)[1].target

    (model,) = deployed()
    assert (model.name, model.model_id, model.path, model.cache_dir) == ("small", "small:1", target, cache)
    assert model.registered
    assert model.listed_by_scanner
    assert model.bytes == sum(p.stat().st_size for p in target.iterdir())
    assert find("small") == find("small:1") == model
    assert find("other") is None
    assert deployed([cache.parent]) == ()
    assert deployed([cache]) == (model,)


@pytest.mark.parametrize("call", ["register", "load"])
def test_a_model_the_sdk_does_not_load_leaves_nothing(
    stand_in: ModuleType, model_dir: Path, cache: Path, call: str
) -> None:
    stand_in.StandInSdk.trouble[call] = Failure("The Foundry Local SDK says: Protobuf parsing failed.")

    with pytest.raises(Failure, match="Protobuf parsing failed"):
        follow(model_dir, cache)

    assert not cache.parent.exists()
    assert deployed() == ()


def test_a_model_the_sdk_does_not_register_in_its_place_leaves_nothing(
    stand_in: ModuleType, model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Verdict:
        raise Failure("The Foundry Local SDK says: no.")

    monkeypatch.setattr(prove, "register", refused)

    with pytest.raises(Failure, match="says: no"):
        follow(model_dir, cache)

    assert not cache.parent.exists()


def test_a_replaced_model_stays_when_the_new_one_fails(
    stand_in: ModuleType, model_dir: Path, cache: Path, tmp_path: Path
) -> None:
    follow(model_dir, cache)
    before = stand_in.contents(cache)
    other = stand_in.make_model(tmp_path / "other", b"new" * 500_000)
    stand_in.StandInSdk.trouble["load"] = Failure("no")

    with pytest.raises(Failure):
        follow(other, cache, replace=True)

    assert stand_in.contents(cache) == before
    assert deployed()[0].registered


def test_replacing_leaves_only_the_new_model(
    stand_in: ModuleType, model_dir: Path, cache: Path, tmp_path: Path
) -> None:
    follow(model_dir, cache)
    other = stand_in.make_model(tmp_path / "other", b"new" * 500_000)

    follow(other, cache, replace=True)

    assert [p.name for p in (cache / "custom").iterdir()] == ["small"]
    assert (cache / "custom" / "small" / "model.onnx.data").read_bytes()[:3] == b"new"
    (model,) = deployed()
    assert model.registered


def test_where_the_sdk_cannot_run_the_folder_is_deployed_and_said_to_be_unchecked(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    stand_in.StandInSdk.trouble["open"] = SdkUnusable("There is no SDK here.", "Install it.")

    result = follow(model_dir, cache)[1]

    statuses = {verdict.id: verdict.status for verdict in result.verdicts}
    assert statuses["sdk-loads"] == statuses["sdk-answers"] == statuses["sdk-lists"] == "unchecked"
    assert statuses["scanner"] == "ok"
    (model,) = deployed()
    assert not model.registered


@pytest.mark.parametrize("said", ["", "  \n"])
def test_a_silent_model_is_deployed_with_a_failed_verdict(
    stand_in: ModuleType, model_dir: Path, cache: Path, said: str
) -> None:
    stand_in.StandInSdk.said = said

    result = follow(model_dir, cache)[1]

    (answers,) = [verdict for verdict in result.verdicts if verdict.id == "sdk-answers"]
    assert answers.status == "fail"
    assert answers.fix
    assert result.target.is_dir()


def test_a_model_that_cannot_be_asked_is_deployed_with_a_failed_verdict(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    stand_in.StandInSdk.trouble["answer"] = Failure("The Foundry Local SDK says: Empty chat template.")

    result = follow(model_dir, cache)[1]

    (answers,) = [verdict for verdict in result.verdicts if verdict.id == "sdk-answers"]
    assert (answers.status, answers.evidence) == (
        "fail",
        "The Foundry Local SDK says: Empty chat template.",
    )


@pytest.mark.parametrize("stage", ["copy", "load", "answer"])
def test_cancelled_it_leaves_nothing(model_dir: Path, cache: Path, stage: str) -> None:
    cancel = Cancel()
    service = deploy(plan(model_dir, "small", cache), cancel)

    with pytest.raises(Cancelled):
        cancel_at(service, cancel, lambda event: event.stage == stage)

    assert not cache.parent.exists()
    assert deployed() == ()


def test_abandoned_it_leaves_nothing(model_dir: Path, cache: Path) -> None:
    service = deploy(plan(model_dir, "small", cache), Cancel())
    next(service)
    assert (cache / "custom").is_dir()

    service.close()

    assert not cache.parent.exists()


def test_no_scanner_sees_it_before_it_is_done(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slmtui.foundry.scanner import scan

    seen: list[int] = []
    real: Callable[..., None] = placing.ledger.settle

    def settle(*arguments: object) -> None:
        seen.append(len(scan(cache).listed))
        real(*arguments)

    monkeypatch.setattr(placing.ledger, "settle", settle)
    service = deploy(plan(model_dir, "small", cache), Cancel())
    for _ in service:
        seen.append(len(scan(cache).listed))

    assert seen[0] == 0
    assert seen[-1] == 1
    assert seen == sorted(seen)


def test_two_at_once_under_one_name_is_refused(model_dir: Path, cache: Path) -> None:
    first, second = plan(model_dir, "small", cache), plan(model_dir, "small", cache)
    running = deploy(first, Cancel())
    next(running)

    with pytest.raises(Failure, match="Another slmtui is working"):
        drain(deploy(second, Cancel()))
    drain(running)
    with pytest.raises(Failure, match="by now"):
        drain(deploy(second, Cancel()))


def test_a_plan_made_while_another_deploys_disturbs_nothing(model_dir: Path, cache: Path) -> None:
    running = deploy(plan(model_dir, "small", cache), Cancel())
    next(running)

    plan(model_dir, "other", cache)

    assert drain(running).target.is_dir()


def test_a_file_that_grows_meanwhile_is_named(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(model_dir, "small", cache)
    service = deploy(planned, Cancel())
    next(service)
    (model_dir / "tokenizer.json").write_text("{ }")

    with pytest.raises(Failure, match=r"tokenizer\.json changed"):
        drain(service)
    assert not cache.parent.exists()


def test_a_full_disk_is_named_and_leaves_nothing(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(model_dir, "small", cache)
    real = Path.open

    def full(self: Path, mode: str = "r", **rest: object) -> object:
        if mode == "xb":
            raise OSError(28, "No space left on device")
        return real(self, mode, **rest)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)

    with pytest.raises(Failure, match="No space left"):
        drain(deploy(planned, Cancel()))
    assert not cache.parent.exists()


def test_cancel_is_heard_while_a_big_file_is_copied(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_CHUNK", 1000)
    monkeypatch.setattr(copying, "_SAY_SECONDS", 0)
    monkeypatch.setattr(copying, "_LINK_FROM_BYTES", 1 << 60)
    cancel = Cancel()
    service = deploy(plan(model_dir, "small", cache), cancel)
    seen: list[Progress] = []

    with pytest.raises(Cancelled):
        cancel_at(service, cancel, lambda event: event.text.startswith("Copying model.onnx.data"), seen)

    assert [event.text for event in seen if "model.onnx.data" in event.text] == [seen[-1].text]
    assert seen[-1].seconds_left is not None
    assert not cache.parent.exists()
