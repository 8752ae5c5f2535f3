from __future__ import annotations

import sys
from pathlib import Path

import pytest

from slmtui.conversion.targets import offers, targets


def test_the_cpu_is_offered_here_and_every_other_target_says_why_not() -> None:
    found = offers(Path(sys.executable))
    assert [one.target.name for one in found if one.available] == ["cpu"]
    for one in found[1:]:
        assert len(one.reason) > 15, one


@pytest.mark.parametrize(
    ("name", "system", "said"),
    [("directml", "linux", "Windows only"), ("cuda", "darwin", "Linux and Windows only")],
)
def test_a_target_of_other_systems_names_them(name: str, system: str, said: str) -> None:
    (offer,) = [one for one in offers(Path(sys.executable), system) if one.target.name == name]
    assert said in offer.reason


def test_a_missing_package_is_named_with_the_hardware() -> None:
    (cuda,) = [one for one in offers(Path(sys.executable), "linux") if one.target.name == "cuda"]
    assert "onnxruntime-genai-cuda" in cuda.reason
    assert "NVIDIA" in cuda.reason


def test_an_interpreter_that_is_gone_offers_nothing(tmp_path: Path) -> None:
    assert not any(one.available for one in offers(tmp_path / "no python"))
    assert {one.provider for one in targets()} >= {
        "CPUExecutionProvider", "CUDAExecutionProvider", "DmlExecutionProvider", "WebGpuExecutionProvider",
        "QNNExecutionProvider", "OpenVINOExecutionProvider", "NvTensorRTRTXExecutionProvider",
    }  # fmt: skip
