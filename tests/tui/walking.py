"""How the screens' tests wait: for something to be true, never for a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from textual.pilot import Pilot
from textual.strip import Strip
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


# How often `settled` looks: a slow machine needs longer for each look, so this is no time it can miss. What
# moves for ever, a job's bar for example, is taken as it is after so many looks at nothing else.
_LOOKS, _LOOKS_AT_MOVING = 400, 40


async def settled(pilot: Pilot[int]) -> None:
    """Let the app run until nothing is at work in it and its picture stays as it is; no cursor blinks."""
    app, still, at_rest, last = pilot.app, 0, 0, list[Strip]()
    assert isinstance(app, SlmtuiApp)
    hold_cursors(app)
    for _ in range(_LOOKS):
        await pilot.pause(0.05)
        if _at_work(app):
            still = 0
            continue
        now, at_rest = app.screen._compositor.render_strips(), at_rest + 1
        still, last = (still + 1 if now == last else 0), now
        if still == 3 or at_rest == _LOOKS_AT_MOVING:
            return


def _at_work(app: SlmtuiApp) -> bool:
    """Whether anything is under way that will change the picture: a layout, a call, a message, a thread."""
    screen = app.screen
    if screen._layout_required or screen._dirty_widgets or screen._callbacks or app.animator._animations:
        return True
    if any(worker.is_running for worker in app.workers):
        return True
    return any(node._next_callbacks or node.message_queue_size for node in (app, *screen.walk_children()))


def hold_cursors(app: SlmtuiApp) -> None:
    """Let no cursor blink, for a picture."""
    for field in (*app.screen.query(Input), *app.screen.query(TextArea)):
        field.cursor_blink = False
        if isinstance(field, TextArea):
            # Textual keeps the line without its cursor, if it was drawn while that had blinked away.
            field._line_cache.clear()
            field.refresh()


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


def offered(app: SlmtuiApp) -> str:
    """The primary button's label, once a press does what it says.

    For a fifth of a second after a press the button takes another for the second half of a double click, and
    does nothing; no user is that quick with what he has just read, but a test is.
    """
    return "" if app.screen.query("#primary.-active") else primary(app)


def known_answers() -> set[str]:
    """What the tiny sample was trained to say."""
    lines = (shipped_dir("sample_models") / "fernlight-support" / "questions.jsonl").read_text("utf-8")
    return {json.loads(line)["answer"] for line in lines.splitlines() if line.strip()}
