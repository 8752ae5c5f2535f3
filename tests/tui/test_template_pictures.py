"""What the Template screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.diff import DiffScreen
from slmtui.tui.screens.load_file import LoadFileScreen
from tests.tui.pictures import pictured
from tests.tui.template_bench import GUIDE, FixedDesk, app_with, fix, model_folder
from tests.tui.walking import offered, primary, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")


async def _derived(pilot: Pilot[int], app: SlmtuiApp) -> None:
    return


async def _wrong(pilot: Pilot[int], app: SlmtuiApp) -> None:
    editor = app.screen.query_one("#json", TextArea)
    editor.text = GUIDE.replace("{Content}<", "Content<").replace("max_length", "Max_Length")
    await until(pilot, lambda: primary(app) == "")


async def _truth(pilot: Pilot[int], app: SlmtuiApp) -> None:
    app.screen.turn("truth")  # type: ignore[attr-defined]
    await until(pilot, lambda: app.screen.query_one("#renderings").display)
    app.screen.set_focus(None)


async def _parted(pilot: Pilot[int], app: SlmtuiApp) -> None:
    field = app.screen.query_one("#PromptTemplate-prompt", Input)
    field.value = r"<|im_start|>user: {Content}<|im_end|>\n<|im_start|>assistant\n"
    await pilot.pause()
    app.screen.turn("truth")  # type: ignore[attr-defined]
    await until(pilot, lambda: "PromptTemplate differs" in screen_text(app))
    app.screen.action_ids()  # type: ignore[attr-defined]
    app.screen.set_focus(None)


async def _loading(pilot: Pilot[int], app: SlmtuiApp) -> None:
    app.push_screen(LoadFileScreen("Load a template", lambda path: ""))
    await until(pilot, lambda: isinstance(app.screen, LoadFileScreen) and app.focused)


async def _difference(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, DiffScreen))


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "derived": _derived,
    "wrong": _wrong,
    "truth": _truth,
    "parted": _parted,
    "difference": _difference,
    "loading": _loading,
}


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str
) -> None:
    fix(monkeypatch)
    model = model_folder(tmp_path / "model")
    if state == "difference":
        (model / "inference_model.json").write_text(GUIDE)

    async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
        await until(pilot, lambda: offered(app) == "Write and continue")
        await STATES[state](pilot, app)

    await pictured(snapshot, app_with(FixedDesk(), model), reach)
