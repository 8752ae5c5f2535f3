"""How the screens' tests wait: for something to be true, never for a time."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot
from textual.widgets import Button, Input, TextArea

from slmtui.config.locations import shipped_dir
from slmtui.tui.app import SlmtuiApp


async def until(pilot: Pilot[int], condition: Callable[[], object], seconds: float = 60) -> None:
    """Let the app run until `condition` holds; fails with what is on the screen if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(
                f"waited {seconds} s for nothing; the screen shows:\n{screen_text(pilot.app)}"
            )
        await pilot.pause(0.05)
    await pilot.pause()


async def settled(pilot: Pilot[int], seconds: float = 5) -> None:
    """Let the app run until its picture has not changed for a moment, or for `seconds` if it never rests."""
    deadline = time.monotonic() + seconds
    still, last = 0, ""
    while still < 3 and time.monotonic() < deadline:
        await pilot.pause(0.1)
        now = re.sub(r"terminal-\d+", "", pilot.app.export_screenshot())
        still, last = (still + 1 if now == last else 0), now


def hold_cursors(app: SlmtuiApp) -> None:
    """Let no cursor blink, for a picture."""
    for field in (*app.screen.query(Input), *app.screen.query(TextArea)):
        field.cursor_blink = False
        if isinstance(field, TextArea):
            # Textual keeps the line without its cursor, if it was drawn while that had blinked away.
            field._line_cache.clear()
            field.refresh()


def pictured(
    snap_compare: Callable[..., bool],
    app: SlmtuiApp,
    size: tuple[int, int],
    theme: str,
    reach: Callable[[Pilot[int], SlmtuiApp], Awaitable[None]],
) -> bool:
    """Whether the app, at rest in the state that `reach` brings about, looks as in its picture."""

    async def before(pilot: Pilot[int]) -> None:
        app.theme = theme
        await reach(pilot, app)
        await settled(pilot)
        app.clear_notifications()

    return snap_compare(app, terminal_size=size, run_before=before)


def screen_text(app: object) -> str:
    """What the screen shows, as lines of text."""
    assert isinstance(app, SlmtuiApp)
    screen = app.screen
    lines = screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)


def primary(app: SlmtuiApp) -> str:
    """The label of the primary button, or nothing while there is none or it is disabled."""
    buttons = app.screen.query("#primary").results(Button)
    return next((str(button.label) for button in buttons if not button.disabled), "")


def known_answers() -> set[str]:
    """What the tiny sample was trained to say."""
    lines = (shipped_dir("sample_models") / "fernlight-support" / "questions.jsonl").read_text("utf-8")
    return {json.loads(line)["answer"] for line in lines.splitlines() if line.strip()}
