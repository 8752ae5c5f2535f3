"""The precision lab: variants chosen, constraints typed, the run watched, one variant deployed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from slmtui.events import Failure
from slmtui.lab.room import Room
from slmtui.lab.variants import default_variants, parse_variant
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.ask import AskScreen
from slmtui.tui.widgets.lab_table import LabTable
from slmtui.tui.widgets.lab_variants import VariantTable, explained
from tests.tui.lab_bench import FAILED, OUTPUT, FixedDesk, app_with, begun, failed, row
from tests.tui.walking import offered, primary, screen_text, settled, until

SIZE = (120, 40)
NAMES = [variant.id for variant in default_variants()]


def measured(*, but: int = 0) -> FixedDesk:
    """A desk whose lab is done, `but` for so many rows at its end."""
    every = default_variants()
    return FixedDesk(*(row(each, upto=4 if at < len(every) - but else 0) for at, each in enumerate(every)))


def line_of(app: SlmtuiApp, words: str) -> str:
    """The screen's first line with these words."""
    return next((line for line in screen_text(app).splitlines() if words in line), "")


def _says(shown: Static, words: str) -> bool:
    return str(shown.content) == words


async def ready(pilot: Pilot[int], app: SlmtuiApp, label: str) -> None:
    await until(pilot, lambda: offered(app) == label)


async def types(pilot: Pilot[int], app: SlmtuiApp, key: str, field: str, text: str) -> None:
    """Go to a field by its key, and put a text into it at once."""
    await pilot.press(key)
    await until(pilot, lambda: app.focused is not None and app.focused.id == field)
    app.screen.query_one(f"#{field}", Input).value = text


async def test_enter_alone_compares_the_usual_variants_and_then_deploys_the_recommended() -> None:
    desk = FixedDesk()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        assert "5 variants" in screen_text(app)
        assert "538 MB" in line_of(app, "✓ FP32")
        await pilot.press("enter")
        await ready(pilot, app, "Deploy INT8 whole")
        assert [each.id for each in desk.plans[0].variants] == NAMES
        assert (
            "★ INT8 whole: of those whose answers are hardly told apart, it is the smallest"
            in screen_text(app)
        )
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy")
    assert desk.deployed == ["int8:whole"]
    assert app.deployment is not None
    assert app.deployment.step("foundry").state == "verified"


async def test_where_somebody_elses_model_is_in_the_way_deploy_asks_about_it() -> None:
    desk = measured()
    desk.in_the_way = True
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        await pilot.press("d")
        await until(pilot, lambda: app.current_mode == "deploy")
    assert app.deployment is not None
    assert app.deployment.next_station() == "foundry"


async def test_space_checks_a_variant_and_takes_its_mark_away() -> None:
    desk = FixedDesk()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await pilot.press("space", "down", "space", "down", "space")
        await until(pilot, lambda: "· FP32 " in screen_text(app) and "✓ FP32 shared" in screen_text(app))
        await ready(pilot, app, "Compare")
        await pilot.press("enter")
        await until(pilot, lambda: bool(desk.plans))
    assert [each.id for each in desk.plans[0].variants] == [
        "fp32:shared",
        "int8:whole",
        "int4:guide",
        "int4:compact",
    ]


@pytest.mark.parametrize("size", [(80, 24), (110, 30), SIZE])
async def test_what_the_highlighted_variant_does_is_said_in_full(size: tuple[int, int]) -> None:
    app = app_with(FixedDesk(), begun())
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app, "Compare")
        about = app.screen.query_one("#lab-about", Static)
        for variant in default_variants():
            words = explained(variant)
            app.screen.query_one(VariantTable).go_to(variant.id)
            await until(pilot, partial(_says, about, words))
            await settled(pilot)
            x, y, width, height = about.region
            lines = screen_text(app).splitlines()[y : y + height]
            assert " ".join(" ".join(line[x : x + width] for line in lines).split()) == words


async def test_a_click_checks_a_variant() -> None:
    desk = FixedDesk()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await pilot.click(VariantTable, offset=(4, 2))
        await until(pilot, lambda: "✓ FP32 shared" in screen_text(app))
        assert app.current_mode == "lab"
        assert not desk.plans


