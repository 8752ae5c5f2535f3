"""Help: what has failed, then the field in focus, then the screen; and the glossary behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from slmtui.conversion.options import OPTIONS
from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.helpable import field_help
from slmtui.tui.screens.glossary import GlossaryScreen
from slmtui.tui.screens.help import HelpScreen
from slmtui.tui.widgets.check_list import CheckList
from slmtui.tui.widgets.lab_form import LabForm
from tests.tui.bench import BLOCKED, FixedBench
from tests.tui.bench import app_with as environment_with
from tests.tui.convert_bench import FixedStudio, app_with, fix
from tests.tui.lab_bench import FixedDesk, begun
from tests.tui.lab_bench import app_with as lab_with
from tests.tui.walking import offered, screen_text, until

BLOCK_SIZE = next(option for option in OPTIONS if option.key == "block_size")


def words(app: SlmtuiApp) -> str:
    """What the help says, without its frame and line breaks."""
    lines = screen_text(app).splitlines()
    return " ".join(" ".join(line.partition("│")[2].rpartition("│")[0] for line in lines).split())


async def test_help_begins_with_the_field_in_focus(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = FixedStudio()
    fix(monkeypatch, studio)
    app = app_with(studio)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Convert" and app.screen.query("#row-block_size"))
        app.screen.query_one("#row-block_size").focus()
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Microsoft Olive" in words(app))
        said = words(app)
        assert said.index("Block size") < said.index(BLOCK_SIZE.help) < said.index("Microsoft Olive turns")
        assert "How many neighbouring weights share one scale" in said  # the glossary's own words
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal)
        app.screen.query_one("#primary").focus()
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Microsoft Olive" in words(app))
        assert "This field" not in words(app)
        assert BLOCK_SIZE.help not in words(app)


async def test_help_begins_with_what_has_failed_and_copies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = FixedStudio()
    fix(monkeypatch, studio)
    app = app_with(studio)
    cause = "Olive made no [b]model[/b]."
    studio.failure = Failure(cause, "Take another precision.", Path("/srv/convert.log"))
    studio.may_go.set()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Convert")
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Try again" and "F1 tells more" in screen_text(app))
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "What has failed" in words(app))
        said = words(app)
        assert said.index(cause) < said.index("Take another precision.") < said.index("doctor --report")
        assert str(Path("/srv/convert.log")) in said
        assert "How many bits a weight has" in said  # "precision", which stands in the fix
        await pilot.press("y")
        await until(pilot, lambda: cause in app.clipboard)


async def test_the_help_explains_the_highlighted_check_and_the_labs_fields() -> None:
    app = environment_with(FixedBench(BLOCKED))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#checks") and offered(app))
        checks = app.screen.query_one(CheckList)
        checks.rows.focus()
        await until(pilot, lambda: checks.rows.has_focus and checks.label)
        found = field_help(app.screen)
        assert found is not None
        assert (found.title, found.text) == (checks.label, checks.about)
        named = next(check for check in BLOCKED.checks if check.id == checks.highlighted)
        assert named.reason in found.text
    app = lab_with(FixedDesk(), begun())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Compare")
        for field in app.screen.query_one(LabForm).query(Input):
            field.focus()
            await until(pilot, lambda field=field: field.has_focus)
            said = field_help(app.screen)
            assert said is not None, field.id
            assert said.text


async def test_the_glossary_is_one_key_from_the_help_and_searches_while_one_types() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and app.focused is not None)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, GlossaryScreen) and "accuracy level" in words(app))
        await pilot.press(*"kl ")
        await until(pilot, lambda: "How far the model's expectation" in words(app))
        await pilot.press("down")
        await until(pilot, lambda: "Five things that a model has to pass" in words(app))
        await pilot.press("x")
        await until(pilot, lambda: "No word here" in words(app))
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query_one(Input).value)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_a_window_without_words_of_its_own_has_its_keys_explained() -> None:
    app = environment_with(FixedBench(BLOCKED))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: app.screen.query(CheckList))
        await app.push_screen(GlossaryScreen())
        app.push_screen(HelpScreen(app.screen))
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "To the next field" in words(app))
        assert "None" not in words(app)
