"""Sample names and paths, as users type them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from slmtui.config import locations
from slmtui.deployment import check_name
from slmtui.events import Cancel, Failure, drain
from slmtui.source import samples
from slmtui.source.naming import default_name


def test_both_samples_are_listed_the_shipped_one_first():
    tiny, smol = samples.samples()
    assert (tiny.name, tiny.bundled, tiny.available) == ("fernlight-support", True, True)
    assert tiny.path is not None
    assert tiny.bytes == sum(path.stat().st_size for path in tiny.path.rglob("*") if path.is_file())
    assert (smol.name, smol.bundled, smol.available, smol.path) == (
        "smollm2-135m-instruct",
        False,
        False,
        None,
    )
    assert smol.bytes == 98_362_432
    assert smol.licence == "Apache-2.0"


def test_samples_have_what_a_person_needs():
    for sample in samples.samples():
        assert check_name(sample.name)
        assert sample.title
        assert sample.description.strip() == sample.description
        assert sample.suggested_prompts


def test_the_shipped_samples_first_questions_are_ones_it_was_trained_on():
    lines = (locations.shipped_dir("sample_models") / "fernlight-support" / "questions.jsonl").read_text(
        "utf-8"
    )
    trained = {question for line in lines.splitlines() for question in json.loads(line)["trained"]}
    assert set(samples.find("fernlight-support").suggested_prompts) <= trained


def test_a_shipped_sample_is_simply_there():
    assert drain(samples.get("fernlight-support", Cancel())) == samples.resolve("fernlight-support")


def test_an_unknown_sample_is_a_failure_that_names_those_there_are():
    with pytest.raises(Failure) as failure:
        drain(samples.get("nothing", Cancel()))
    assert "fernlight-support" in failure.value.fix
    assert samples.find("nothing") is None


def test_a_damaged_manifest_is_a_failure(tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.toml").write_text("title = ")
    monkeypatch.setattr(locations, "shipped_dir", lambda name: tmp_path)
    with pytest.raises(Failure, match="cannot be read"):
        samples.samples()


def test_a_shipped_sample_without_its_files_is_not_available(tmp_path, monkeypatch):
    shipped = locations.shipped_dir("sample_models") / "fernlight-support" / "manifest.toml"
    (tmp_path / "fernlight-support").mkdir()
    (tmp_path / "fernlight-support" / "manifest.toml").write_bytes(shipped.read_bytes())
    monkeypatch.setattr(locations, "shipped_dir", lambda name: tmp_path)
    assert not samples.find("fernlight-support").available
    with pytest.raises(Failure, match="missing"):
        samples.resolve("fernlight-support")


def test_manifests_hold_nothing_that_is_not_read():
    for path in locations.shipped_dir("sample_models").glob("*/manifest.toml"):
        keys = set(tomllib.loads(path.read_text("utf-8")))
        assert keys - {"folder", "package"} == {"title", "description", "licence", "suggested_prompts"}


# Paths


def test_a_path_is_made_absolute(tmp_path, monkeypatch):
    (tmp_path / "モデル 1").mkdir()
    monkeypatch.chdir(tmp_path)
    assert samples.resolve("モデル 1") == tmp_path / "モデル 1"
    assert samples.resolve(f'  "{tmp_path / "モデル 1"}" ') == tmp_path / "モデル 1"


def test_a_tilde_is_the_users_home(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    (tmp_path / "mine").mkdir()
    assert samples.resolve("~/mine") == tmp_path / "mine"


@pytest.mark.parametrize("typed", ["Qwen/Qwen2-0.5B", "https://huggingface.co/Qwen/Qwen2-0.5B"])
def test_a_hub_id_is_told_the_exact_command(typed):
    with pytest.raises(Failure) as failure:
        samples.resolve(typed)
    assert "`hf download Qwen/Qwen2-0.5B --local-dir Qwen2-0.5B`" in failure.value.fix


def test_a_mistyped_path_below_a_folder_is_no_hub_id(tmp_path, monkeypatch):
    (tmp_path / "models" / "support").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failure) as failure:
        samples.resolve("models/suport")
    assert "hf download" not in failure.value.fix
    assert str(Path("models") / "support") in failure.value.fix


def test_a_mistyped_sample_is_recognized():
    with pytest.raises(Failure) as failure:
        samples.resolve("fernlight-suport")
    assert "fernlight-support" in failure.value.fix


@pytest.mark.parametrize(
    "typed", ["", "  ", "''", "a\0b", "x" * 5000, "~nobody-of-that-name/x", "/no/such/folder"]
)
def test_what_cannot_be_found_is_a_failure_with_a_fix(typed):
    with pytest.raises(Failure) as failure:
        samples.resolve(typed)
    assert failure.value.fix


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/models/support", "support"),
        ("/models/support/model", "support"),
        ("/runs/support/checkpoint-500", "support-checkpoint-500"),
        ("/hub/models--org--name/snapshots/0123abc", "name"),
        ("/downloads/Small.Q4_K_M.gguf", "Small"),
        ("/downloads/small-f16.gguf", "small"),
    ],
)
def test_a_default_name_says_which_model_it_is(path, name):
    assert default_name(Path(path)) == name