async def test_no_variant_at_all_is_said() -> None:
    desk = FixedDesk(row(default_variants()[0], upto=0))
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await pilot.press("space")
        await until(pilot, lambda: "No variant is chosen." in screen_text(app))
        assert primary(app) == ""
        await pilot.press("space")
        await ready(pilot, app, "Compare")


async def test_a_variant_of_ones_own_is_added_and_a_wrong_one_is_said_while_it_is_typed() -> None:
    desk = FixedDesk()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await types(pilot, app, "a", "lab-add", "int5")
        await until(pilot, lambda: "does not convert to the precision 'int5'" in screen_text(app))
        app.screen.query_one("#lab-add", Input).value = "int4:guide,block_size=64"
        await pilot.press("enter")
        await until(pilot, lambda: "✓ INT4 guide, block_size 64" in screen_text(app))
        assert app.screen.query_one("#lab-add", Input).value == ""
        await until(pilot, lambda: desk.wishes[-1].variants is not None)
    assert parse_variant("int4:guide,block_size=64") in (desk.wishes[-1].variants or ())


async def test_constraints_are_read_while_they_are_typed_and_change_the_recommendation_at_once() -> None:
    desk = measured()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        await types(pilot, app, "k", "lab-keep", "under 120")
        await until(pilot, lambda: "does not say of which figure" in screen_text(app))
        await pilot.press(*" MB")
        await until(pilot, lambda: "asked: size < 120 MB" in screen_text(app))
        app.screen.query_one("#lab-keep", Input).value += ", suite >= 90%"
        await until(pilot, lambda: "asked: size < 120 MB · suite >= 90.0%" in screen_text(app))
        assert "★ INT4 compact: it alone keeps what is asked" in screen_text(app)
        assert "– INT8 whole" in screen_text(app)
        assert "✓ INT4 compact ★" in screen_text(app)
        app.screen.query_one("#lab-keep", Input).value = "under 1 MB"
        await until(pilot, lambda: "No variant keeps size < 1.0 MB." in screen_text(app))
    assert not desk.plans


async def test_a_lab_that_was_interrupted_is_gone_on_with() -> None:
    desk = measured(but=3)
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Go on")
        assert "3 of 5 left" in screen_text(app)
        assert "97.5%" in line_of(app, "✓ FP32")
        await pilot.press("enter")
        await ready(pilot, app, "Deploy INT8 whole")
    assert len(desk.plans) == 1


async def test_a_cancel_keeps_what_was_done_and_the_lab_can_go_on() -> None:
    desk = FixedDesk()
    desk.may_go.clear()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await pilot.press("enter")
        await until(pilot, lambda: "about 2 min 11 s left" in screen_text(app))
        assert "benchmark" in line_of(app, "● INT8 whole ")
        assert "waiting" in line_of(app, "· INT4 compact")
        await pilot.press("escape")
        await ready(pilot, app, "Go on")
        assert "✓ FP16" in screen_text(app)
        assert "waiting" in line_of(app, "· INT8 whole ")
        desk.may_go.set()
        await pilot.press("enter")
        await ready(pilot, app, "Deploy INT8 whole")


async def test_a_lab_goes_on_while_another_screen_is_shown() -> None:
    desk = FixedDesk()
    desk.may_go.clear()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await pilot.press("enter")
        await until(pilot, lambda: "● INT8 whole" in screen_text(app))
        app.action_station("start")
        await until(pilot, lambda: app.current_mode == "start")
        assert app.at_work() == "Precision lab"
        app.use(None)
        desk.may_go.set()
        await until(pilot, lambda: not app.jobs[("lab", "")].running)
        app.use(begun())
        app.action_station("lab")
        await ready(pilot, app, "Deploy INT8 whole")


async def test_a_row_that_failed_says_why_and_can_be_tried_again() -> None:
    desk = measured()
    fp16 = desk.rows[f"{begun().name}/fp16:plain"]
    desk.rows[fp16.key] = failed(fp16.variant)
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        assert "failed" in line_of(app, "✗ FP16")
        await pilot.press("home", "down")
        await until(pilot, lambda: FAILED[0] in screen_text(app))
        assert FAILED[1] in screen_text(app)
        assert primary(app) == ""
        app.screen.query_one("#again", Button).press()
        await until(pilot, lambda: "✓ FP16" in screen_text(app))


