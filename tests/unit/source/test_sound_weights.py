"""Weights that are not numbers are found before they are converted."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from slmtui.events import Cancel, Cancelled, Failure
from slmtui.source.sound_weights import refuse_damaged

KINDS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


def saved(folder: Path, weights: torch.Tensor) -> Path:
    path = folder / "model.safetensors"
    save_file({"a.weight": torch.ones(7, dtype=torch.float32), "b.weight": weights}, path)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_one_bad_weight_in_a_million_is_found_and_its_tensor_named(
    tmp_path: Path, kind: torch.dtype, value: float
) -> None:
    weights = torch.randn(1000, 3001).to(kind)
    weights[777, 2999] = value
    with pytest.raises(Failure) as raised:
        refuse_damaged([saved(tmp_path, weights)], Cancel())
    assert "1 of the 3,001,000 weights of b.weight" in raised.value.cause
    assert raised.value.fix


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_the_smallest_and_nothing_are_sound(tmp_path: Path, kind: torch.dtype) -> None:
    limits = torch.finfo(kind)
    weights = torch.tensor([limits.max, limits.min, limits.tiny, 0.0, -0.0], dtype=kind)
    refuse_damaged([saved(tmp_path, weights), saved_empty(tmp_path)], Cancel())


def saved_empty(folder: Path) -> Path:
    path = folder / "empty.safetensors"
    save_file({"none": torch.zeros(0), "whole": torch.full((3,), -1, dtype=torch.int64)}, path)
    return path


def test_other_files_are_left_alone_and_it_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    refuse_damaged([tmp_path / "config.json"], Cancel())
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        refuse_damaged([saved(tmp_path, torch.ones(2))], cancel)
