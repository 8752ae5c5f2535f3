"""Compact against the guide's recipe, both compared with SmolLM2: half the size, no more damage."""

from __future__ import annotations

import sys
from pathlib import Path

from slmtui import pipeline
from slmtui.conversion.convert import ConversionResult
from slmtui.conversion.plan import plan
from slmtui.conversion.recipe import recipe
from slmtui.events import Cancel, drain
from slmtui.source.inspect import inspect


def made(source: Path, preset: str, output: Path) -> ConversionResult:
    planned = plan(inspect(source), output, recipe=recipe("int4", preset))
    result = drain(pipeline.make_model(planned, Cancel()))
    print(f"{preset}: {result.bytes / 1e6:.1f} MB, {dict(result.parity)}")
    assert abs(planned.output_bytes / result.bytes - 1) < 0.05
    if sys.platform == "linux":  # where the forecast's figures come from
        assert 0.8 < result.peak_rss_bytes / planned.memory_bytes < 1.05
    return result


def test_compact_takes_110_mb_and_is_no_further_from_the_source(smollm2: Path, tmp_path: Path) -> None:
    guide, compact = (made(smollm2, preset, tmp_path / preset) for preset in ("guide", "compact"))
    assert compact.bytes <= 110_000_000
    assert compact.parity["kl_mean"] <= guide.parity["kl_mean"]
    assert compact.parity["verdict"] == "verified"
