"""Names that are long, or whose signs are wide or joined of several, on the screens that show them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.theme import Theme
from textual.widgets import Input

from slmtui.deployment import Deployment
from slmtui.measure.suite import Suite
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens import themes
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.path_input import PLACEHOLDER
from slmtui.tui.widgets.suite_view import SuiteView, wants
from slmtui.tui.widgets.table import Column, Headings, Row
from tests.tui import deploy_bench, lab_bench, validate_bench
from tests.tui.deploy_bench import FixedDepot
from tests.tui.validate_bench import ALL, LINES, line
from tests.tui.walking import offered, screen_text, settled, until

LONG = "fernlight-support-assistant-for-customers-of-the-winter-catalogue"[:64]
WIDE = "蕨光支持助手-長い名前のモデル"
SMALL = (80, 24)


async def test_a_name_that_is_too_long_for_the_heading_is_cut_with_a_sign() -> None:
    app = deploy_bench.app_with(FixedDepot())
    app.deployment = Deployment.new(LONG, Path("/srv/models/it"))
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "Deploy into" in screen_text(app))
        heading = screen_text(app).splitlines()[0]
        assert "Deploy into Foundry Local  fernlight-support-" in heading
        assert heading.endswith("…")


async def test_the_last_of_many_models_is_in_sight(tmp_path: Path) -> None:
    depot, here = FixedDepot(), {"folder": tmp_path, "model_dir": tmp_path}
    depot.models = tuple(deploy_bench.model(1, name=f"model-{number}", **here) for number in range(9))
    app = deploy_bench.app_with(depot, "deployed")
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: offered(app) == "Open in chat")
        await settled(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "model-8:1" in screen_text(app))


async def test_a_question_of_a_suite_is_known_by_its_beginning() -> None:
    suite = Suite(
        (line("How do I clean the lamp, " + "and why " * 20, contains=("low",)), *LINES), Path("it")
    )
    desk = validate_bench.FixedDesk(dataclasses.replace(ALL, asked=suite), suite)
    app = validate_bench.app_with(desk)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: offered(app) == "Write the report")
        await pilot.press("t")
        await until(pilot, lambda: app.screen.query_one(SuiteView).index is not None)
        await until(
            pilot, lambda: " How do I clean the lamp, and w…" in screen_text(app).split("question ")[0]
        )


def test_what_an_answer_has_to_be_is_said_with_its_value() -> None:
    assert wants(line("?", contains=("hold", "five seconds"), max_tokens=96)) == (
        "contain hold · five seconds, have at most 96 tokens"
    )
    assert wants(line("?", similar="Sie hält.")) == "be like Sie hält."
    assert len(wants(line("?", equals="a" * 100_000))) < 300


@pytest.mark.parametrize("value", [WIDE * 9, "המנורה מחזיקה שנים רבות " * 9, "e\u0301" * 99, "a\nb " * 99])
@pytest.mark.parametrize("asked", ["How long?", "How do I clean the lamp, " + "and why " * 20])
async def test_a_question_keeps_its_place_beside_what_its_answer_has_to_be(asked: str, value: str) -> None:
    class QuestionsApp(App[None]):
        def compose(self) -> ComposeResult:
            yield Headings((Column("Question"), Column("Its answer has to")), id="questions")

    app = QuestionsApp()
    async with app.run_test(size=(58, 10)) as pilot:
        table = app.query_one(Headings)
        table.show([Row("it", "ok", (asked, wants(line(asked, equals=value))))])
        await pilot.pause()
        text = str(table.rows.get_option_at_index(0).prompt)
        assert "\n" not in text
        assert cell_len(text) <= 57
        assert text.startswith("✓ How")
        before, equal, shown = text.partition("  equal ")
        assert equal
        assert cell_len(before) >= min(cell_len(asked), 32)
        assert cell_len(shown) >= 10
        assert shown.rstrip().endswith("…")


@pytest.mark.parametrize("name", [WIDE + ".json", "e\u0301" * 30, "a" * 200])
async def test_facts_whose_names_are_wide_or_long_stand_beside_them(name: str) -> None:
    class FactsApp(App[None]):
        def compose(self) -> ComposeResult:
            yield Facts()

    app = FactsApp()
    async with app.run_test(size=(60, 10)) as pilot:
        facts = app.query_one(Facts)
        facts.show([(name, "changed, 608 B"), ("model.onnx", "added, 2 B")])
        await pilot.pause()
        first, second = str(facts.content).split("\n")
        ends = [cell_len(text.partition(mark)[0]) for text, mark in ((first, "changed"), (second, "added"))]
        assert ends[0] == ends[1] <= 30
        assert first.endswith("changed, 608 B")


async def test_a_long_value_leaves_room_to_say_which_of_how_many_it_is() -> None:
    class ChoiceApp(App[None]):
        def compose(self) -> ComposeResult:
            yield Choice("Into", [Value("a", WIDE * 5), Value("b", "b" * 200)], "a")

    app = ChoiceApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await until(pilot, lambda: str(app.query_one(Choice).content).endswith("… ›  1 of 2"))
        assert cell_len(str(app.query_one(Choice).content)) <= 60


@pytest.mark.parametrize("size", [SMALL, (100, 30), (120, 40)])
async def test_the_hint_of_the_path_is_in_sight_to_its_end(size: tuple[int, int]) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: PLACEHOLDER in screen_text(app))


async def test_the_lab_is_headed_with_the_name_that_a_folder_has_in_its_own_script() -> None:
    app = lab_bench.app_with(lab_bench.FixedDesk(), lab_bench.begun())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Compare")
        app.screen.query_one("#lab-source", Input).value = f"/srv/models/{WIDE}"
        await pilot.press("s", "enter")
        await until(pilot, lambda: screen_text(app).splitlines()[0].endswith(f"/srv/models/{WIDE}"))


def test_a_theme_of_any_name_has_its_colours_below_the_others() -> None:
    rows = [themes._row(Theme(name, primary="#336699")).plain for name in ("mine", "蕨の色", LONG)]
    assert len({cell_len(row.partition("█")[0]) for row in rows}) == 1
