"""The Validate screen: measured with one key, stopped, refused; its questions written, changed and undone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
from slmtui.measure.bench_table import HEADINGS
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.measure.suite_file import read_suite
from slmtui.pipeline import Measurements, Wishes
from slmtui.pipeline.validation import Part
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.help import HelpScreen
from slmtui.tui.screens.measure_wishes import WishesScreen
from slmtui.tui.screens.report_file import ReportScreen
from slmtui.tui.screens.suite_line import SuiteLineScreen
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.grid import Grid
from slmtui.tui.widgets.suite_view import SuiteView
from slmtui.tui.widgets.verdicts import FailurePanel
from tests.tui.validate_bench import ALL, BENCH, GOOD, LINES, OWN, FixedDesk, app_with, chatted, line
from tests.tui.walking import offered, screen_text, settled, until

SIZE = (120, 40)


def job(app: SlmtuiApp):
    return app.job("validate")


def wrong(app: SlmtuiApp) -> str:
    """What is said to be wrong, on the shown screen."""
    panels = [panel for panel in app.screen.query(FailurePanel) if panel.display]
    return " ".join(str(panel.content) for panel in panels)


def lines(desk: FixedDesk):
    return desk.standing.suite.lines if desk.standing.suite else ()


async def at_questions(pilot: Pilot[int], app: SlmtuiApp) -> SuiteView:
    await until(pilot, lambda: offered(app))
    await pilot.press("t")
    view = app.screen.query_one(SuiteView)
    await until(pilot, lambda: view.display)
    return view


async def test_one_key_measures_all_and_the_rail_says_what_came_of_it() -> None:
    desk = FixedDesk()
    desk.will_find = GOOD
    desk.may_go.clear()
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == "Measure all")
        assert app.station_state("validate") == "ready"
        await pilot.press("enter")
        await until(pilot, lambda: "pp512" in screen_text(app))
        assert desk.measured == [("bench", "quality", "checklist")]
        assert app.station_state("validate") == "running"
        assert "about 1 min 35 s left" in screen_text(app)
        desk.may_go.set()
        await until(pilot, lambda: offered(app) == "Write the report")
        await until(pilot, lambda: app.station_state("validate") == "verified")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await pilot.press("escape")
        # Each part by its own key, too.
        for key, part in (("b", "bench"), ("q", "quality"), ("k", "checklist")):
            await until(pilot, lambda: offered(app) == "Write the report")
            await pilot.press(key)
            await until(pilot, lambda part=part: desk.measured[-1] == (part,) and not job(app).running)


async def test_a_failed_item_is_shown_with_its_fix_and_fails_the_station() -> None:
    app = app_with(FixedDesk(ALL))
    async with app.run_test(size=(160, 60)) as pilot:
        await until(pilot, lambda: offered(app) == "Write the report")
        shown = screen_text(app)
        assert "✗ Answers the questions of its domain correctly" in shown
        assert "→ The source itself does not know the answers" in shown
        assert "182.4 ± 2.3" in shown
        assert "no more than INT4" in shown
        assert app.station_state("validate") == "failed"
        await pilot.press("c")
        await until(pilot, lambda: "| pp512 |" in app.clipboard)
        assert "perplexity: 21.73 to its source's 20.94" in app.clipboard
        assert "fail: Answers the questions" in app.clipboard


async def test_stopped_in_the_middle_it_keeps_what_was_measured_and_measures_the_rest() -> None:
    desk = FixedDesk()
    desk.may_go.clear()
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == "Measure all")
        await pilot.press("enter")
        await until(pilot, lambda: job(app) and job(app).progress)
        await pilot.press("escape")
        await until(pilot, lambda: job(app).state == "cancelled" and "Stopped." in screen_text(app))
        # What was measured is looked up once it has ended.
        await until(pilot, lambda: "pp512" in screen_text(app))
        await until(pilot, lambda: "stopped before its end" in screen_text(app))
        assert app.station_state("validate") == "ready"
        desk.may_go.set()
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Write the report")


async def test_a_part_that_is_through_shows_its_figures_while_the_rest_is_measured() -> None:
    class TwoThrough(FixedDesk):
        def measure(
            self, deployment: Deployment, parts: Sequence[Part], cancel: Cancel
        ) -> Service[Measurements]:
            self.standing = replace(self.standing, found=replace(ALL, checklist=None, asked=None))
            self.left = ("checklist",)
            return (yield from super().measure(deployment, parts, cancel))

    desk = TwoThrough()
    desk.may_go.clear()
    app = app_with(desk)
    async with app.run_test(size=(160, 48)) as pilot:
        await until(pilot, lambda: offered(app) == "Measure all")
        await pilot.press("enter")
        await until(pilot, lambda: "It says what its source says" in screen_text(app))
        assert job(app).running
        assert "pp1536" in screen_text(app)
        assert "the machine was quiet" in screen_text(app)
        assert screen_text(app).count("It is being measured.") == 1
        desk.may_go.set()
        await until(pilot, lambda: offered(app) == "Write the report")


async def test_a_narrow_terminal_leaves_no_figure_out() -> None:
    app = app_with(FixedDesk(GOOD))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: offered(app) == "Write the report")
        grid = app.screen.query_one(Grid)
        await until(pilot, lambda: all(heading in str(grid.content) for heading in HEADINGS))
        assert str(grid.content).count("tg128 @ d512") == 2
        assert str(grid.content).count("pp512") == 1


async def test_what_fails_is_named_with_its_fix_and_can_be_tried_again() -> None:
    desk = FixedDesk()
    desk.failure = Failure("Benchmark: the model's process was killed.", "Close other programs.")
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == "Measure all")
        await pilot.press("enter")
        await until(pilot, lambda: "Close other programs." in screen_text(app))
        assert "the model's process was killed" in screen_text(app)
        desk.failure = None
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Write the report")
        assert not app.screen.query_one("#validate-failure", FailurePanel).display


async def test_how_it_is_measured_is_checked_while_it_is_typed_and_kept(tmp_path: Path) -> None:
    desk = FixedDesk(GOOD)
    app = app_with(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: offered(app) == "Write the report")
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, WishesScreen))
        # What is left out is said before anything runs, and what each field is for.
        await until(pilot, lambda: "left out:" in screen_text(app))
        assert "How long the prompts are" in screen_text(app)
        await pilot.press(*"2,048")
        await until(pilot, lambda: "Prompts: 048 begins with a zero" in screen_text(app))
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, WishesScreen)
        await pilot.press("ctrl+u", *"16 64")
        await until(pilot, lambda: "10 runs of 16 + 128, 64 + 128 tokens" in screen_text(app))
        app.screen.query_one("#wish-text", Input).value = str(tmp_path / "gone.txt")
        await until(pilot, lambda: "No such file" in screen_text(app))
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WishesScreen))
        app.screen.query_one("#wish-text", Input).value = ""
        await pilot.pause()
        await pilot.press("enter")
        # What was measured otherwise is to be measured again; the rest is not.
        await until(pilot, lambda: offered(app) == "Measure the rest")
        assert "Enter: benchmark." in screen_text(app)
        assert desk.standing.wishes.prompt_tokens == (16, 64)
        desk.will_find = replace(GOOD, bench=replace(BENCH, seconds=7.0))
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Write the report")
        assert desk.measured == [("bench",)]
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, WishesScreen))
        assert app.screen.query_one("#wish-prompt_tokens", Input).value == "16, 64"
        await pilot.press("ctrl+r", "ctrl+s")
        await until(pilot, lambda: desk.standing.wishes == Wishes())
        await until(pilot, lambda: offered(app) == "Measure the rest")


async def test_what_was_begun_with_one_model_is_not_about_the_next() -> None:
    desk = FixedDesk(ALL)
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        view = await at_questions(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: len(lines(desk)) == 4)
        await settled(pilot)  # it is shown that it is written
        # Another model, with questions of its own: u must not give it those of the first.
        desk.standing = replace(desk.standing, suite=Suite(LINES[:2], OWN))
        app.use(replace(chatted(), name="another"))
        screen = app.screen
        assert isinstance(screen, StationScreen)
        screen.show_state()
        await until(pilot, lambda: "2 questions" in screen_text(app))
        await until(pilot, lambda: view.index is not None)
        await pilot.press("u")
        await settled(pilot)
        assert lines(desk) == LINES[:2]


async def test_a_change_made_while_the_last_is_still_written_loses_none() -> None:
    class SlowDisk(FixedDesk):
        may_save = threading.Event()

        def save(self, model_dir: Path, lines: Sequence[SuiteLine]) -> Suite:
            self.may_save.wait()
            return super().save(model_dir, lines)

    desk = SlowDisk()
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        view = await at_questions(pilot, app)
        await until(pilot, lambda: view.highlighted is not None)
        try:
            for left in (4, 3):
                await pilot.press("d")
                await until(pilot, lambda left=left: f"{left} questions" in screen_text(app))
            assert lines(desk) == LINES
        finally:
            desk.may_save.set()
        await until(pilot, lambda: lines(desk) == LINES[2:])


async def test_without_a_model_it_says_where_to_go(tmp_path: Path) -> None:
    from slmtui.tui.measuring_desk import MeasuringDesk

    gone = Deployment.new("gone", tmp_path).with_step("source", "verified", bytes=1)
    gone = gone.with_step("conversion", "verified", output=str(tmp_path / "gone")).save()
    app = app_with(MeasuringDesk(), gone)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: offered(app) == "Go there")
        assert "not converted yet" in screen_text(app)
        await pilot.press("b", "t", "n", "r")  # nothing that could be done
        assert job(app) is None
        app.use(None)
        screen = app.screen
        assert isinstance(screen, StationScreen)
        screen.show_state()
        await until(pilot, lambda: offered(app) == "Choose a model")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "start")


async def test_questions_are_written_changed_deleted_and_brought_back() -> None:
    desk = FixedDesk(ALL)
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        view = await at_questions(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, SuiteLineScreen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is no question." in screen_text(app))
        app.screen.query_one("#line-prompt", TextArea).text = "Is it [b]dimmable[/b]?"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "it checks nothing" in screen_text(app))
        app.screen.query_one("#line-value", TextArea).text = "Yes\n10 steps"
        await pilot.pause()
        app.screen.query_one("#line-check", Choice).focus()
        await pilot.press("right")
        app.screen.query_one("#line-value", TextArea).text = "No"
        await pilot.pause()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(lines(desk)) == 6)
        assert lines(desk)[5] == line(
            "Is it [b]dimmable[/b]?", contains=("Yes", "10 steps"), not_contains=("No",)
        )
        await until(pilot, lambda: view.index == 5)
        assert "6 questions, 1 new since it was asked, 2 of 5 right" in screen_text(app)
        assert "[b]dimmable[/b]" in screen_text(app)

        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SuiteLineScreen))
        app.screen.query_one("#line-prompt", TextArea).text = "Can it be dimmed?"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: lines(desk)[5].question == "Can it be dimmed?")
        assert lines(desk)[5].contains == ("Yes", "10 steps")

        await pilot.press("home", "d")
        await until(pilot, lambda: len(lines(desk)) == 5)
        for count in (6, 6, 5):
            await pilot.press("u")
            await until(pilot, lambda count=count: len(lines(desk)) == count)
        await until(pilot, lambda: lines(desk) == LINES)
        # What was never changed has its answers still.
        await pilot.press("home", "down")
        await until(pilot, lambda: "lost by the conversion" in screen_text(app))
        await pilot.press("w", "c")
        await until(pilot, lambda: "How long is the warranty?" not in screen_text(app))
        assert "its source: An amber ring means that the tank is low." in app.clipboard


async def test_a_check_that_makes_no_sense_is_refused() -> None:
    desk = FixedDesk()
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        await at_questions(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, SuiteLineScreen))
        app.screen.query_one("#line-prompt", TextArea).text = "How?"
        choice, value = app.screen.query_one("#line-check", Choice), app.screen.query_one("#line-value")
        assert isinstance(value, TextArea)
        for check, text, said in (
            ("regex", "(", "its 'regex' is no pattern"),
            ("json_schema", "{", "The schema is no JSON"),
            ("json_schema", '{"type": "thing"}', "no JSON Schema"),
            ("max_tokens", "many", "no whole number"),
            ("similar", "1.5\nlike this", "no number above 0, up to 1"),
        ):
            value.text = ""
            await pilot.pause()
            choice.focus()
            while choice.value != check:
                await pilot.press("right")
            value.text = text
            await pilot.pause()
            await pilot.press("ctrl+s")
            await until(pilot, lambda said=said: said in wrong(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SuiteLineScreen))
        assert lines(desk) == LINES


async def test_a_file_takes_the_place_of_the_questions_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "meine Fragen.jsonl"
    file.write_text('{"prompt": "a", "equals": "b"}\n{"prompt": "a", "equals": 7}\n', "utf-8")
    desk = FixedDesk()
    app = app_with(desk)
    async with app.run_test(size=SIZE) as pilot:
        await at_questions(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#load-path"))
        app.screen.query_one("#load-path", Input).value = str(file)
        await pilot.press("enter")
        await until(pilot, lambda: "line 2: its 'equals' is no text" in wrong(app))
        file.write_text('{"prompt": "a", "equals": "b"}\n', "utf-8")
        await pilot.press("enter")
        await until(pilot, lambda: lines(desk) == (line("a", equals="b"),))
        # The last question stays, and u brings the others back.
        await until(pilot, lambda: not app.screen.query("#load-path"))
        await pilot.press("d")
        await pilot.pause(0.2)
        assert len(lines(desk)) == 1
        await pilot.press("u")
        await until(pilot, lambda: lines(desk) == LINES)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for an editor is a shell script")
async def test_a_broken_suite_is_named_and_mended_in_the_users_own_editor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "suite.jsonl"
    broken.write_text('{"prompt": "a", "equals": "b"}\n{"prompt": "c", "equal": "d"}\n', "utf-8")
    with pytest.raises(Failure) as caught:
        read_suite(broken)
    desk = FixedDesk(suite=None)
    desk.standing = replace(desk.standing, suite_failure=caught.value, own=broken)
    app = app_with(desk)
    monkeypatch.setattr(app, "suspend", nullcontext)

    def editor(script: str) -> None:
        program = tmp_path / "editor"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("VISUAL", str(program))

    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "line 2: it has 'equal'" in wrong(app))
        await at_questions(pilot, app)
        editor('sed -i.bak \'s/"a"/7/\' "$1"')
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "line 1: its 'prompt' is no text" in wrong(app))
        assert desk.standing.suite is None
        # What was typed there is not lost.
        editor('sed -i.bak \'s/: 7/: "A"/; s/"equal"/"equals"/\' "$1"')
        await pilot.press("ctrl+e")
        await until(pilot, lambda: lines(desk) == (line("A", equals="b"), line("c", equals="d")))
        assert not app.screen.query_one("#validate-failure", FailurePanel).display


def test_what_a_measured_suite_knows_is_told_by_the_question_not_by_its_place() -> None:
    from slmtui.tui.widgets.suite_view import asked

    moved = Suite((LINES[3], replace(LINES[1], equals="Other."), LINES[0]))
    states = [one.state for one in asked(moved, ALL)]
    assert states == ["ok", "unchecked", "ok"]
    assert pipeline.Measurements().asked is None
    assert {one.state for one in asked(moved, pipeline.Measurements())} == {"unchecked"}
