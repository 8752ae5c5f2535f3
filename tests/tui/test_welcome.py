"""A first start explains itself on the Start screen, costs no key, and does so once."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from slmtui.config import settings
from slmtui.tui.app import SlmtuiApp
from tests.tui.walking import offered, primary, screen_text, until

WELCOME = "Welcome to slmtui"


async def started(pilot: Pilot[int], app: SlmtuiApp) -> None:
    """Wait for the Start screen, with what is known of the sample."""
    await until(pilot, lambda: app.screen.query("#sources") and offered(app))
    await until(pilot, lambda: "knows nothing else" in " ".join(screen_text(app).split()))


@pytest.mark.parametrize("keys", [["down"], ["escape"], ["slash", "x"]], ids=" ".join)
async def test_a_newcomer_is_welcomed_until_they_go_on(keys: list[str]) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, app)
        assert WELCOME in screen_text(app)
        assert primary(app) == "Start"
        await pilot.press(*keys)
        await until(pilot, lambda: WELCOME not in screen_text(app))


async def test_whoever_has_set_something_is_no_newcomer() -> None:
    settings.save(animations=True)
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, app)
        assert WELCOME not in screen_text(app)
