"""Every text on every screen can be read in each of slmtui's themes, measured on what is drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import Footer

from slmtui import deployment as deployments
from slmtui.config.locations import shipped_dir
from slmtui.lab.variants import default_variants
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.help import HelpScreen
from slmtui.tui.screens.themes import ThemesScreen
from tests.tui import bench, convert_bench, deploy_bench, lab_bench, template_bench, validate_bench
from tests.tui import test_chat_pictures as chat
from tests.tui import test_convert_pictures as convert
from tests.tui import test_deploy_pictures as deploy
from tests.tui import test_environment_pictures as environment
from tests.tui import test_lab_pictures as lab
from tests.tui import test_template_pictures as template
from tests.tui import test_validate_pictures as validate
from tests.tui.contrast import hard_to_read
from tests.tui.walking import offered, settled, until

fixed = chat.fixed  # the chat's picture needs a model host that is always the same
SIZE = (160, 48)  # where the most is shown at once
NAMES = sorted(path.stem for path in shipped_dir("themes").glob("*.toml"))
Reach = Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]
Scene = Callable[[pytest.MonkeyPatch, Path], tuple[SlmtuiApp, Reach, Callable[[], None]]]


async def _at_rest(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: app.screen.query("#primary") and offered(app))


def _themes(*_: object) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
    async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
        await _at_rest(pilot, app)
        app.action_change_theme()
        await until(pilot, lambda: isinstance(app.screen, ThemesScreen))

    return SlmtuiApp(), reach, lambda: None


def _help(*_: object) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
    async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
        await _at_rest(pilot, app)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))

    return SlmtuiApp(), reach, lambda: None


def _environment(state: str) -> Scene:
    def make(*_: object) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        desk = environment.STATES[state][0]()

        async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
            await environment.STATES[state][1](pilot, desk)

        return bench.app_with(desk), reach, desk.let_go

    return make


def _convert(state: str) -> Scene:
    def make(monkeypatch: pytest.MonkeyPatch, _: Path) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        studio = convert_bench.FixedStudio()
        convert_bench.fix(monkeypatch, studio)

        async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
            await until(pilot, lambda: offered(app) == "Convert")
            await convert.STATES[state](pilot, app)

        return convert_bench.app_with(studio), reach, studio.may_go.set

    return make


def _template(state: str) -> Scene:
    def make(monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        template_bench.fix(monkeypatch)
        app = template_bench.app_with(
            template_bench.FixedDesk(), template_bench.model_folder(folder / "model")
        )

        async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
            await until(pilot, lambda: offered(app) == "Write and continue")
            await template.STATES[state](pilot, app)

        return app, reach, lambda: None

    return make


def _deploy(state: str) -> Scene:
    def make(monkeypatch: pytest.MonkeyPatch, _: Path) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        depot = deploy_bench.FixedDepot()
        depot.there = state == "replace"
        depot.models = (deploy_bench.model(1), deploy_bench.model(2, status="fail"))
        depot.kept = (deploy_bench.UNFINISHED,) if state == "unfinished" else ()
        monkeypatch.setattr("slmtui.tui.screens.deployed.is_there", lambda model: True)
        mode, reach = deploy.STATES[state]
        return deploy_bench.app_with(depot, mode), reach, depot.may_go.set

    return make


def _chat(state: str) -> Scene:
    def make(*_: object) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        app = chat.ChatApp()
        app.deployment = deployments.load("fernlight-support")
        return app, chat.STATES[state], lambda: None

    return make


def _validate(state: str) -> Scene:
    def make(*_: object) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        desk = validate_bench.FixedDesk(validate_bench.ALL)
        return validate_bench.app_with(desk), validate.STATES[state], desk.may_go.set

    return make


def _lab(state: str) -> Scene:
    def make(*_: object) -> tuple[SlmtuiApp, Reach, Callable[[], None]]:
        rows = [] if state == "plan" else [lab_bench.row(each) for each in default_variants()]
        desk = lab_bench.FixedDesk(*rows)
        if rows:
            desk.rows[rows[1].key] = lab_bench.failed(rows[1].variant)
        return lab_bench.app_with(desk, lab_bench.begun()), lab.STATES[state], desk.may_go.set

    return make


# Between them they show every widget in what it can look like.
SCENES: dict[str, Scene] = {
    "start, and the themes": _themes,
    "help": _help,
    "environment": _environment("blocked"),
    "convert, a config": _convert("config"),
    "convert, converting": _convert("running"),
    "convert, done": _convert("done"),
    "template": _template("wrong"),
    "deploy, replacing": _deploy("replace"),
    "deployed": _deploy("unfinished"),
    "chat": _chat("broken"),
    "validate, questions": _validate("questions"),
    "lab, compared": _lab("table"),
}


def _drawn_in(app: SlmtuiApp) -> bool:
    """Whether the colours of a theme have arrived at the bottom of the screen."""
    footer = app.screen.query_one(Footer)
    return footer.styles.background == Color.parse(app.theme_variables["footer-background"])


@pytest.mark.parametrize("name", SCENES)
async def test_every_text_can_be_read_in_every_theme(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    app, reach, let_go = SCENES[name](monkeypatch, tmp_path)
    wrong: list[str] = []
    async with app.run_test(size=SIZE) as pilot:
        await reach(pilot, app)
        await settled(pilot)
        for theme in NAMES:
            app.theme = theme
            await until(pilot, lambda: _drawn_in(app))
            wrong += [f"{theme}: {text}" for text in hard_to_read(app)]
        let_go()
    assert not wrong, "\n" + "\n".join(wrong)
