"""Bad input, each a clear error with a fix, never a traceback, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def copied(sample: Path, folder: Path) -> Path:
    return Path(shutil.copytree(sample, folder / "model"))


def empty(sample: Path, folder: Path) -> Path:
    (folder / "model").mkdir()
    return folder / "model"


def missing(sample: Path, folder: Path) -> Path:
    return folder / "nowhere"


def config_without_weights(sample: Path, folder: Path) -> Path:
    path = copied(sample, folder)
    (path / "model.safetensors").unlink()
    return path


def truncated(sample: Path, folder: Path) -> Path:
    path = copied(sample, folder)
    weights = path / "model.safetensors"
    with weights.open("rb+") as file:
        file.truncate(weights.stat().st_size // 2)
    return path


def text_called_gguf(sample: Path, folder: Path) -> Path:
    path = folder / "model.gguf"
    path.write_text("This is a letter, not a model.", encoding="utf-8")
    return path


def unknown_architecture(sample: Path, folder: Path) -> Path:
    path = copied(sample, folder)
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    config |= {"architectures": ["NobodyKnowsForCausalLM"], "model_type": "nobody_knows"}
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def broken_config(sample: Path, folder: Path) -> Path:
    path = copied(sample, folder)
    (path / "config.json").write_text('{"architectures": [', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (missing, "nowhere"),
        (empty, "model"),
        (config_without_weights, "model"),
        (truncated, "model.safetensors"),
        (text_called_gguf, "model.gguf"),
        (unknown_architecture, "NobodyKnowsForCausalLM"),
        (broken_config, "config.json"),
    ],
)
def test_a_bad_source_is_named_with_its_fix(
    slmtui: Any, sample_dir: Path, tmp_path: Path, make: Callable[[Path, Path], Path], named: str
) -> None:
    source = make(sample_dir, tmp_path)
    output = tmp_path / "out"
    end = slmtui("convert", source, "--output", output, "--json").failed_clearly()
    assert named in end["cause"]
    assert not output.exists()
    assert slmtui("inspect", source).code == 1


def test_a_name_with_a_slash_is_refused_before_any_work(slmtui: Any, converted: Path) -> None:
    for arguments in (
        ("deploy", converted, "--name", "a/b"),
        ("run", "fernlight-support", "--name", "../b"),
        ("template", converted, "--name", "a/b"),
    ):
        end = slmtui(*arguments, "--json").failed_clearly()
        assert "'/'" in end["cause"]


def test_a_checkpoint_is_not_deployed_and_not_chatted_with(slmtui: Any, sample_dir: Path) -> None:
    for arguments in (("deploy", sample_dir, "--name", "x"), ("chat", sample_dir, "--prompt", "x")):
        end = slmtui(*arguments, "--json").failed_clearly()
        assert "convert" in (end["cause"] + end["fix"]).lower()


def test_a_model_that_cannot_answer_stays_deployed_and_says_how_it_is_taken_out(
    slmtui: Any, converted: Path, tmp_path: Path
) -> None:
    model = tmp_path / "speechless"
    shutil.copytree(converted, model)
    assert slmtui("template", model, "--write").code == 0
    (model / "chat_template.jinja").write_text("{{ raise_exception('no') }}", encoding="utf-8")

    deploying = slmtui("deploy", model, "--name", "speechless", "--json")
    deploying.failed_clearly()
    assert "slmtui undeploy speechless:1" in deploying.err

    assert slmtui("undeploy", "speechless:1").code == 0


def test_an_unknown_sample_model_or_precision_is_named(slmtui: Any, tmp_path: Path) -> None:
    for arguments, named in (
        (("samples", "get", "nonesuch"), "nonesuch"),
        (("undeploy", "nonesuch"), "nonesuch"),
        (("chat", "nonesuch", "--prompt", "x"), "nonesuch"),
        (("convert", "fernlight-support", "--output", tmp_path / "o", "--precision", "int3"), "int3"),
    ):
        assert named in slmtui(*arguments, "--json").failed_clearly()["cause"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_target_is_refused(slmtui: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        end = slmtui("convert", "fernlight-support", "--output", tmp_path / "o", "--json").failed_clearly()
    finally:
        tmp_path.chmod(0o700)
    assert str(tmp_path / "o") in end["cause"]


def test_a_target_below_a_file_is_refused(slmtui: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    end = slmtui(
        "convert", "fernlight-support", "--output", tmp_path / "file" / "o", "--json"
    ).failed_clearly()
    assert "file" in end["cause"]


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs a folder that not even root can write"
)
def test_a_folder_that_nobody_may_write_to_is_refused(slmtui: Any) -> None:
    end = slmtui("convert", "fernlight-support", "--output", "/proc/model", "--json").failed_clearly()
    assert "/proc" in end["cause"]
