"""What is deployed, and why a folder is not listed: rows, verdicts, and what can be done with each."""

from __future__ import annotations

import re
from pathlib import Path

from textual.pilot import Pilot

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.ask import AskScreen
from slmtui.tui.screens.deployed import SERVE
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.table import Table
from tests.tui.deploy_bench import CACHE, UNFINISHED, FixedDepot, app_with, model
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (120, 40)


def depot_with(folder: Path) -> FixedDepot:
    depot = FixedDepot()
    here = {"folder": folder, "model_dir": folder}
    depot.models = (
        model(1, **here),
        model(2, status="fail", **here),
        model(name="smollm2-135m", checked=False, method="copy", **here),
    )
    return depot


async def ready(pilot: Pilot[int], app: SlmtuiApp, label: str = "Open in chat") -> None:
    await until(pilot, lambda: offered(app) == label)
    await until(pilot, lambda: not app.screen.query(Table) or app.screen.query_one(Table).rows.has_focus)


async def test_each_model_is_shown_with_its_state_size_and_verdicts(tmp_path: Path) -> None:
    app = app_with(depot_with(tmp_path), "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        lines = screen_text(app).splitlines()
        assert any("!" in line and "fernlight-support:1" in line and "199 MB" in line for line in lines)
        assert any("✗" in line and "fernlight-support:2" in line and "linked" in line for line in lines)
        assert any("–" in line and "smollm2-135m:1" in line and "never" in line for line in lines)
        assert "versions   1, 2" in screen_text(app)
        await pilot.press("down")
        await until(pilot, lambda: "model.onnx.data is gone." in screen_text(app))


async def test_a_folder_that_is_gone_is_said_and_not_opened() -> None:
    depot = FixedDepot()
    depot.models = (model(),)
    app = app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert "is gone" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert app.current_mode == "deployed"
    assert depot.did == []


async def test_enter_opens_the_chat_and_v_verifies(tmp_path: Path) -> None:
    depot = depot_with(tmp_path)
    app = app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "v")
        await until(pilot, lambda: depot.did == ["verify fernlight-support:2"])
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "chat")
    assert depot.did[-1] == "open fernlight-support:2"


async def test_undeploying_asks_first(tmp_path: Path) -> None:
    depot = depot_with(tmp_path)
    app = app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert "shared with what it was made from" in screen_text(app)
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(app.screen, AskScreen))
        assert depot.did == []
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("y")
        await until(pilot, lambda: "fernlight-support:1" not in screen_text(app))
        await ready(pilot, app)
    assert depot.did == ["undeploy fernlight-support:1"]


async def test_what_cannot_be_made_again_is_kept_by_enter(tmp_path: Path) -> None:
    depot = depot_with(tmp_path)
    depot.models = (model(folder=tmp_path),)
    app = app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, AskScreen))
    assert depot.did == []


async def test_it_is_served_its_address_copied_and_the_service_ended(tmp_path: Path) -> None:
    app = app_with(depot_with(tmp_path), "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("s")
        await until(pilot, lambda: "http://127.0.0.1:5273/v1" in screen_text(app))
        await until(pilot, lambda: "s End" in screen_text(app))
        row = next(line for line in screen_text(app).splitlines() if "fernlight-support:1 " in line)
        assert row.split("199 MB")[0].split()[-3:] == ["!", "●", "fernlight-support:1"]
        assert re.search(r"\bas +fernlight-support:1$", screen_text(app), re.MULTILINE)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "http://127.0.0.1:5273/v1")
        app.action_station("deploy")
        await until(pilot, lambda: app.current_mode == "deploy")
        await pilot.press("d")
        await until(pilot, lambda: app.current_mode == "deployed" and "127.0.0.1" in screen_text(app))
        await pilot.press("s")
        await until(pilot, lambda: not app.jobs[(SERVE, "")].running)
        await until(pilot, lambda: "127.0.0.1" not in screen_text(app))
        await until(pilot, lambda: "s Serve" in screen_text(app))


async def test_a_model_that_cannot_be_served_is_said_in_a_plain_word(tmp_path: Path) -> None:
    depot = depot_with(tmp_path)
    depot.failure = Failure("The SDK's web service does not see this model.", "Chat with it here.")
    app = app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("s")
        await until(pilot, lambda: "does not see this model" in screen_text(app))
        await pilot.press("down")
        await until(pilot, lambda: "does not see this model" not in screen_text(app))


async def test_why_shows_problems_first_with_reason_and_fix() -> None:
    app = app_with(FixedDepot(), "why")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Back to Deploy")
        await until(pilot, lambda: 'says "name" where' in screen_text(app))
        assert 'Add "Name"' in screen_text(app)
        assert "✓ 2 listed, ✗ 2 not" in screen_text(app)
        await pilot.press("y")
        assert app.clipboard.startswith(f"{CACHE / 'my-model'} is skipped")
        await pilot.press("f")
        await until(pilot, lambda: "phi-4-mini" not in screen_text(app))
        await pilot.press("f", "end")
        await until(pilot, lambda: "is none itself" in screen_text(app))


async def test_why_answers_for_any_folder_and_says_what_is_no_folder() -> None:
    app = app_with(FixedDepot(), "why")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Back to Deploy")
        await pilot.press("slash")
        app.screen.query_one(PathInput).value = "/srv/nowhere"
        await pilot.press("enter")
        await until(pilot, lambda: "There is no folder" in screen_text(app))
        app.screen.query_one(PathInput).value = "~nobody-of-this-name/x"
        await pilot.press("enter")
        await until(pilot, lambda: "cannot be a path" in screen_text(app))
        app.screen.query_one(PathInput).value = "/srv/models/mine"
        await pilot.press("enter")
        await until(pilot, lambda: "not below any cache folder" in screen_text(app))
        assert "There is no folder" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "deploy")


async def test_without_a_model_in_hand_both_screens_work(tmp_path: Path) -> None:
    for mode in ("deployed", "why"):
        app = app_with(depot_with(tmp_path), mode)
        app.deployment = None
        async with app.run_test(size=(80, 24)) as pilot:
            await ready(pilot, app, "Open in chat" if mode == "deployed" else "Back to Deploy")


async def test_an_interrupted_copy_is_shown_and_thrown_away_after_a_yes(tmp_path: Path) -> None:
    depot = depot_with(tmp_path)
    depot.kept = (UNFINISHED,)
    app = app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("end")
        await until(pilot, lambda: "612 MB of 1.3 GB" in screen_text(app))
        assert primary(app) == "Go on"
        await until(pilot, lambda: "del Throw away" in screen_text(app))
        await pilot.press("v", "s")  # there is nothing to verify or serve yet
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert ".llama-3.2-1b.partial" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: "llama" not in screen_text(app))
    assert depot.did == ["throw away llama-3.2-1b:1"]


async def test_an_interrupted_copy_alone_can_be_gone_on_with() -> None:
    depot = FixedDepot()
    depot.kept = (UNFINISHED,)
    app = app_with(depot, "deployed")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app, "Go on")
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Deploy a model")
    assert depot.did == ["go on llama-3.2-1b:1"]
