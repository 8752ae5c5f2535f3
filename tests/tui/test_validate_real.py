"""From a chat on: the answer joins the suite, all is measured with the real model, and the report written."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input, TextArea

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.measure.bench_figures import BenchPlan
from slmtui.tui.measuring_desk import MeasuringDesk
from slmtui.tui.screens.report_file import ReportScreen
from tests.tui.chat_bench import ask, deploy
from tests.tui.validate_bench import app_with
from tests.tui.walking import offered, screen_text, until


async def test_an_answer_of_the_chat_is_asked_again_and_all_is_measured(
    sample_dir: Path, converted_sample: Path, tmp_path: Path
) -> None:
    one = deploy(sample_dir, converted_sample)
    shipped = pipeline.suite_of(converted_sample)
    assert shipped is None  # nobody has said that it is of the sample
    desk = MeasuringDesk(bench=BenchPlan((8, 24), (6,), 2), turns=10)
    app = app_with(desk, one)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Measure all")
        await pilot.press("f7")
        await until(pilot, lambda: app.current_mode == "chat" and app.chat.loaded is not None)
        await until(pilot, lambda: not app.job("chat").running)
        app.screen.query_one("#question", TextArea).text = ""
        await pilot.press("f12")
        right = await ask(pilot, app, "How long is the warranty?")
        await ask(pilot, app, "hello")
        await pilot.press("shift+tab", "x")
        await until(pilot, lambda: app.screen.query("#expected"))
        app.screen.query_one("#expected", TextArea).text = "Good day."
        await pilot.press("ctrl+t")
        await until(pilot, lambda: pipeline.suite_of(converted_sample) is not None)
        await pilot.press("k", "s")
        await until(pilot, lambda: len(pipeline.suite_of(converted_sample).lines) == 2)
        assert [line.equals for line in pipeline.suite_of(converted_sample).lines] == ["Good day.", right]

        # What comes after a chat is one key away.
        app.screen.query_one("#question").focus()
        await until(pilot, lambda: offered(app) == "Validate")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "validate" and offered(app) == "Measure all")

        # Stopped in the checklist: benchmark and quality are kept, and not measured again.
        await pilot.press("enter")
        await until(pilot, lambda: pipeline.measurements(converted_sample).quality is not None, 120)
        await pilot.press("escape")
        await until(pilot, lambda: offered(app) == "Measure the rest")
        kept = pipeline.measurements(converted_sample)
        assert kept.bench is not None
        assert len(kept.bench.rows) == 2
        assert kept.quality is not None
        assert kept.quality.against_source
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Write the report", 120)
        found = pipeline.measurements(converted_sample)
        assert (found.bench, found.quality) == (kept.bench, kept.quality)
        assert found.checklist is not None
        assert found.checklist.suite is not None
        assert found.checklist.control is not None
        assert (found.checklist.suite.passed, found.checklist.suite.of) == (1, 2)
        assert app.station_state("validate") == "failed"  # "Good day." is not what it was trained to say
        await pilot.press("t")
        await until(pilot, lambda: "never learnt" in screen_text(app))
        assert "2 questions, 1 of 2 right" in screen_text(app)

        await pilot.press("t", "r")
        await until(pilot, lambda: isinstance(app.screen, ReportScreen))
        path = tmp_path / "mein Bericht.html"
        app.screen.query_one("#report-path", Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: "Written to" in screen_text(app))
        assert "Good day." in path.read_text("utf-8")
        await pilot.press("enter")
        await until(pilot, lambda: app.clipboard == str(path))
        path.write_text("something else", "utf-8")
        app.screen.query_one("#report-path", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Enter once more replaces it" in screen_text(app))
        assert path.read_text("utf-8") == "something else"
        await pilot.press("escape")
        await app.action_quit()
    assert deployments.load("my-model").step("conversion").state == "verified"
