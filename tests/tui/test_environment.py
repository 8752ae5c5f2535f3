"""The Environment screen as a user meets it: what needs attention, the plan, the yes, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, OptionList

from slmtui.deployment import Deployment
from slmtui.environment.fix_plan import Step
from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.ask import AskScreen
from slmtui.tui.screens.environment import EnvironmentScreen
from slmtui.tui.screens.toolchain import ToolchainScreen
from tests.tui.bench import ALL_FINE, BLOCKED, WARNINGS, WITH_TOOLCHAIN, FixedBench, app_with
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (80, 24)


async def looked(pilot: Pilot[int], app: SlmtuiApp) -> EnvironmentScreen:
    await until(pilot, lambda: app.screen.query("#checks") and offered(app))
    assert isinstance(app.screen, EnvironmentScreen)
    return app.screen


async def asked(pilot: Pilot[int], app: SlmtuiApp, key: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, AskScreen) and app.screen.query("#yes"))


def rows(app: SlmtuiApp) -> list[str]:
    return [option.id or "" for option in app.screen.query_one("#checks", OptionList).options]


def main_button(app: SlmtuiApp) -> str:
    """The coloured button of a window, if Enter presses that one."""
    (main,) = (one for one in app.screen.query(Button) if one.variant == "primary")
    return str(main.label) if main is app.focused else ""


def button(app: SlmtuiApp, name: str) -> Button:
    return app.screen.query_one(name, Button)


async def test_what_needs_attention_comes_first_and_its_plan_is_shown() -> None:
    app = app_with(FixedBench(BLOCKED))
    async with app.run_test(size=(120, 40)) as pilot:
        await looked(pilot, app)
        assert rows(app)[:4] == ["package-onnxruntime-genai", "package-torch", "memory", "cmake"]
        shown = screen_text(app)
        for text in (
            "No module named",
            "pip install",
            "onnxruntime-genai==0.14.1",
            "230 MB",
            "becomes 0.14.1",
        ):
            assert text in shown
        assert primary(app) == "Mend"
        assert app.station_state("environment") == "failed"


async def test_what_takes_a_moment_has_a_row_until_it_is_there() -> None:
    bench = FixedBench(ALL_FINE)
    bench.slow_may_go.clear()
    app = app_with(bench)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "olive-ai" in screen_text(app))
        assert rows(app)[:4] == ["git", "compiler", "cmake", "foundry"]
        assert len([line for line in screen_text(app).splitlines() if "●" in line and "looking" in line]) == 4
        bench.let_go()
        await looked(pilot, app)
        assert "looking" not in screen_text(app)
        assert app.station_state("environment") == "verified"


async def test_nothing_runs_without_a_yes() -> None:
    bench = FixedBench(BLOCKED)
    bench.let_go()
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        for no in ("n", "escape"):
            await asked(pilot, app, "f")
            await pilot.press(no)
            await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.click("#no")
        await looked(pilot, app)
        assert bench.mended == []
        assert bench.looks == 1


async def test_enter_alone_mends_what_stops_a_deployment_and_looks_again() -> None:
    bench = FixedBench(BLOCKED, WARNINGS)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "enter")
        await pilot.press("enter")
        await until(pilot, lambda: "about 21 s left" in screen_text(app))
        assert "Downloading torch-2.13.0" in screen_text(app)
        assert app.station_state("environment") == "running"
        bench.let_go()
        await until(pilot, lambda: offered(app) == "Continue")
        assert bench.mended == ["packages"]
        assert bench.looks == 2
        assert "onnxruntime-genai 0.18.0 → 0.14.1" in screen_text(app)
        assert app.station_state("environment") == "verified"


async def test_a_plan_longer_than_the_window_can_be_read_and_answered() -> None:
    steps = tuple(Step(f"Step {number}", ("run", f"number-{number}")) for number in range(40))
    bench = FixedBench(replace(BLOCKED, plans=(replace(BLOCKED.plans[0], steps=steps),)))
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await until(pilot, lambda: "Mend now" in screen_text(app))
        assert "number-39" not in screen_text(app)
        await pilot.press(*["down"] * 20)
        await until(pilot, lambda: "number-39" in screen_text(app) and "Mend now" in screen_text(app))
        await pilot.click("#no")
        await looked(pilot, app)
        assert bench.mended == []


async def test_all_is_mended_in_order_and_by_the_mouse() -> None:
    bench = FixedBench(BLOCKED, ALL_FINE)
    bench.let_go()
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "a")
        assert "1. Install the tested version set" in screen_text(app)
        assert "2. Install CMake" in screen_text(app)
        await pilot.click("#yes")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Continue")
        assert bench.mended == ["packages", "cmake"]


async def test_a_cancelled_fix_says_what_it_left_and_looks_again() -> None:
    bench = FixedBench(BLOCKED)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.press("y")
        await until(pilot, lambda: button(app, "#cancel").display)
        await pilot.click("#cancel")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Mend")
        assert "Cancelled. Nothing was changed." in screen_text(app)
        assert bench.mended == []


async def test_a_failed_fix_says_why_and_its_output_can_be_read() -> None:
    bench = FixedBench(BLOCKED)
    bench.failure = Failure("No package index answers. Nothing was changed.", "Look at the network.")
    bench.let_go()
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "a")
        await pilot.press("y")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Mend")
        assert "No package index answers. Nothing was changed." in screen_text(app)
        assert "Look at the network." in screen_text(app)
        await until(pilot, lambda: "l Log" in screen_text(app))
        await pilot.press("l")
        await until(pilot, lambda: "Collecting onnxruntime-genai" in screen_text(app))
        await pilot.press("l")
        await until(pilot, lambda: "Found" in screen_text(app))
        await pilot.press("r")
        await until(pilot, lambda: bench.looks == 3 and offered(app))
        assert "No package index answers" not in screen_text(app)


async def test_a_long_stage_leaves_room_for_the_times() -> None:
    bench = FixedBench(BLOCKED)
    bench.stage = "downloading " + "onnxruntime_genai-" * 8
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.press("y")
        await until(pilot, lambda: "about 21 s left" in screen_text(app))
        assert "Downloading onnxruntime_genai-" in screen_text(app)
        bench.let_go()


async def test_a_fix_goes_on_while_another_screen_is_shown() -> None:
    bench = FixedBench(BLOCKED, ALL_FINE)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.press("y")
        await until(pilot, lambda: button(app, "#cancel").display)
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "start")
        bench.let_go()
        await until(pilot, lambda: bench.mended == ["packages"] and not _runs(app))
        await pilot.press("escape", "2")
        await until(pilot, lambda: app.current_mode == "environment" and offered(app) == "Continue")
        assert "Mended in" in screen_text(app)
        assert bench.looks == 2


async def test_checks_that_end_while_another_screen_is_shown_are_not_lost() -> None:
    bench = FixedBench(WARNINGS)
    bench.slow_may_go.clear()
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "Processor" in screen_text(app))
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "start")
        bench.let_go()
        await until(pilot, lambda: not _runs(app))
        await pilot.press("escape", "2")
        await until(pilot, lambda: app.current_mode == "environment" and offered(app) == "Continue")
        assert len(rows(app)) == len(WARNINGS.checks)
        assert bench.looks == 1


async def test_a_click_on_a_row_only_shows_it() -> None:
    app = app_with(FixedBench(ALL_FINE))
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await pilot.click("#checks", offset=(5, 3))
        assert app.screen.query_one("#checks", OptionList).highlighted == 3
        assert app.current_mode == "environment"


async def test_mending_is_offered_for_what_can_be_mended() -> None:
    app = app_with(FixedBench(BLOCKED))
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        offered = []
        for _ in ("package-onnxruntime-genai", "package-torch", "memory", "cmake"):
            offered.append(app.screen.active_bindings["f"].enabled)
            await pilot.press("down")
        assert offered == [True, True, False, True]
        assert "l" not in app.screen.active_bindings, "there is no output yet"


async def test_the_fix_and_the_row_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    app = app_with(FixedBench(BLOCKED))
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await pilot.press("c", "y")
        await asked(pilot, app, "f")
        await pilot.press("c")
    fix, row, plan = copied
    assert fix.endswith("pip install onnxruntime-genai==0.14.1")
    assert "status: fail" in row
    assert fix in row
    assert "olive-ai==0.13.0" in plan


async def test_nothing_is_mended_under_a_conversion_at_work(sample_dir: Path) -> None:
    bench = FixedBench(BLOCKED)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        app.use(Deployment.new("mine", sample_dir).with_step("source", "verified", bytes=1).save())
        app.start_job("convert", lambda cancel: bench.mend(BLOCKED.plans, None, cancel))
        await pilot.press("f")
        await pilot.pause(0.3)
        assert isinstance(app.screen, EnvironmentScreen)
        assert any("Convert" in notice.message for notice in app._notifications)
        bench.let_go()


async def test_another_model_is_looked_at_anew(sample_dir: Path) -> None:
    bench = FixedBench(ALL_FINE)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "start")
        app.use(Deployment.new("mine", sample_dir).with_step("source", "verified", bytes=1).save())
        app.action_station("environment")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Continue")
        assert bench.looked_for == ["", "mine"]


async def test_the_tool_chain_is_explained_and_built_with_one_more_key() -> None:
    bench = FixedBench(ALL_FINE, WITH_TOOLCHAIN)
    bench.let_go()
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ToolchainScreen) and app.screen.query("#build"))
        shown = screen_text(app)
        for text in (
            "/srv/models/.venv/bin/python",
            "nothing else is set",
            "not built",
            "500 MB",
            "toolchain build",
        ):
            assert text in shown
        await pilot.press("escape")
        await looked(pilot, app)
        assert bench.mended == []
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ToolchainScreen) and app.screen.query("#build"))
        await until(pilot, lambda: main_button(app) == "Build")
        await pilot.press("b")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Continue")
        assert bench.mended == ["toolchain"]
        assert "Built in" in screen_text(app)


async def test_a_tool_chain_that_is_proved_is_built_anew_only_by_whoever_says_so() -> None:
    bench = FixedBench(WITH_TOOLCHAIN)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ToolchainScreen) and app.screen.query("#build"))
        await until(pilot, lambda: main_button(app) == "Close")
        await pilot.press("enter")
        await looked(pilot, app)
        assert bench.mended == []


async def test_the_tool_chain_is_removed_after_a_yes_only() -> None:
    bench = FixedBench(WITH_TOOLCHAIN, ALL_FINE)
    app = app_with(bench)
    async with app.run_test(size=SIZE) as pilot:
        await looked(pilot, app)
        for answer, removed in (("n", []), ("y", ["removed"])):
            await pilot.press("t")
            await until(
                pilot, lambda: isinstance(app.screen, ToolchainScreen) and app.screen.query("#remove")
            )
            await pilot.click("#remove")
            await until(pilot, lambda: isinstance(app.screen, AskScreen) and app.screen.query("#yes"))
            assert "/srv/slmtui/toolchain" in screen_text(app)
            await pilot.press(answer)
            await until(
                pilot, lambda: isinstance(app.screen, EnvironmentScreen) and offered(app) == "Continue"
            )
            assert bench.mended == removed


async def test_the_screen_survives_every_size() -> None:
    bench = FixedBench(BLOCKED, ALL_FINE)
    app = app_with(bench)
    async with app.run_test(size=(120, 40)) as pilot:
        await looked(pilot, app)
        sizes = ((60, 20), (20, 8), (160, 48), (40, 12), (120, 40))
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.05)
        await asked(pilot, app, "f")
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.05)
        await pilot.press("y")
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.05)
        bench.let_go()
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Continue")


def _runs(app: SlmtuiApp) -> bool:
    job = app.job("environment")
    return job is not None and job.running
