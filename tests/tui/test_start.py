"""The Start screen: what only the user knows about a source is asked, kept, and a no is respected."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.ask import AskScreen
from slmtui.tui.screens.questions import BaseScreen
from slmtui.tui.widgets.verdicts import FailurePanel
from tests.tui.walking import offered, screen_text, until

SIZE = (80, 24)


@pytest.fixture
def copy(tmp_path: Path, sample_dir: Path) -> Path:
    return Path(shutil.copytree(sample_dir, tmp_path / "copy"))


@pytest.fixture
def pickled(copy: Path) -> Path:
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    return copy


@pytest.fixture
def coded(copy: Path) -> Path:
    (copy / "modeling_fern.py").write_text("raise SystemExit('this was run')\n")
    return copy


@pytest.fixture
def adapter(tmp_path: Path, sample_dir: Path) -> Path:
    """A LoRA adapter of the sample that changes nothing, made from a base that is nowhere here."""
    weights = load_file(sample_dir / "model.safetensors")
    rows, columns = weights["model.layers.0.self_attn.q_proj.weight"].shape
    folder = tmp_path / "adapter"
    folder.mkdir()
    name = "base_model.model.model.layers.0.self_attn.q_proj."
    tensors = {name + "lora_A.weight": torch.zeros(4, columns), name + "lora_B.weight": torch.zeros(rows, 4)}
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA", "base_model_name_or_path": "someone/fern", "revision": "v2",
        "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"],
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


async def entered(pilot: Pilot[int], app: SlmtuiApp, source: Path, window: type) -> None:
    """Type the source, and press Enter until its question is there."""
    await until(pilot, lambda: app.screen.query("#sources") and offered(app))
    await pilot.press("slash")
    app.screen.query_one("#path", Input).value = str(source)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, window))


async def begun(pilot: Pilot[int], app: SlmtuiApp) -> deployments.Deployment:
    await until(pilot, lambda: app.deployment is not None and app.current_mode == "environment")
    assert app.deployment is not None
    return deployments.load(app.deployment.name)


async def test_pickled_weights_are_read_after_a_yes_which_is_kept(pickled: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, app, pickled, AskScreen)
        shown = screen_text(app)
        assert "pytorch_model.bin" in shown
        assert "can run any code" in shown
        await pilot.press("y")
        one = await begun(pilot, app)
    assert one.step("source").record["allow_pickle"] is True
    assert pipeline.source_of(one).pickled


async def test_enter_alone_trusts_nothing_and_leads_back_with_the_reason(pickled: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, app, pickled, AskScreen)
        await pilot.press("enter")
        panel = app.screen_stack[0].query_one("#start-failure", FailurePanel)
        await until(pilot, lambda: panel.display)
        assert "pickled" in str(panel.content)
        assert "→" in screen_text(app)
        assert app.current_mode == "start"
        assert deployments.saved() == ([], [])


@pytest.mark.parametrize(("key", "kept"), [("y", ["modeling_fern.py"]), ("n", None)])
async def test_the_code_is_named_and_run_only_after_a_yes(coded: Path, key: str, kept: object) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, app, coded, AskScreen)
        assert "modeling_fern.py" in screen_text(app)
        await pilot.press(key)
        one = await begun(pilot, app)
    assert one.step("source").record.get("allow_code") == kept


async def test_code_that_the_model_cannot_do_without_leads_back_after_a_no(coded: Path) -> None:
    config = json.loads((coded / "config.json").read_text())
    config |= {"architectures": ["FernForCausalLM"], "auto_map": {"AutoModel": "modeling_fern.Fern"}}
    (coded / "config.json").write_text(json.dumps(config))
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, app, coded, AskScreen)
        await pilot.press("n")
        panel = app.screen_stack[0].query_one("#start-failure", FailurePanel)
        await until(pilot, lambda: panel.display)
        assert "FernForCausalLM" in str(panel.content)
        assert deployments.saved() == ([], [])


async def test_the_base_of_an_adapter_is_asked_for_checked_and_kept(adapter: Path, sample_dir: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, app, adapter, BaseScreen)
        field = app.screen.query_one("#base", Input)
        assert field.value == "someone/fern@v2"
        assert "fetches someone/fern, revision v2" in screen_text(app)
        field.value = str(adapter.parent / "nowhere")
        await pilot.press("enter")
        await until(pilot, lambda: "was not found" in screen_text(app))
        field.value = str(sample_dir)
        await pilot.press("enter")
        one = await begun(pilot, app)
    assert one.step("source").record["base"] == str(sample_dir)
    assert pipeline.source_of(one).base is not None


async def test_without_a_base_nothing_is_begun(adapter: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await entered(pilot, app, adapter, BaseScreen)
        await pilot.press("escape")
        await until(pilot, lambda: "its base is not on" in screen_text(app).replace("\n", " "))
        assert deployments.saved() == ([], [])


async def test_a_name_on_the_hub_says_which_revision_is_meant_before_anything_is_fetched() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and offered(app))
        await pilot.press("slash")
        assert "org/name@revision" in screen_text(app)
        app.screen.query_one("#path", Input).value = "someone/fern@v2"
        await until(pilot, lambda: "A model on the hub" in screen_text(app))
        assert "v2" in screen_text(app)
        assert app.job("start") is None
