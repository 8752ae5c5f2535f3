"""What the Start screen and the windows that every screen has look like, in each of their states."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.deployment import Deployment, load
from slmtui.events import Failure
from slmtui.source.questions import Asks, Question
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.glossary import GlossaryScreen
from slmtui.tui.screens.help import HelpScreen
from slmtui.tui.screens.jump import JumpScreen
from slmtui.tui.screens.questions import window
from slmtui.tui.screens.settings import SettingsScreen
from slmtui.tui.screens.themes import ThemesScreen
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.verdicts import FailurePanel
from tests.tui.pictures import pictured
from tests.tui.walking import offered, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")

LONG = "fernlight-support-assistant-for-customers-of-the-winter-catalogue"[:64].strip("-")
ABROAD = Path("/srv/modèles/蕨光支持助手/مساعد-الدعم/fern-の-ランプ-" + "長" * 30)
PICKLE = Question(Asks("pickle", ("pytorch_model.bin",)), "Its weights are pickled.", "Save them anew.")
CODE = Question(Asks("code", ("modeling_fern.py", "configuration_fern.py")), "It has code.", "Read it.")
BASE = Question(Asks("base", ("someone/fern@v2",)), "Its base is not here.", "Name it.")


async def _welcome(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: "knows nothing else" in " ".join(screen_text(app).split()))


async def _deployments(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Continue")


async def _typing(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    await pilot.press("slash")
    app.screen.query_one("#path", Input).value = "someone/fern@v2"
    await until(pilot, lambda: "A model on the hub" in screen_text(app))


async def _failed(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    panel = app.screen.query_one("#start-failure", FailurePanel)
    panel.show(Failure(f"There is no model in {ABROAD}.", "Name a folder with a config.json in it."))


async def _help(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Choose what" in screen_text(app))


async def _glossary(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    app.push_screen(GlossaryScreen())
    await until(pilot, lambda: isinstance(app.screen, GlossaryScreen) and "accuracy" in screen_text(app))


async def _themes(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    await pilot.press("f11")
    await until(pilot, lambda: isinstance(app.screen, ThemesScreen) and app.screen.query("#theme-list"))


async def _jump(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    await _jump_anew(pilot, app)


async def _close(pilot: Pilot[int], app: SlmtuiApp) -> None:
    if app.screen.is_modal:
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal)


async def _jump_anew(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _close(pilot, app)
    await pilot.press("g")
    await until(pilot, lambda: isinstance(app.screen, JumpScreen))


async def _palette(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    await _palette_anew(pilot, app)


async def _palette_anew(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _close(pilot, app)
    await pilot.press("ctrl+p")
    await until(pilot, lambda: app.screen.is_modal and "Forget the highlighted" in screen_text(app))


async def _settings(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _deployments(pilot, app)
    await pilot.press("comma")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and isinstance(app.focused, Choice))
    app.screen.query_one("#setting-toolchain_python").focus()
    await pilot.press(*"/no/python", "enter")
    await until(pilot, lambda: "is no program here." in screen_text(app))


def _asking(question: Question) -> Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]:
    async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
        await _deployments(pilot, app)
        below = app.screen
        app.push_screen(window(question, str(ABROAD), lambda *_: None)[0])
        await until(pilot, lambda: app.screen is not below and app.focused is not None)

    return reach


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "welcome": _welcome,
    "deployments": _deployments,
    "typing": _typing,
    "failed": _failed,
    "pickle": _asking(PICKLE),
    "code": _asking(CODE),
    "base": _asking(BASE),
    "help": _help,
    "glossary": _glossary,
    "themes": _themes,
    "jump": _jump,
    "palette": _palette,
    "settings": _settings,
}


def begun() -> None:
    """A deployment with a long name, one that failed with a source in four scripts, and an ordinary one."""
    done = {"output": "/srv/slmtui/models/it", "precision": "int4", "bytes": 196_400_000}
    record = {"bytes": 269_060_552, "architecture": "LlamaForCausalLM"}
    Deployment.new("smollm2", Path("/srv/models/smollm2")).with_step("source", "verified", **record).save()
    one = Deployment.new("fern", ABROAD).with_step("source", "verified", **record)
    one.with_step("conversion", "failed", cause="Olive made no model.").save()
    long = Deployment.new(LONG, ABROAD).with_step("source", "verified", **record)
    long.with_step("conversion", "verified", **done).save()
    for minute, name in enumerate(("smollm2", "fern", LONG)):
        os.utime(load(name).path, (60 * minute, 60 * minute))  # the latest comes first


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.delenv("TEXTUAL_ANIMATIONS", raising=False)
    monkeypatch.setattr("slmtui.tui.screens.settings.short", lambda path: "~/.config/slmtui/settings.toml")
    monkeypatch.setattr("slmtui.tui.screens.themes.short", lambda path: "~/.config/slmtui/themes")
    for place in ("source_list", "source_details"):
        monkeypatch.setattr(f"slmtui.tui.widgets.{place}.ago", lambda at: "4 h ago")
    if state != "welcome":
        begun()
    anew = {"jump": _jump_anew, "palette": _palette_anew}
    await pictured(snapshot, SlmtuiApp(), STATES[state], each=anew.get(state))
