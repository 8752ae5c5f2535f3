"""The lab on the real sample and tool chain: two variants made, measured, compared, and one deployed."""

from __future__ import annotations

from pathlib import Path

from slmtui import pipeline
from slmtui.events import Cancel, drain
from slmtui.lab.plan import Measures
from slmtui.lab.row import VariantResult
from slmtui.lab.variants import parse_variants
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.lab_desk import LabDesk
from slmtui.tui.screens.lab import LabScreen
from slmtui.tui.widgets.lab_table import LabTable
from tests.tui.lab_bench import app_with
from tests.tui.walking import offered, screen_text, until

_SHORT = Measures((8,), (4,), 1, quality=False, suite=False)


async def test_two_variants_are_compared_and_one_is_deployed_as_it_lies_there() -> None:
    app = app_with(LabDesk(_SHORT), drain(pipeline.begin("fernlight-support", Cancel())))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Compare")
        screen = app.screen
        assert isinstance(screen, LabScreen)
        screen._choose(parse_variants(["int8", "int4:compact"]))
        await until(pilot, lambda: "2 variants" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: offered(app).startswith("Deploy INT"), 120)
        table, rows = app.screen.query_one(LabTable), _rows(app)
        for row in rows:
            assert {"bytes", "tokens_per_second", "ttft_ms", "peak_rss_bytes", "kl_mean", "top1"} <= set(
                row.figures
            )
        sizes = [row.bytes or 0 for row in rows]
        assert sizes[1] < sizes[0]
        chosen = next(row for row in rows if row.key == table.highlighted)
        when = _made(chosen.output)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy", 120)
        await until(pilot, lambda: "It answers" in screen_text(app) or offered(app) == "Continue", 60)
    assert app.deployment is not None
    step = app.deployment.step("conversion")
    assert step.state == "verified"
    assert step.record["output"] == str(chosen.output)
    assert step.record["cached"] is True  # nothing was converted a second time
    assert _made(chosen.output) == when


def _rows(app: SlmtuiApp) -> tuple[VariantResult, ...]:
    """What the table shows."""
    result = app.screen.query_one(LabTable)._result
    assert result is not None
    return result.rows


def _made(folder: Path | None) -> int:
    """When a model's manifest was written, in nanoseconds."""
    assert folder is not None
    return (folder / "slmtui.json").stat().st_mtime_ns
