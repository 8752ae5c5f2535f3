"""A plan says what would happen, and refuses with a cause and a fix before anything is touched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from slmtui import pipeline
from slmtui.config.locations import foundry_home
from slmtui.deployment import Deployment
from slmtui.environment import foundry_command
from slmtui.events import Cancel, Failure, drain
from slmtui.foundry import planning
from slmtui.foundry.cache import cache_folders, default_cache
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.index import INDEX
from slmtui.foundry.undeploy import undeploy


def refused(*arguments: object, **options: object) -> str:
    with pytest.raises(Failure) as caught:
        plan(*arguments, **options)  # type: ignore[arg-type]
    assert caught.value.fix
    return caught.value.cause


def test_it_counts_files_and_bytes_and_touches_nothing(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    planned = plan(model_dir, "small", cache)

    assert planned.target == cache / "custom" / "small"
    assert not cache.parent.exists()
    names = [name for name, _ in planned.files]
    assert sorted(names) == [
        "genai_config.json",
        "inference_model.json",
        "model.onnx",
        "model.onnx.data",
        "tokenizer.json",
    ]
    assert planned.linked_bytes == (model_dir / "model.onnx.data").stat().st_size
    assert planned.context_length == 512
    assert not planned.replaces
    drain(deploy(planned, Cancel()))
    on_disk = {p.name: p.stat().st_size for p in planned.target.iterdir()}
    assert dict(planned.files) == on_disk
    assert planned.bytes == sum(on_disk.values())


@pytest.mark.parametrize("name", ["a/b", "", "..", "a b", "модель", "x" * 65, "con", "a:1"])
def test_a_name_that_is_no_folders_name_is_refused(model_dir: Path, cache: Path, name: str) -> None:
    assert repr(name) in refused(model_dir, name, cache)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, cache: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    assert "no genai_config.json" in refused(empty, "small", cache)
    assert "There is no folder" in refused(tmp_path / "nowhere", "small", cache)


def test_a_missing_weights_file_is_named(model_dir: Path, cache: Path) -> None:
    (model_dir / "model.onnx").unlink()

    assert "lacks model.onnx" in refused(model_dir, "small", cache)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"model": {"decoder": {"filename": "mod', "ends in the middle"),
        (b'{\n"model": }', "line 2"),
        (b"[]", "not an object"),
        (b"{}", "does not describe a model"),
        (b'{"model": 1}', "does not describe a model"),
        (b"\x00", "UTF-16"),
        (b'\xef\xbb\xbf{"model": {}}', "byte order mark"),  # the runtime refuses it
    ],
)
def test_a_damaged_config_is_refused(model_dir: Path, cache: Path, content: bytes, said: str) -> None:
    (model_dir / "genai_config.json").write_bytes(content)

    cause = refused(model_dir, "small", cache)
    assert "genai_config.json" in cause
    assert said in cause


def test_a_model_without_inference_model_is_sent_to_the_template_station(
    model_dir: Path, cache: Path
) -> None:
    (model_dir / "inference_model.json").unlink()

    with pytest.raises(Failure) as caught:
        plan(model_dir, "small", cache)
    assert "slmtui template" in caught.value.fix
    assert "--write" in caught.value.fix


def test_a_wrong_inference_model_is_refused_with_its_line(model_dir: Path, cache: Path) -> None:
    (model_dir / "inference_model.json").write_text('{\n "Name": "x",\n}')

    assert "inference_model.json, line 2" in refused(model_dir, "small", cache)


def test_an_existing_name_is_refused_unless_it_is_to_be_replaced(model_dir: Path, cache: Path) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))

    assert "already" in refused(model_dir, "small", cache)
    assert "already" in refused(model_dir, "SMALL", cache)
    assert plan(model_dir, "small", cache, replace=True).replaces
    assert "in the way" in refused(model_dir, "SMALL", cache, replace=True)


def test_what_is_to_be_taken_out_first_is_named_with_its_version(model_dir: Path, cache: Path) -> None:
    for version in (1, 2):
        drain(deploy(plan(model_dir, "small", cache, version=version), Cancel()))
    with pytest.raises(Failure) as caught:
        plan(model_dir, "small", cache)
    assert caught.value.fix.endswith("slmtui undeploy small:1")
    (cache / "custom" / "theirs").mkdir()
    with pytest.raises(Failure) as caught:
        plan(model_dir, "theirs", cache)
    assert "undeploy" not in caught.value.fix, "slmtui takes out only what it has deployed"


def test_a_name_that_another_folder_bears_is_refused(model_dir: Path, cache: Path) -> None:
    other = cache / "publisher" / "thing"
    other.mkdir(parents=True)
    (other / "genai_config.json").write_text("{}")
    (other / "inference_model.json").write_text('{"Name": "small:4"}')

    assert str(other) in refused(model_dir, "small", cache)


def test_a_name_that_is_registered_for_another_folder_is_refused(model_dir: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    entry = {"model_info": {"id": "small:1"}, "model_path": str(model_dir)}
    (cache / INDEX).write_text(json.dumps({"version": 2, "models": [entry]}))

    assert "registered" in refused(model_dir, "small", cache)


def test_a_damaged_list_of_registrations_is_named(model_dir: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / INDEX).write_text("{not json")

    assert INDEX in refused(model_dir, "small", cache)


def test_no_room_is_said_with_both_figures(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(planning.shutil, "disk_usage", lambda _: usage)

    assert "1.0 MB are free" in refused(model_dir, "small", cache)


def test_a_cache_that_is_a_file_is_refused(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "is a file" in refused(model_dir, "small", tmp_path / "file")


def test_a_read_only_place_is_refused(model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning.os, "access", lambda path, mode: mode != os.W_OK)

    assert "read-only" in refused(model_dir, "small", cache)


def test_the_deployed_folder_itself_is_refused(model_dir: Path, cache: Path) -> None:
    target = drain(deploy(plan(model_dir, "small", cache), Cancel())).target

    assert "deployed model itself" in refused(target, "small", cache, replace=True)


def test_a_path_with_dots_is_straightened(model_dir: Path, cache: Path) -> None:
    planned = plan(model_dir / ".." / model_dir.name, "small", cache / "x" / "..")

    assert planned.model_dir == model_dir
    assert planned.cache.path == cache


def test_without_foundry_local_the_default_cache_is_slmtuis_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foundry_command, "cache_location", lambda: None)

    assert default_cache().path == foundry_home() / "cache" / "models"
    assert default_cache().origin == "slmtui"


def test_foundry_locals_default_cache_comes_before_slmtuis_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foundry_command, "cache_location", lambda: None)
    standard = Path.home() / ".foundry" / "cache" / "models"
    standard.mkdir(parents=True)

    assert [folder.origin for folder in cache_folders()] == ["Foundry Local default", "slmtui"]


def test_what_the_foundry_command_says_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(foundry_command, "cache_location", lambda: tmp_path)

    assert default_cache().path == tmp_path
    assert default_cache().origin == "foundry command"


def test_a_cache_that_was_used_once_is_remembered(model_dir: Path, cache: Path) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))

    assert [folder.origin for folder in cache_folders() if folder.path == cache] == ["given"]


def test_a_model_is_not_deployed_into_itself(model_dir: Path) -> None:
    for cache in (model_dir, model_dir / "cache" / "models"):
        with pytest.raises(Failure, match="own folder"):
            plan(model_dir, "small", cache)


def test_a_deployment_replaces_what_it_put_there_and_nothing_that_came_after_it(
    model_dir: Path, cache: Path
) -> None:
    made = Deployment.new("small", model_dir).with_step("source", "verified")
    made = made.with_step("conversion", "verified", output=str(model_dir)).with_step("prompt", "verified")
    made = drain(pipeline.deploy(made, pipeline.deploy_plan(made, cache), Cancel()))
    target = cache / "custom" / "small"

    assert pipeline.deploy_plan(made, cache).replaces

    (target / "notes.txt").write_text("somebody's", encoding="utf-8")
    with pytest.raises(Failure, match="already"):
        pipeline.deploy_plan(made, cache)
    assert pipeline.deploy_plan(made, cache, replace=True).replaces

    # Taken out by another slmtui, while this deployment was in hand; then somebody's folder came.
    (target / "notes.txt").unlink()
    there = pipeline.find_deployed("small")
    assert there is not None
    drain(undeploy(there, Cancel()))
    target.mkdir(parents=True)
    (target / "genai_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Failure, match="already"):
        pipeline.deploy_plan(made, cache)
