"""`slmtui convert`: what it refuses before anything runs, and what it says without running (--dry-run)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from slmtui.cli import main
from slmtui.conversion import warm
from slmtui.environment.installed import command_line

SAMPLE = "fernlight-support"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "start", lambda: pytest.fail("a worker was started"))


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    code = main(["convert", *map(str, arguments), "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out.splitlines()[-1]), said.err


def test_a_dry_run_says_command_configuration_lint_and_forecast(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    code, end, _ = told(capsys, SAMPLE, "--output", output, "--option", "block_size=64", "--dry-run")
    assert (code, end["status"]) == (0, "ok")
    found = end["dry_run"]
    assert found["recipe"]["options"] == {"block_size": 64}
    assert found["command"].startswith("olive run-pass")
    assert found["configuration"]["passes"]["builder"]["int4_block_size"] == 64
    assert [one for one in found["lint"] if one["severity"] == "error"] == []
    assert 2_000_000 < found["forecast"]["output_bytes"] < found["forecast"]["needed_bytes"]
    assert found["forecast"]["memory_bytes"] > 100_000_000
    assert found["forecast"]["seconds"] is None
    assert found["possible"] is True
    assert not output.exists()


def test_a_dry_run_of_a_configuration_lints_it_and_names_its_recipe(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "my olive.json"
    builder = {"type": "ModelBuilder", "precision": "int4", "quantization_config": {"block_size": 128}}
    file.write_text(json.dumps({"input_model": {"type": "HfModel"}, "passes": {"builder": builder}}))
    code, end, said = told(capsys, SAMPLE, "--output", tmp_path / "out", "--config", file, "--dry-run")
    found = end["dry_run"]
    assert (code, end["status"]) == (1, "failed")
    assert found["possible"] is False
    assert any("quantization_config" in one["path"] for one in found["lint"])
    assert found["command"] == command_line("olive", "run", "--config", str(file))
    assert str(file) != found["command"].removeprefix("olive run --config ")  # the name has a space
    assert "error:" in said
    code, end, _ = told(
        capsys, SAMPLE, "--output", tmp_path / "out", "--config", file, "--dry-run", "--force"
    )
    assert (code, end["dry_run"]["possible"]) == (0, True)


def test_a_dry_run_says_what_stands_against_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, end, _ = told(capsys, SAMPLE, "--output", tmp_path, "--dry-run")
    assert code == 1
    assert "not empty" in end["cause"]
    assert end["dry_run"]["possible"] is False


def test_for_people_it_is_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["convert", SAMPLE, "--output", str(tmp_path / "out"), "--dry-run"]) == 0
    said = capsys.readouterr().out
    for words in ("olive run-pass", '"passes"', "memory", "never converted here"):
        assert words in said


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--precision", "int3"], "int3"),
        (["--preset", "tiny"], "tiny"),
        (["--option", "block_size=33"], "33"),
        (["--option", "colour=red"], "colour"),
        (["--precision", "fp32", "--option", "block_size=32"], "block_size"),
        (["--provider", "CUDAExecutionProvider"], "CUDAExecutionProvider"),
        (["--provider", "cuda", "--device", "gpu"], "cuda on the gpu"),
        (["--provider", "MoonExecutionProvider"], "MoonExecutionProvider"),
        (["--device", "npu"], "npu"),
        (["--config", "x.json", "--preset", "compact"], "--config"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], cause: str
) -> None:
    code, end, _ = told(capsys, SAMPLE, "--output", tmp_path / "out", *arguments)
    assert code == 1
    assert cause in end["cause"]
    assert end["fix"]
    assert not (tmp_path / "out").exists()


def test_the_cpu_may_be_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for words in (["--device", "cpu"], ["--provider", "CPUExecutionProvider", "--device", "cpu"]):
        code, _, _ = told(capsys, SAMPLE, "--output", tmp_path / "out", *words, "--dry-run")
        assert code == 0


def test_an_option_is_a_key_and_a_value(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["convert", SAMPLE, "--output", str(tmp_path / "out"), "--option", "block_size"]) == 2
    assert "KEY=VALUE" in capsys.readouterr().err


def test_a_base_for_what_is_no_adapter_is_refused_and_so_is_an_empty_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, end, _ = told(capsys, SAMPLE, "--output", tmp_path / "out", "--dry-run", "--base", SAMPLE)
    assert code == 1
    assert "is a whole model, no adapter" in end["cause"]
    code, end, _ = told(capsys, SAMPLE, "--output", tmp_path / "out", "--dry-run", "--base", "")
    assert (code, end["cause"]) == (1, "No model is named.")


@pytest.mark.parametrize("flag", ["--output", "--config", "--probe"])
def test_a_path_of_no_letters_is_not_the_current_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, flag: str
) -> None:
    assert main(["convert", SAMPLE, "--output", str(tmp_path / "out"), "--dry-run", flag, ""]) == 2
    assert f"{flag}: it names no path" in capsys.readouterr().err


def test_a_dry_run_says_each_finding_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "olive.json"
    builder = {"type": "ModelBuilder", "precision": "int4", "quantization_config": {"block_size": 128}}
    file.write_text(json.dumps({"input_model": {"type": "HfModel"}, "passes": {"builder": builder}}))
    main(["convert", SAMPLE, "--output", str(tmp_path / "out"), "--config", str(file), "--dry-run"])
    said = capsys.readouterr()
    assert (said.out + said.err).count("Olive 0.13.0 knows no setting quantization_config") <= 1
    assert (said.out + said.err).count("int4_block_size") >= 1


def test_what_is_odd_about_the_source_is_said_before_it_is_converted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, sample_dir: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(sample_dir, model)
    (model / "chat_template.jinja").unlink()
    code, _, said = told(capsys, model, "--output", tmp_path / "out", "--dry-run")
    assert code == 0
    assert "warning: There is no chat template" in said
    assert "fix: " in said
