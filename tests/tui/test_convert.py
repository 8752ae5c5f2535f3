"""The Convert screen: form, command and configuration in step, the log, and what comes of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Log, OptionList

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.attention import notification
from slmtui.tui.external_editor import edit
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.command_pane import CommandPane
from slmtui.tui.widgets.config_pane import ConfigPane
from slmtui.tui.widgets.conversion_facts import done_rows
from slmtui.tui.widgets.log_lines import level_of
from slmtui.tui.widgets.log_view import LogView
from tests.tui.convert_bench import GUIDE, FixedStudio, app_with, fix
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (160, 48)


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FixedStudio]:
    one = FixedStudio()
    fix(monkeypatch, one)
    yield one
    one.may_go.set()


async def ready(pilot: Pilot[int], app: SlmtuiApp, label: str = "Convert") -> None:
    await until(pilot, lambda: offered(app) == label)


def row(app: SlmtuiApp, key: str) -> Choice:
    return app.screen.query_one(f"#{key}", Choice)


def config(app: SlmtuiApp) -> ConfigPane:
    return app.screen.query_one(ConfigPane)


async def test_keys_choose_a_precision_and_the_output_is_called_like_it(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        app.screen.query_one("#precision", OptionList).focus()
        await pilot.press("up")
        await until(pilot, lambda: app.screen.query_one("#output", Input).value.endswith("int8"))
        await ready(pilot, app)
        assert "● INT8" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: studio.plans)
    assert studio.plans[0].precision == "int8"


async def test_an_option_is_in_the_command_and_in_the_configuration_and_undo_takes_it_back(
    studio: FixedStudio,
) -> None:
    app = app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        row(app, "row-block_size").focus()
        await pilot.press("right", "right")
        await until(pilot, lambda: '"int4_block_size": 128' in config(app).text)
        assert '"int4_block_size": 128' in app.screen.query_one(CommandPane).text
        config(app).editor.focus()
        await pilot.press("ctrl+z")
        await until(pilot, lambda: row(app, "row-block_size").value != "128")
        await ready(pilot, app)


async def test_a_value_is_chosen_with_the_mouse(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        field = row(app, "row-symmetric")
        await pilot.click(field, offset=(17 + 6, 0))
        await until(pilot, lambda: field.value == "false")
        await until(pilot, lambda: "asymmetric" in screen_text(app))


async def test_a_target_that_is_not_possible_says_why_and_is_not_taken(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        row(app, "target").focus()
        await pilot.press("right")
        await until(pilot, lambda: "It needs another machine." in screen_text(app))
        assert row(app, "target").value == "cpu"


async def test_the_guides_configuration_is_mended_by_one_key_and_understood(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("ctrl+t", "ctrl+t")
        await until(pilot, lambda: app.screen.query(ConfigPane))
        config(app).editor.text = GUIDE
        await until(pilot, lambda: "Olive ignores" in screen_text(app))
        assert primary(app) == ""
        for _ in range(20):  # each mends one, once the last is understood
            await pilot.press("ctrl+g")
            await pilot.pause(0.3)
            if offered(app) == "Convert":
                break
        await ready(pilot, app)
        assert '"int4_block_size": 128' in config(app).text
        await pilot.press("ctrl+t")
        assert row(app, "row-block_size").value == "128"
        assert row(app, "row-symmetric").value == "false"
        assert "The configuration is yours" in screen_text(app)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: studio.plans)
    assert studio.plans[0].config is not None


async def test_enter_is_said_to_start_only_where_it_does(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        assert "Enter starts." in screen_text(app)
        await pilot.press("ctrl+t", "ctrl+t")
        await until(pilot, lambda: "Ctrl+N starts." in screen_text(app))
        assert "Ctrl+L loads a file" in screen_text(app)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "Enter starts." in screen_text(app))


async def test_the_form_changes_the_passes_of_a_configuration_and_nothing_else(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        own = json.loads(config(app).text) | {"workflow_id": "mine"}
        config(app).editor.text = json.dumps(own, indent=4)
        await until(pilot, lambda: "Yours; once mended, it would make" in screen_text(app))
        row(app, "row-block_size").focus()
        await pilot.press("right")
        await until(pilot, lambda: '"int4_block_size": 64' in config(app).text)
        await ready(pilot, app)
        changed = json.loads(config(app).text)
        assert changed["workflow_id"] == "mine"
        assert '    "workflow_id"' in config(app).text


async def test_what_the_form_has_no_words_for_is_said_and_given_back(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        own = json.loads(config(app).text)
        own["passes"]["builder"]["int4_op_types_to_quantize"] = ["MatMul", "Gather"]
        config(app).editor.text = json.dumps(own, indent=2)
        await until(pilot, lambda: "Yours, and run as it is" in screen_text(app))
        await ready(pilot, app)
        config(app).editor.focus()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Gather" not in config(app).text)
        await ready(pilot, app)


async def test_text_that_is_no_json_is_found_at_its_line(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        config(app).editor.text = '{\n  "passes": {,}\n}'
        await until(pilot, lambda: config(app).finding is not None)
        assert config(app).finding.line == 2
        assert primary(app) == ""


async def test_a_file_is_loaded_and_a_wrong_path_is_said_where_it_was_typed(
    studio: FixedStudio, tmp_path: Path
) -> None:
    file = tmp_path / "meine Konfiguration.json"
    file.write_text(GUIDE, encoding="utf-8")
    app = app_with(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: app.screen.query("#load-path"))
        app.screen.query_one("#load-path", Input).value = str(tmp_path / "nowhere.json")
        await pilot.press("enter")
        await until(pilot, lambda: "nowhere.json" in screen_text(app).replace("\n", ""))
        app.screen.query_one("#load-path", Input).value = str(file)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query(ConfigPane) and "your-finetuned" in config(app).text)


async def test_too_little_memory_stops_it_until_the_user_knows_better(studio: FixedStudio) -> None:
    studio.short = True
    app = app_with(studio)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "too little memory" in screen_text(app))
        assert primary(app) == ""
        await pilot.click("#anyway")
        await until(pilot, lambda: studio.plans)


async def test_the_log_is_searched_filtered_held_and_copied(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: "Reading layer 1" in screen_text(app))
        log = app.screen.query_one(LogView)
        await pilot.press("slash", *"LAYER")
        await until(pilot, lambda: "1 of 3" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "2 of 3" in screen_text(app))
        assert not log.follows
        await pilot.press("escape")
        assert app.job("convert").running, "the first Escape closes the search"
        await pilot.press("v", "v")
        assert list(log.lines) == [line for line in log.query_one(Log).lines if "ERROR" in line]
        await pilot.press("v", "o")
        assert log.follows
        await pilot.press("y")
        assert app.clipboard.count("\n") == 6
        await pilot.press("escape")
        await until(pilot, lambda: offered(app) == "Try again")


@pytest.mark.parametrize("word", ["verified", "degraded", "unverified"])
async def test_the_verdict_and_its_figures_are_shown(studio: FixedStudio, word: str) -> None:
    studio.parity = {**studio.parity, "verdict": word}
    studio.may_go.set()
    app = app_with(studio)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await ready(pilot, app, "Continue")
        assert word in screen_text(app)
        assert "0.0612 mean" in screen_text(app)
        await pilot.click("#again")
        await ready(pilot, app)
        row(app, "proof").focus()
        await pilot.press("right", "ctrl+n")
        await until(pilot, lambda: len(studio.asked) == 2)
    assert studio.asked[0] == {"compares": True, "anew": False}
    assert not studio.asked[1]["compares"]


async def test_result_and_log_take_turns_where_there_is_no_room_for_both(studio: FixedStudio) -> None:
    studio.may_go.set()
    app = app_with(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await ready(pilot, app, "Continue")
        assert "0.0612 mean" in screen_text(app)
        assert "Reading layer 1" not in screen_text(app)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "Reading layer 1" in screen_text(app))
        assert app.screen.query_one(LogView).query_one(Log).size.height > 12
        await pilot.press("y")
        assert "[engine.py:665:_run_pass]" in app.clipboard, "what is copied is not shortened"
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "0.0612 mean" in screen_text(app))


async def test_that_a_configuration_is_the_users_is_said_once(studio: FixedStudio) -> None:
    app = app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        config(app).editor.text = json.dumps(json.loads(config(app).text) | {"workflow_id": "mine"}, indent=4)
        await until(pilot, lambda: "Yours; once mended, it would make" in screen_text(app))
        assert "The configuration is yours" not in screen_text(app)


async def test_a_failure_is_shown_with_its_log(studio: FixedStudio) -> None:
    studio.failure = Failure("Olive made no model.", "Take another precision.")
    studio.may_go.set()
    app = app_with(studio)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await ready(pilot, app, "Try again")
        assert "Olive made no model." in screen_text(app)
        assert "Saving GenAI config" in screen_text(app)


def test_a_line_has_the_level_it_speaks_of() -> None:
    assert level_of("[12:00] [WARNING] [a.py] x") == "warning"
    assert level_of("Traceback (most recent call last):") == "error"
    assert level_of('  File "x.py", line 3', "error") == "error"
    assert level_of("ValueError: no") == "error"
    assert level_of("Reading layer 3", "error") == "info"


@pytest.mark.parametrize(
    ("environment", "sequence"),
    [
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]9;slmtui: It is done, all of it\x07"),
        ({"TERM": "foot"}, "\x1b]777;notify;slmtui;It is done, all of it\x07"),
        ({"TERM": "xterm-kitty", "TMUX": "1"}, ""),
        ({"TERM": "xterm-256color"}, ""),
    ],
)
def test_a_terminal_is_sent_only_what_it_understands(environment: dict[str, str], sequence: str) -> None:
    assert notification("slmtui", "It is done; all of it", environment) == sequence


def test_the_users_editor_has_the_text_and_gives_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "my editor.py"
    script.write_text(
        "import sys, pathlib\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace('a', 'b'))\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f'"{sys.executable}" "{script}"')
    assert edit('{"a": 1}') == '{"b": 1}'
    monkeypatch.setenv("EDITOR", f'"{sys.executable}" -c "raise SystemExit(3)"')
    with pytest.raises(Failure, match="code 3"):
        edit("{}")
    monkeypatch.setenv("EDITOR", "no-such-editor")
    with pytest.raises(Failure, match="no-such-editor"):
        edit("{}")


async def test_the_log_of_what_has_failed_is_one_key_away_on_a_small_terminal(studio: FixedStudio) -> None:
    studio.failure = Failure("Olive made no model.", "Take another precision.", Path("/srv/convert.log"))
    app = app_with(studio)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: "Reading layer 2 of 30" in screen_text(app))
        studio.may_go.set()
        await ready(pilot, app, "Try again")
        assert "Enter tries again; l shows the whole log." in screen_text(app)
        assert "Something small went wrong" not in screen_text(app)
        await pilot.press("l")
        await until(pilot, lambda: "Something small went wrong" in screen_text(app))
        await pilot.press("slash", *"layer")
        await until(pilot, lambda: "1 of 3" in screen_text(app))
        await pilot.press("escape", "l")
        await until(pilot, lambda: "Precision" in screen_text(app) or "INT8" in screen_text(app))
        await ready(pilot, app, "Try again")


def test_what_is_unverified_says_what_to_do() -> None:
    record = {
        "output": "/srv/out", "bytes": 10, "seconds": 1, "peak_rss_bytes": 1, "log": "",
        "parity": {"verdict": "unverified", "reason": "There was too little memory."},
    }  # fmt: skip
    skipped = [str(text) for _, text in done_rows(record, 0)]
    assert any("Again makes it once more" in text for text in skipped)
    verdict = {"id": "parity", "fix": "Free what was short and convert again."}
    found = [str(text) for _, text in done_rows(record | {"verdicts": [verdict]}, 0)]
    assert any("Free what was short" in text for text in found)
