"""Rows of a lab as they would have been measured, and a model that nothing is done with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slmtui.lab.row import VariantResult
from slmtui.lab.variants import parse_variant
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource


def made(
    variant: str,
    size: int = 100,
    kl: float | None = 0.01,
    *,
    speed: float | None = None,
    suite: float | None = None,
    source: str = "model",
    verdict: str = "verified",
) -> VariantResult:
    """A row that is done."""
    steps: dict[str, dict[str, Any]] = {"conversion": {"bytes": size, "parity": {"verdict": verdict}}}
    if kl is not None:
        steps["quality"] = {"kl_mean": kl, "top1": 1 - kl}
    if speed is not None:
        steps["bench"] = {"rows": [_bench(512, speed / 2), _bench(32, speed)], "load_seconds": 0.5}
    if suite is not None:
        steps["suite"] = {"suite": {"share": suite}}
    return VariantResult(source, parse_variant(variant), "done", steps=steps)


def _bench(prompt: int, speed: float) -> dict[str, Any]:
    """A row of its benchmark; the long prompt takes more memory."""
    return {
        "prompt_tokens": prompt,
        "output_tokens": 64,
        "tokens_per_second": {"mean": speed, "deviation": 0.0, "n": 1},
        "ttft_ms": {"mean": float(prompt), "deviation": 0.0, "n": 1},
        "prompt_tokens_per_second": {"mean": 1000.0, "deviation": 0.0, "n": 1},
        "peak_rss_bytes": 1000 + prompt,
    }


@pytest.fixture
def row() -> Callable[..., VariantResult]:
    """Makes a row: variant, size, KL; speed, suite."""
    return made


@pytest.fixture
def sample(sample_dir: Path) -> ModelSource:
    return inspect(sample_dir)
