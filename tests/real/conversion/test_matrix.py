"""Every architecture that slmtui says it converts, converted for real and compared with transformers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slmtui.source.architectures import table

WORKER = Path(__file__).with_name("matrix_worker.py")


@pytest.fixture(scope="module")
def matrix(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the worker measured, by case."""
    done = subprocess.run(
        [sys.executable, str(WORKER), str(sample_dir), str(tmp_path_factory.mktemp("matrix"))],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    lines = [line.partition("MATRIX ")[2] for line in done.stdout.splitlines() if "MATRIX " in line]
    assert lines, done.stderr[-3000:]
    return {row["case"]: row for row in map(json.loads, lines)}


def of(matrix: dict[str, dict[str, Any]], model_type: str) -> list[dict[str, Any]]:
    return [row for case, row in matrix.items() if case.partition(":")[0] == model_type]


@pytest.mark.parametrize(
    "model_type", [a.model_type for a in table().by_name.values() if a.status == "measured"]
)
def test_what_is_called_measured_comes_out_as_the_checkpoint(matrix, model_type: str) -> None:
    rows = of(matrix, model_type)
    assert rows, f"the matrix lacks {model_type}"
    for row in rows:
        assert "error" not in row, row
        assert row["cosine"] > 0.99999, row
        assert row["kl"] < 1e-5, row


@pytest.mark.parametrize(
    "model_type", [a.model_type for a in table().by_name.values() if a.status == "wrong"]
)
def test_what_is_called_wrong_is_wrong(matrix, model_type: str) -> None:
    (row,) = of(matrix, model_type)
    assert "error" not in row, row
    assert row["cosine"] < 0.99, row
    assert row["kl"] > 1e-3, row
