"""Deploy and Deployed with the real SDK: deployed, verified, undone; the cache byte for byte as before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from slmtui.deployment import Deployment
from slmtui.foundry.index import INDEX
from slmtui.foundry.sdk import FoundrySdk
from slmtui.prompt import station
from slmtui.tui.depot import Depot
from slmtui.tui.screens.ask import AskScreen
from slmtui.tui.widgets.verdicts import VerdictList
from tests.tui.deploy_bench import app_with
from tests.tui.walking import offered, screen_text, until


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): None if p.is_dir() else p.read_bytes() for p in folder.rglob("*")}


def others_cache(model: Path) -> Path:
    """Foundry Local's own cache with somebody else's model in it, its list laid out by hand."""
    cache = Path.home() / ".foundry" / "cache" / "models"
    (cache / "Publisher" / "theirs").mkdir(parents=True)
    (cache / "Publisher" / "theirs" / "genai_config.json").write_text("{}", "utf-8")
    with FoundrySdk(cache) as sdk:
        sdk.register("theirs:2", model, "Их модель")
    listed = json.loads((cache / INDEX).read_text("utf-8"))
    (cache / INDEX).write_text(json.dumps({"by": "hand", **listed}, indent=9) + "\n\n", "utf-8")
    return cache


async def test_both_screens_leave_the_cache_as_it_was(tmp_path: Path, converted_sample: Path) -> None:
    model = tmp_path / "мой int4"
    shutil.copytree(converted_sample, model)
    station.write(station.plan(model, "whatever"))
    cache = others_cache(model)
    before, source = contents(cache), contents(model)
    one = Deployment.new("fern", tmp_path).with_step("source", "verified", bytes=1)
    one = one.with_step("conversion", "verified", output=str(model), bytes=1, verdicts=[])
    app = app_with(Depot(), "deploy")
    app.deployment = one.with_step("prompt", "verified", file=str(model / "inference_model.json")).save()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Deploy")
        assert ".foundry/cache/models" in screen_text(app).replace("\\", "/")
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Continue", 120)
        assert app.screen.query_one(VerdictList)
        assert contents(cache) != before
        await pilot.press("u")
        await until(pilot, lambda: offered(app) == "Deploy", 120)
        assert contents(cache) == before

        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Continue", 120)
        await pilot.press("d")
        await until(pilot, lambda: app.current_mode == "deployed" and offered(app) == "Open in chat")
        await pilot.press("v")
        await until(pilot, lambda: "read from the disk anew" in screen_text(app), 120)
        await until(pilot, lambda: offered(app) == "Open in chat", 120)
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("y")
        await until(pilot, lambda: offered(app) == "Deploy a model", 120)
        assert contents(cache) == before
        assert "5 › Deploy" in screen_text(app), "the rail knows of it, too"
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy" and offered(app) == "Deploy", 120)
    assert contents(model) == source