async def test_a_row_with_a_measurement_missing_can_still_be_deployed() -> None:
    desk = measured()
    key = f"{begun().name}/int8:whole"
    desk.rows[key] = replace(desk.rows[key], failure="The benchmark's process died.", fix="Try again.")
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        assert "not all" in line_of(app, "! INT8 whole")
        assert "The benchmark's process died." in screen_text(app)
        await pilot.press("d")
        await until(pilot, lambda: desk.deployed == ["int8:whole"] and app.current_mode == "deploy")


async def test_a_variant_that_was_deployed_is_no_lab_that_is_done() -> None:
    app = app_with(measured(), begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        await pilot.press("d")
        await until(pilot, lambda: app.current_mode == "deploy")
        assert [job.what for job in app.jobs.values() if job.station == "lab"] == ["deployment"]
        assert not [note.message for note in app._notifications]


async def test_a_deployment_that_is_cancelled_says_so_and_that_the_one_before_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, said = measured(), list[str]()
    desk.may_go.clear()
    app = app_with(desk, begun())
    monkeypatch.setattr(app, "notify", lambda message, **_: said.append(message))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        await pilot.press("d")
        await until(pilot, lambda: "Deploying" in screen_text(app))
        await pilot.press("escape")
        await ready(pilot, app, "Deploy INT8 whole")
        assert said == ["The deployment is cancelled: what was deployed before is as it was."]
        assert not desk.deployed


async def test_a_journal_that_cannot_be_read_is_said_and_put_away_after_a_yes() -> None:
    desk = measured()
    desk.damaged = OUTPUT / "lab.json"
    desk.failure = Failure("The lab's journal cannot be read.", "Delete that file to measure anew.")
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "The lab's journal cannot be read." in screen_text(app))
        assert primary(app) == ""
        app.screen.query_one("#anew", Button).press()
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("y")
        await ready(pilot, app, "Compare")
    assert desk.forgot == 1


async def test_too_little_room_is_said_before_anything_starts() -> None:
    desk = FixedDesk()
    desk.short = Failure("There is too little room for 5 models.", "Compare fewer variants.")
    desk.room = Room(200_000_000, 1_400_000_000)
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "There is too little room for 5 models." in screen_text(app))
        assert primary(app) == ""
        assert "! 538 MB" in line_of(app, "✓ FP32")
        assert "! 1.5 GB" in line_of(app, "✓ FP16")
        assert "!" not in line_of(app, "✓ INT4 guide")
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert not desk.plans
        app.screen.query_one("#anyway", Button).press()
        await until(pilot, lambda: bool(desk.plans))
    assert desk.plans[0].override


async def test_the_benchmarks_lengths_can_be_typed() -> None:
    desk = FixedDesk()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        assert "32, 512" in line_of(app, "Benchmark")
        await types(pilot, app, "b", "lab-prompt_tokens", "16 x")
        await until(pilot, lambda: "'x' is no whole number" in screen_text(app))
        app.screen.query_one("#lab-prompt_tokens", Input).value = "16, 64"
        app.screen.query_one("#lab-repetitions", Input).value = "2"
        await until(pilot, lambda: desk.wishes[-1].lengths == {"prompt_tokens": (16, 64), "repetitions": 2})
        await ready(pilot, app, "Compare")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: bool(desk.plans))
    measures = desk.plans[0].measures
    assert (measures.prompt_tokens, measures.output_tokens, measures.repetitions) == ((16, 64), (64,), 2)
    assert not desk.plans[0].override


async def test_a_model_of_the_hub_is_fetched_before_it_is_compared() -> None:
    desk = FixedDesk()
    desk.away = {"org/one"}
    desk.may_go.clear()
    app = app_with(desk, begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Compare")
        await types(pilot, app, "s", "lab-source", "org/one")
        await ready(pilot, app, "Fetch")
        assert "org/one" in screen_text(app)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: "Fetching org/one" in screen_text(app))
        desk.may_go.set()
        await ready(pilot, app, "Compare")
    assert desk.fetched == ["org/one"]


