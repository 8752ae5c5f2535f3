"""The guide's configuration, pasted in: understood, corrected, and run by the real Olive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest

GUIDE = """\
{
  "input_model": {"type": "HfModel", "model_path": "<model>", "task": "text-generation"},
  "systems": {
    "local_system": {
      "type": "LocalSystem",
      "accelerators": [{"execution_providers": ["CPUExecutionProvider"]}]
    }
  },
  "passes": {
    "builder": {
      "type": "ModelBuilder",
      "config": {
        "precision": "int4",
        "quantization_config": {"block_size": 128, "is_symmetric": false}
      }
    }
  },
  "host": "local_system",
  "target": "local_system",
  "cache_dir": "cache",
  "output_dir": "models/output/<name>-onnx"
}
"""


def slmtui(*arguments: str | Path, cwd: Path) -> tuple[int, list[dict[str, Any]], str]:
    """Run a command; its code, the JSON it prints, and what it tells people."""
    done = subprocess.run(
        [sys.executable, "-m", "slmtui", *(str(each) for each in arguments), "--json"],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=dict(os.environ),
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def quantized(folder: Path) -> set[tuple[int, int]]:
    """Block size and number of inputs of every quantized layer; an asymmetric one has a fourth, its zeros."""
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    return {
        (next(a.i for a in node.attribute if a.name == "block_size"), sum(bool(name) for name in node.input))
        for node in model.graph.node
        if node.op_type == "MatMulNBits"
    }


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("configuration") / "finetuned_conversion_config.json"
    path.write_text(GUIDE, encoding="utf-8")
    return path


def test_as_it_is_it_is_refused_before_anything_runs(file: Path, sample_dir: Path) -> None:
    output = file.parent / "out"
    code, told, said = slmtui("convert", sample_dir, "--output", output, "--config", file, cwd=file.parent)
    assert code == 1
    assert "ignores quantization_config" in told[-1]["cause"]
    assert "--fix" in told[-1]["fix"]
    assert "replaced: input_model" in said
    assert not output.exists()


def test_corrected_it_makes_the_model_it_asks_for(file: Path, sample_dir: Path) -> None:
    mended = file.with_name("mended.json")
    mended.write_text(GUIDE, encoding="utf-8")
    code, (found,), _ = slmtui("lint", mended, "--model", sample_dir, "--fix", cwd=file.parent)
    assert (code, found["ok"], found["fixed"]) == (0, True, True)
    output = file.parent / "mended"
    code, told, _ = slmtui(
        "convert", sample_dir, "--output", output, "--config", mended, "--no-parity", cwd=file.parent
    )
    end = told[-1]
    assert (code, end["status"]) == (0, "ok"), end
    assert quantized(output) == {(128, 4)}
    assert any(said.startswith("output_dir") for said in end["config"]["replaced"])
    manifest = json.loads((output / "slmtui.json").read_text(encoding="utf-8"))
    assert manifest["passes"]["builder"]["config"]["int4_block_size"] == 128
    assert not (file.parent / "cache").exists()
    assert not (file.parent / "models").exists()


def test_forced_it_makes_what_olive_makes_of_it_which_is_the_default(file: Path, sample_dir: Path) -> None:
    output = file.parent / "forced"
    code, told, _ = slmtui(
        "convert", sample_dir, "--output", output, "--config", file, "--force", "--no-parity", cwd=file.parent
    )
    assert (code, told[-1]["status"]) == (0, "ok"), told[-1]
    assert quantized(output) == {(32, 3)}
