"""Every preset, and options beside them, of the sample by the real Olive: made, loaded, and spoken with."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.config.files import folder_bytes
from slmtui.conversion.command import CONFIG_NAME, command
from slmtui.conversion.config_text import config_text
from slmtui.conversion.forecast import forecast
from slmtui.conversion.recipe import Recipe, presets, recipe
from slmtui.events import Cancel, Failure, drain
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source.inspect import inspect
from tests.real.weights import differences

HERE = Path(__file__).parent
PRESETS = [f"{preset.precision} {preset.name}" for preset in presets()]
OPTIONS = [
    "int4 guide accuracy_level=1",
    "int4 guide accuracy_level=2",
    "int4 guide accuracy_level=3",
    "int4 guide block_size=16",
    "int4 guide block_size=256",
    "int4 guide symmetric=no block_size=128",
    "int4 guide algorithm=k_quant_last",
    "int4 guide algorithm=rtn_mixed",
    "int4 guide algorithm=gptq calibration_text=TEXT",
    "int4 compact algorithm=gptq calibration_text=TEXT",
    "int4 guide quantize_head=no",
    "int4 guide quantize_head=8",
    "int4 compact quantize_head=no",
    "int4 compact quantize_embeddings=4",
    "int4 compact symmetric=yes block_size=64",
    "int8 whole symmetric=no block_size=64",
    "int8 whole quantize_embeddings=no",
]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _recipe(case: str, text: Path) -> Recipe:
    precision, preset, *options = case.replace("TEXT", str(text)).split(" ")
    return recipe(precision, preset, dict(option.split("=", 1) for option in options))


@pytest.fixture(scope="module")
def text(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sample is meant for: its own questions and answers."""
    rows = (sample_dir.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    file = tmp_path_factory.mktemp("calibration") / "text.txt"
    file.write_text("\n".join(json.loads(row)["answer"] for row in rows), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def made(sample_dir: Path, text: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    recipes = {case: _recipe(case, text) for case in [*PRESETS, *OPTIONS]}
    found: dict[str, Path] = _load("making").make(sample_dir, recipes, tmp_path_factory.mktemp("recipes"))
    return found


@pytest.fixture(scope="module")
def changed(sample_dir: Path, text: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same, by an Olive that was changed to be quicker, as slmtui's worker changes it."""
    making, recipes = _load("making"), {case: _recipe(case, text) for case in [*PRESETS, *OPTIONS]}
    found: dict[str, Path] = making.make(
        sample_dir, recipes, tmp_path_factory.mktemp("changed"), making.CHANGED
    )
    return found


@pytest.mark.parametrize("case", [*PRESETS, *OPTIONS])
def test_what_the_worker_changes_about_olive_changes_no_byte_of_the_model(
    made: dict[str, Path], changed: dict[str, Path], case: str
) -> None:
    files = {path.name: path.read_bytes() for path in made[case].iterdir()}
    assert {path.name: path.read_bytes() for path in changed[case].iterdir()} == files


@pytest.mark.parametrize("case", [*PRESETS, *OPTIONS])
def test_a_recipe_makes_a_model_of_the_size_that_was_foreseen(
    made: dict[str, Path], sample_dir: Path, text: Path, case: str
) -> None:
    foreseen = forecast(inspect(sample_dir), _recipe(case, text)).output_bytes
    assert abs(foreseen / folder_bytes(made[case]) - 1) < 0.05


@pytest.mark.parametrize("case", [*PRESETS, *OPTIONS])
def test_a_recipe_makes_a_model_that_answers(made: dict[str, Path], case: str) -> None:
    with ModelHost(made[case]) as host:
        host.load()
        parameters = ChatParameters(max_tokens=12, temperature=0.0, repetition_penalty=1.0)
        answer = drain(host.chat([Message("user", "How do I reset the lamp?")], parameters, Cancel()))
    assert len(answer.text.split()) >= 4


def test_a_block_size_that_does_not_fit_is_refused_before_anything_runs(sample_dir: Path) -> None:
    wide = recipe("int4", "compact", {"block_size": "128"})
    with pytest.raises(Failure, match="does not divide the 192 inputs") as failure:
        forecast(inspect(sample_dir), wide)
    assert "16, 32, 64" in failure.value.fix


@pytest.mark.parametrize("case", ["int4 guide", "int4 compact"])
def test_the_command_run_by_hand_makes_the_same_model(
    made: dict[str, Path], sample_dir: Path, text: Path, tmp_path: Path, case: str
) -> None:
    output, chosen, source = tmp_path / "by hand", _recipe(case, text), inspect(sample_dir)
    (tmp_path / CONFIG_NAME).write_text(config_text(source, chosen, output), encoding="utf-8")
    line = command(source, chosen, output, windows=False).splitlines()[-1]
    subprocess.run(
        [sys.executable, "-m", *shlex.split(line)],
        cwd=tmp_path,
        env=os.environ | {"OLIVE_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"},
        check=True,
        capture_output=True,
    )
    assert not differences(output, made[case])