async def test_without_a_model_it_leads_to_start_or_takes_one_that_is_typed() -> None:
    desk = FixedDesk()
    app = app_with(desk, None)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Choose a model")
        await types(pilot, app, "s", "lab-source", "one;two")
        await ready(pilot, app, "Compare")
        assert "2 models in 5 variants" in screen_text(app)
        await pilot.press("enter", "enter")
        await ready(pilot, app, "Deploy INT8 whole")
        assert "one INT8 whole ★" in screen_text(app)
        assert "two INT8 whole ★" in screen_text(app)
        await until(pilot, lambda: "★ one INT8 whole: " in screen_text(app))
        await types(pilot, app, "s", "lab-source", "")
        await ready(pilot, app, "Choose a model")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: app.current_mode == "start")


async def test_models_in_other_scripts_are_told_apart_by_their_own_names() -> None:
    app = app_with(FixedDesk(), None)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Choose a model")
        await types(pilot, app, "s", "lab-source", "模型-α;نموذج")
        await ready(pilot, app, "Compare")
        await pilot.press("enter", "enter")
        await ready(pilot, app, "Deploy INT8 whole")
        assert "模型-α INT8 whole ★" in screen_text(app)
        assert "نموذج INT8 whole ★" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: bool(app.clipboard))
        assert [line for line in app.clipboard.splitlines() if "###" in line] == ["### 模型-α", "### نموذج"]
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "KL divergence by size" in screen_text(app))
        await until(pilot, lambda: line_of(app, "● 模型-α INT8 whole"))
        assert line_of(app, "نموذج INT8 whole ●")
        assert "model" not in "\n".join(line[25:] for line in screen_text(app).splitlines())


async def test_the_lists_keep_their_ground_in_the_focus() -> None:
    app = app_with(measured(), begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        for kind, key in ((LabTable, ""), (VariantTable, "ctrl+t")):
            await pilot.press(*(key, key) if key else ())  # past the plots
            rows = app.screen.query_one(kind).rows
            await until(pilot, partial(getattr, rows, "has_focus"))
            assert rows.styles.background_tint.a == 0


@pytest.mark.parametrize("state", ["plan", "failed"])
async def test_no_hint_is_cut_at_80_columns(state: str) -> None:
    desk = FixedDesk() if state == "plan" else measured()
    if state == "failed":
        fp16 = desk.rows[f"{begun().name}/fp16:plain"]
        desk.rows[fp16.key] = failed(fp16.variant)
    app = app_with(desk, begun())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app, "Compare" if state == "plan" else "Deploy INT8 whole")
        await settled(pilot)
        for field in app.screen.query(Input):
            assert len(field.placeholder) <= (field.content_size.width or 80)
        hint = app.screen.query_one("#hint", Static)
        assert not hint.visible or len(str(hint.content)) <= hint.content_size.width


async def test_the_table_is_copied_as_markdown() -> None:
    app = app_with(measured(), begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        await pilot.press("y")
        await until(pilot, lambda: bool(app.clipboard))
    assert "| INT8 whole | 136 MB | 410 MB | 61 ms | 58.2 | 0.0062 | 96.8% | 97.5% |" in app.clipboard


async def test_the_plots_mark_what_nothing_beats() -> None:
    app = app_with(measured(), begun())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Deploy INT8 whole")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "KL divergence by size" in screen_text(app))
        lines = screen_text(app).splitlines()
        above, below = "\n".join(lines[: len(lines) // 2]), "\n".join(lines[len(lines) // 2 :])
        assert "○ INT4 guide" in above  # INT4 compact is smaller, and as close
        assert "○ FP16" in below  # FP32 is as fast, and closer
        assert "KL divergence by tokens a second" in below
        await pilot.press("ctrl+t", "ctrl+t")
        await until(pilot, lambda: app.screen.query_one(LabTable).rows.has_focus)


async def test_names_that_are_not_ours_cannot_colour_the_screen(tmp_path: Path) -> None:
    desk = FixedDesk()
    app = app_with(desk, None)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Choose a model")
        await types(pilot, app, "s", "lab-source", "[red]x")
        await ready(pilot, app, "Compare")
        await pilot.press("enter", "enter")
        await ready(pilot, app, "Deploy INT8 whole")
        assert "[red]x" in screen_text(app)
