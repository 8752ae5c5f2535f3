"""Whoever leaves while a screen comes up leaves quietly, at whatever moment of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from slmtui import deployment as deployments
from slmtui.tui.app import SlmtuiApp
from tests.tui.chat_bench import NAME, deploy
from tests.tui.walking import until


@pytest.mark.parametrize("turns", range(0, 36, 3))  # of the event loop
@pytest.mark.parametrize("mode", ["template", "chat"])
async def test_leaving_while_a_screen_comes_up(
    mode: str, turns: int, sample_dir: Path, converted_sample: Path
) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        app.use(deployments.load(NAME))
        app.action_station(mode)
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit(0)
    assert app.return_code == 0
