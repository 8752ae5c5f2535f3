"""The lint and the installed Olive agree on what is refused, ignored and taken."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slmtui.conversion.lint import lint

HERE = Path(__file__).parent
KNOWLEDGE = Path(lint.__code__.co_filename).parent / "rules" / "olive.json"

P = "passes/builder/config/"
A = "systems/local_system/accelerators/0/"
# Where, and the values to try there.
TRIED: dict[str, list[Any]] = {
    P + "int4_block_size": [
        128, "128", 128.0, True, 24, [32, 64], [], None, {}, "DEFAULT_VALUE", "SEARCHABLE_VALUES"
    ],
    P + "int4_is_symmetric": [True, "false", "no", 0, 2, "maybe", [True, False], 1.0],
    P + "int4_algo_config": ["rtn", 3, ["rtn"], ["rtn", "default"], {}],
    P + "int4_op_types_to_quantize": [["MatMul"], "MatMul", [1], {}, []],
    P + "int4_accuracy_level": [1, 4, 5, "4", 0],
    P + "extra_options": [{}, "x", []],
    P + "search": [{}, 1],
    P + "metadata_only": [False, "off", "x"],
    P + "precision": ["INT4", "fp32", "fp16", "bf16", "uint8", "int5", 4, None],
    P + "quantization_config": [{"block_size": 128}, 1],
    P + "block_size": [32],
    P + "unheard_of": [1, None, {}],
    "passes/builder/precision": ["fp32"],
    "passes/builder/int4_block_size": [16, "x"],
    "passes/builder/type": ["modelbuilder", "ModelBuildr", "olive.passes.onnx.model_builder.ModelBuilder"],
    "passes/builder/host": ["nowhere", "local_system"],
    "passes/builder/disable_search": [True],
    "passes/builder": ["ModelBuilder", None, {"type": "Rtn", "bits": 4}, {"type": "Rtn", "bits": 5}],
    "passes": [[], None],
    "foo": [1],
    "_comment": ["x"],
    "engine": [{"foo": 1}, {"log_severity_level": 2}],
    "host": ["nowhere", None, {"type": "LocalSystem"}, {"type": "Odd"}],
    "search_strategy": [True, False, {"execution_order": "joint", "sampler": "sequential"}],
    "log_severity_level": ["1", "info", 9, 1.5],
    "cache_dir": [3, ["a"], "x"],
    "output_dir": [3, "out"],
    "clean_cache": ["yes", 3],
    "workflow_id": [3, "x"],
    "input_model": ["x"],
    "input_model/type": ["hfmodel", "PyTorch", "HfModell"],
    "systems/local_system/type": ["Local", "localsystem", 3],
    "systems/local_system/foo": [1],
    "systems/local_system/hf_token": [True, "x"],
    "systems/local_system/accelerators": [["cpu"], [], {"device": "cpu"}, [{"device": "cpu"}] * 2, None],
    "systems/local_system": ["x"],
    "systems": [[]],
    A + "execution_providers": [
        ["CPU"], "CPUExecutionProvider", ["CPUExecutionProvider", "CUDAExecutionProvider"], []
    ],
    A + "device": ["CPU", "tpu"],
}  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lint") / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def run(program: str, given: str = "") -> str:
    """What one of the programs beside this file, which import Olive, prints."""
    done = subprocess.run(
        [sys.executable, HERE / program],
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"OLIVE_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def good(model: Path) -> dict[str, Any]:
    return {
        "input_model": {"type": "HfModel", "model_path": str(model), "task": "text-generation"},
        "systems": {
            "local_system": {
                "type": "LocalSystem",
                "accelerators": [{"device": "cpu", "execution_providers": ["CPUExecutionProvider"]}],
            }
        },
        "passes": {"builder": {"type": "ModelBuilder", "config": {"precision": "int4"}}},
        "host": "local_system",
        "target": "local_system",
        "cache_dir": "cache",
        "output_dir": "out",
    }


def with_value(model: Path, path: str, value: Any) -> dict[str, Any]:
    config = good(model)
    *way, last = path.split("/")
    part: Any = config
    for name in way:
        part = part[int(name)] if isinstance(part, list) else part[name]
    part[last] = value
    return config


def test_the_data_file_is_what_the_installed_olive_says() -> None:
    written = json.loads(KNOWLEDGE.read_text(encoding="utf-8"))
    read = json.loads(run("read_olive.py"))
    assert read["versions"] == written["versions"], "other releases: run read_olive.py again"
    assert read == written
    # The guide's trap, and the keys that do what it means.
    builder = read["passes"]["ModelBuilder"]["keys"]
    assert "quantization_config" not in builder
    assert {"int4_block_size", "int4_is_symmetric", "int4_algo_config"} <= set(builder)


def test_the_lint_says_what_olive_says(model: Path) -> None:
    cases = [
        (path, value, with_value(model, path, value)) for path, values in TRIED.items() for value in values
    ]
    answers = json.loads(run("ask_olive.py", json.dumps([config for _, _, config in cases])))
    differing = []
    for (path, value, config), answer in zip(cases, answers, strict=True):
        report = lint(json.dumps(config), folder=model.parent)
        told = [finding.cause for finding in report.findings if finding.severity == "error"]
        if bool(told) != bool(answer["refused"] or set(answer["ignored"]) - {"precision"}):
            differing.append((path, value, answer, told))
        for key in answer["ignored"]:
            if not any(key in f"{finding.path} {finding.cause}" for finding in report.findings):
                differing.append((path, value, answer, told))
    assert not differing


def test_what_the_lint_corrects_olive_takes(model: Path) -> None:
    corrected = []
    for path, values in TRIED.items():
        for value in values:
            text = json.dumps(with_value(model, path, copy.deepcopy(value)))
            report = lint(text, folder=model.parent, model=model)
            if report.corrected and lint(report.corrected, folder=model.parent).ok:
                corrected.append(json.loads(report.corrected))
    assert len(corrected) > 30
    answers = json.loads(run("ask_olive.py", json.dumps(corrected)))
    bad = [(c, a) for c, a in zip(corrected, answers, strict=True) if a["refused"] or a["ignored"]]
    assert not bad
