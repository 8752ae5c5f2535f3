"""Is a folder listed, and if not, why: for every folder below a cache's root, whoever put it there."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.foundry.cache import cache_folders
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.why import Why, why, why_all


def model(folder: Path, *, name: str = "theirs", leave_out: str = "") -> Path:
    """A folder with the two files that make a model to the scanner."""
    folder.mkdir(parents=True)
    contents = {"genai_config.json": "{}", "inference_model.json": f'{{"Name": "{name}"}}'}
    for file, text in contents.items():
        if file != leave_out:
            (folder / file).write_text(text)
    return folder


def by_name(found: tuple[Why, ...], root: Path) -> dict[str, Why]:
    return {one.folder.relative_to(root).as_posix(): one for one in found}


def test_every_folder_below_the_root_has_its_reason(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    model(root / "Microsoft" / "phi" / "v1", name="phi:3")
    model(root / "custom" / "bare", leave_out="inference_model.json")
    model(root / "custom" / "off" / "onnx", leave_out="inference_model.json")
    (root / "custom" / "off" / "inference_model.json").write_text('{"Name": "off"}')
    (model(root / "custom" / "busy", name="busy") / "download.tmp").touch()
    (root / "empty").mkdir()
    model(root / "custom" / "twin", name="phi:3")

    found = by_name(why_all(root), root)

    assert {name for name, one in found.items() if one.listed} == {"Microsoft/phi/v1"}
    assert found["Microsoft/phi/v1"].model_id == "phi:3"
    assert not found["Microsoft/phi/v1"].by_slmtui
    assert "holds one model" in found["Microsoft"].reason
    assert "no inference_model.json" in found["custom/bare"].reason
    assert "no inference_model.json" in found["custom/off/onnx"].reason
    assert "no genai_config.json" in found["custom/off"].reason
    assert "download.tmp" in found["custom/busy"].reason
    assert "same id phi:3" in found["custom/twin"].reason
    assert not found["empty"].looks_like_model
    for name in ("custom/bare", "custom/off", "custom/off/onnx", "custom/busy", "custom/twin"):
        assert found[name].fix, name
        assert found[name].looks_like_model, name


def test_one_folder_is_asked_about_within_its_cache(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    folder = model(root / "custom" / "it")
    (folder / "inside").mkdir()

    assert why(folder, root).listed
    assert why(folder, root).model_id == "theirs:0"
    inside = why(folder / "inside", root)
    assert not inside.listed
    assert "theirs:0" in inside.reason
    assert not why(root, root).listed


def test_a_folder_outside_every_cache_is_said_to_be(tmp_path: Path) -> None:
    found = why(model(tmp_path / "elsewhere"))

    assert (found.listed, found.root) == (False, None)
    assert "slmtui deploy" in found.fix
    with pytest.raises(Failure, match="no folder"):
        why(tmp_path / "nowhere")


def test_a_deployed_one_is_known_with_its_registration(
    stand_in: ModuleType, model_dir: Path, cache: Path, tmp_path: Path
) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))
    found = why(cache / "custom" / "small")  # the ledger knows the cache

    assert (found.listed, found.registered, found.by_slmtui) == (True, "small:1", True)
    other = stand_in.make_model(tmp_path / "other")
    drain(deploy(plan(other, "reg", cache, method="register"), Cancel()))
    assert [one.folder for one in why_all(cache) if one.registered == "reg:1"] == [other]
    outside = why(other)
    assert (outside.listed, outside.registered) == (False, "reg:1")
    assert "only" in outside.reason or "no scanner" in outside.reason


def test_a_registration_of_a_folder_that_is_gone_is_named(
    stand_in: ModuleType, model_dir: Path, cache: Path
) -> None:
    with stand_in.StandInSdk(cache) as sdk:
        sdk.register("gone:1", model_dir, "gone")
    model_dir.rename(model_dir.with_name("moved"))

    (found,) = [one for one in why_all(cache) if one.registered == "gone:1"]

    assert "gone" in found.reason
    assert found.fix


def test_the_caches_of_sdk_applications_are_found() -> None:
    home = Path.home()
    (home / ".notes" / "cache" / "models").mkdir(parents=True)
    (home / ".notes" / "cache" / "models" / "foundry.local.modelinfo.json").write_text("{}")
    model(home / ".writer" / "cache" / "models" / "Publisher" / "phi" / "v1")
    (home / ".browser" / "cache" / "models").mkdir(parents=True)

    found = {folder.origin: folder.path for folder in cache_folders()}

    assert found["application notes"] == home / ".notes" / "cache" / "models"
    assert found["application writer"] == home / ".writer" / "cache" / "models"
    assert not any("browser" in str(path) for path in found.values())
