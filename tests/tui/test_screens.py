"""What a user does with keys and mouse, and what they get wrong; the app goes on."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, TextArea

from slmtui import deployment as deployments
from slmtui.config import settings
from slmtui.deployment import Deployment
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from slmtui.tui.screens.help import HelpScreen
from slmtui.tui.widgets.purpose import Purpose
from slmtui.tui.widgets.verdicts import FailurePanel
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (80, 24)


async def at_start(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: app.screen.query("#sources") and offered(app))


async def typed(pilot: Pilot[int], app: SlmtuiApp, path: Path) -> str:
    """Type a path on the Start screen, press Enter, and wait for what is said about it."""
    await at_start(pilot, app)
    await pilot.press("slash")
    app.screen.query_one("#path", Input).value = str(path)
    await pilot.press("enter")
    panel = app.screen.query_one("#start-failure", FailurePanel)
    await until(pilot, lambda: panel.display)
    return str(panel.content)


def _text_file(folder: Path, _: Path) -> Path:
    (folder / "model.gguf").write_text("I am a letter, not a model.")
    return folder / "model.gguf"


def _no_weights(folder: Path, sample: Path) -> Path:
    (folder / "config.json").write_bytes((sample / "config.json").read_bytes())
    return folder


def _truncated(folder: Path, sample: Path) -> Path:
    for path in sample.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])
    return folder


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder, _: folder, "is empty"),
        (lambda folder, _: folder / "nowhere", "no file or folder"),
        (_text_file, "GGUF"),
        (_no_weights, "weights"),
        (_truncated, "model.safetensors"),
    ],
)
async def test_a_bad_source_is_named_and_nothing_is_begun(tmp_path, sample_dir, make, said) -> None:
    folder = tmp_path / "mein Modell 模型"
    folder.mkdir()
    path = make(folder, sample_dir)
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await typed(pilot, app, path)
        assert said in shown
        assert app.current_mode == "start"
        assert app.deployment is None
        assert deployments.saved() == ([], [])


async def test_an_output_that_exists_is_refused_and_kept(tmp_path, sample_dir) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("the only copy")
    _verified("sample", sample_dir)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "convert" and offered(app) == "Convert")
        app.screen.query_one("#output", Input).value = str(taken)
        await until(pilot, lambda: app.screen.query_one("#convert-failure", FailurePanel).display)
        assert primary(app) == ""
        assert "exists" in screen_text(app) or "not empty" in screen_text(app)
        app.screen.query_one("#output", Input).value = str(tmp_path / "free")
        await until(pilot, lambda: offered(app) == "Convert")
    assert (taken / "thesis.txt").read_text() == "the only copy"


async def test_a_cancelled_conversion_leaves_nothing_and_can_be_tried_again(slmtui_home, sample_dir) -> None:
    _verified("sample", sample_dir)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "convert" and offered(app) == "Convert")
        await pilot.press("enter")
        await until(pilot, lambda: job(app).usage)
        await pilot.press("escape")
        await until(pilot, lambda: job(app).state == "cancelled")
        await until(pilot, lambda: offered(app) == "Try again")
        assert not [path for path in (slmtui_home / "data" / "models").rglob("*") if path.is_file()]
        assert app.deployment is not None
        assert app.deployment.step("conversion").state == "waiting"


async def test_starting_again_offers_to_go_on_where_it_stopped(sample_dir) -> None:
    _verified("my-model", sample_dir)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        option = app.screen.query_one("#sources", OptionList).highlighted_option
        assert option is not None
        assert option.id == "deployment:my-model"
        assert primary(app) == "Continue"


async def test_number_keys_the_mouse_and_help_reach_every_screen() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        for number, mode in enumerate(
            ("environment", "convert", "template", "deploy", "chat", "validate"), 2
        ):
            await pilot.press("escape", str(number))
            await until(pilot, lambda mode=mode: app.current_mode == mode and offered(app))
        for mode in ("start", "environment", "convert", "template", "deploy", "chat", "validate"):
            await pilot.click(f"#rail-{mode}")
            await until(pilot, lambda mode=mode: app.current_mode == mode and app.screen.query("#primary"))
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


async def test_a_station_without_a_model_says_what_it_is_for(sample_dir: Path) -> None:
    stations = {"convert": "Microsoft Olive", "template": "chat template", "deploy": "Foundry Local"}
    stations |= {"chat": "each answer costs", "validate": "a report to hand over"}
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        for number, (mode, words) in enumerate(stations.items(), 3):
            await pilot.press(str(number))
            await until(
                pilot, lambda mode=mode: app.current_mode == mode and offered(app) == "Choose a model"
            )
            await until(pilot, lambda words=words: words in " ".join(screen_text(app).split()))
        app.deployment = Deployment.new("fern", sample_dir).with_step("source", "verified", bytes=1).save()
        await pilot.press("3")
        await until(pilot, lambda: app.current_mode == "convert" and offered(app) == "Convert")
        assert not app.screen.query_one(Purpose).display


async def test_a_chosen_theme_is_remembered() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        app.theme = "slmtui-light"
        await until(pilot, lambda: settings.load()[0].theme == "slmtui-light")
    again = SlmtuiApp()
    async with again.run_test(size=SIZE) as pilot:
        await at_start(pilot, again)
        assert again.theme == "slmtui-light"


async def test_the_palette_finds_a_screen() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        await pilot.press("ctrl+p")
        await pilot.press(*"go to deploy")
        await until(
            pilot, lambda: app.screen.query_one(CommandList).option_count == 2
        )  # Deploy and Deployed models
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy")


async def test_a_forgotten_deployment_comes_back_with_undo(sample_dir) -> None:
    _verified("my-model", sample_dir)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        await pilot.press("delete")
        assert deployments.saved() == ([], [])
        await pilot.press("ctrl+z")
        assert [one.name for one in deployments.saved()[0]] == ["my-model"]


async def test_a_damaged_deployment_file_is_named_and_survived(slmtui_home) -> None:
    broken = slmtui_home / "data" / "deployments" / "broken.toml"
    broken.parent.mkdir(parents=True)
    broken.write_text("name = ")
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        await until(pilot, lambda: any("broken.toml" in n.message for n in app._notifications))
    assert broken.read_text() == "name = "


def job(app: SlmtuiApp) -> Job[object]:
    found = app.job("convert")
    assert found is not None
    return found


def _verified(name: str, source: Path) -> Deployment:
    return Deployment.new(name, source).with_step("source", "verified", bytes=6_000_000).save()


async def test_the_json_is_reached_where_there_is_room_for_one_face(sample_dir, converted_sample) -> None:
    _converted("my-model", sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "template" and offered(app) == "Write and continue")
        await pilot.press("ctrl+t")
        editor = app.screen.query_one("#json", TextArea)
        await until(pilot, lambda: editor.region.width > 20)
        editor.text = editor.text.replace("{Content}", "Content")
        await until(pilot, lambda: primary(app) == "")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: offered(app) == "Write and continue")


async def test_a_field_that_is_no_value_is_not_written(sample_dir, converted_sample) -> None:
    _converted("my-model", sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "template" and offered(app) == "Write and continue")
        field = app.screen.query_one("#ModelConfig-temperature", Input)
        field.focus()
        field.value = "0.7x"
        await until(pilot, lambda: primary(app) == "")
        field.value = "0.3"
        await until(pilot, lambda: offered(app) == "Write and continue")
        assert '"temperature": 0.3' in app.screen.query_one("#json", TextArea).text


async def test_the_chat_survives_every_size(sample_dir, converted_sample) -> None:
    _converted("my-model", sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        app.use(deployments.load("my-model"))
        app.action_station("chat")
        await until(pilot, lambda: app.chat.loaded is not None)
        app.screen.query_one("#question", TextArea).text = ""
        for width, height in ((60, 20), (20, 8), (160, 48), (40, 12), (120, 40)):
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.1)
        await app.action_quit()


async def test_a_killed_model_host_is_said_and_started_again(sample_dir, converted_sample) -> None:
    _converted("my-model", sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        app.use(deployments.load("my-model"))
        app.action_station("chat")
        await until(pilot, lambda: app.chat.loaded is not None)
        for child in psutil.Process().children(recursive=True):
            if any("slmtui.runtime.host" in part for part in child.cmdline()):
                child.kill()
        await pilot.press("enter")
        await until(
            pilot, lambda: app.chat.turns and (app.chat.turns[-1].problem or app.chat.turns[-1].answer)
        )
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.chat.turns[-1].answer is not None)
        await app.action_quit()


async def test_a_deployment_in_hand_is_not_changed_by_the_job_of_another(sample_dir) -> None:
    first, second = _verified("first", sample_dir), _verified("second", sample_dir)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        app.use(first)
        app.action_station("convert")
        await until(pilot, lambda: offered(app) == "Convert")
        await pilot.press("enter")
        await until(pilot, lambda: app.job("convert") and job(app).running)
        running = job(app)
        app.use(second)
        app.action_station("start")
        app.action_station("convert")
        await until(pilot, lambda: offered(app) == "Convert")
        await until(pilot, lambda: running.state == "done", 120)
        assert app.deployment is not None
        assert app.deployment.name == "second"
        assert app.deployment.step("conversion").state == "waiting"
        assert deployments.load("first").step("conversion").state == "verified"


def _converted(name: str, source: Path, output: Path) -> Deployment:
    one = _verified(name, source)
    return one.with_step(
        "conversion",
        "verified",
        output=str(output),
        bytes=1,
        seconds=1.0,
        peak_rss_bytes=1,
        log="",
        verdicts=[],
    ).save()
