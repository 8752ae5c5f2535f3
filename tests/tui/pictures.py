"""What a state of a screen looks like, at three sizes in two themes, and that it has its place at five sizes.

The app is started once and its terminal resized, which is what happens to a user's too. A picture that is
another one than before is accepted by `--snapshot-update`; look at it first.

A bar of progress is a quarter or a half full: Textual rounds other shares down to half a cell of the width
that it has by then, if it has one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from slmtui.tui.app import SlmtuiApp
from tests.tui.geometry import ill_placed
from tests.tui.walking import settled

Reach = Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]
Size = tuple[int, int]

PICTURED: tuple[Size, ...] = ((80, 24), (120, 40), (160, 48))
UP: tuple[Size, ...] = ((80, 24), (100, 30), (120, 40), (160, 48), (220, 60))
DARK, LIGHT = "slmtui-dark", "slmtui-light"


async def pictured(
    snapshot: SnapshotAssertion,
    app: SlmtuiApp,
    reach: Reach,
    let_go: Callable[[], object] = lambda: None,
    each: Reach | None = None,
) -> None:
    """Bring about a state, then grow the terminal in the dark and shrink it in the light.

    `let_go` ends what is under way in the app, which would keep it from ending; `each` brings the state about
    once more at every size, for what ends when the terminal is resized, or takes no other theme while it is
    open, as Textual's own window.
    """
    wrong: list[str] = []
    async with app.run_test(size=UP[0]) as pilot:
        try:
            app.theme = DARK
            await reach(pilot, app)
            app.clear_notifications()
            await settled(pilot)
            for size in UP:
                wrong += await _looked_at(snapshot, pilot, size, each)
            app.theme = LIGHT
            for size in reversed(PICTURED):
                wrong += await _looked_at(snapshot, pilot, size, each)
        finally:
            let_go()
    assert not wrong, "\n" + "\n".join(wrong)


async def _looked_at(
    snapshot: SnapshotAssertion, pilot: Pilot[int], size: Size, each: Reach | None
) -> list[str]:
    """What is wrong with the screen at this size."""
    app = pilot.app
    assert isinstance(app, SlmtuiApp)
    await pilot.resize_terminal(*size)
    await settled(pilot)
    if each is not None:
        await each(pilot, app)
        await settled(pilot)
    name = f"{size[0]}x{size[1]}-{app.theme}"
    wrong = [f"{name}: {problem}" for problem in ill_placed(app)]
    if size in PICTURED:
        picture = app.export_screenshot(title=app.title, simplify=True)
        if snapshot(name=name, extension_class=SVGImageExtension) != picture:
            wrong.append(f"{name}: looks otherwise than in its picture; now {_kept(name, picture)}")
    return wrong


def _kept(name: str, picture: str) -> Path:
    from tempfile import mkdtemp

    path = Path(mkdtemp(prefix="slmtui-picture-")) / f"{name}.svg"
    path.write_text(picture, encoding="utf-8")
    return path
