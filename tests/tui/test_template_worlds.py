"""What newer runtimes read, written from the Template screen and put back; files that others write, too."""

from __future__ import annotations

import json

from slmtui import pipeline
from slmtui.tui.screens.diff import DiffScreen
from tests.tui.template_bench import GUIDE, converted, field, issues, model_folder, shown
from tests.tui.walking import offered, screen_text, until


async def test_both_worlds_are_made_one_and_undone_byte_for_byte(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    async with shown(model) as (pilot, app):
        assert not app.screen.query_one("#worlds").display
        field(app, "PromptTemplate-user").value = r"<|im_start|>user: {Content}<|im_end|>\n"
        field(
            app, "PromptTemplate-prompt"
        ).value = r"<|im_start|>user: {Content}<|im_end|>\n<|im_start|>assistant\n"
        await until(pilot, lambda: app.screen.query_one("#worlds").display)
        assert "Ctrl+B" in issues(app)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.current_mode == "template" and "Ctrl+O puts" in issues(app))
        assert (model / "chat_template.jinja").read_bytes() != before["chat_template.jinja"]
        assert pipeline.template_plan(converted(model)).derivation.template.user.startswith(
            "<|im_start|>user: "
        )
        await pilot.press("ctrl+b")
        await until(pilot, lambda: "Ctrl+B writes" in issues(app))
    after = {path.name: path.read_bytes() for path in model.iterdir()}
    assert after == before


async def test_search_options_are_written_on_request_and_undone(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    async with shown(model) as (pilot, app):
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        search = model / "genai_config.json"
        await until(pilot, lambda: json.loads(search.read_text())["search"]["temperature"] == 0.7)
        await until(pilot, lambda: app.current_mode == "template" and offered(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: search.read_bytes() == before["genai_config.json"])
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


async def test_once_written_and_edited_further_one_key_still_puts_the_original_back(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    async with shown(model) as (pilot, app):
        for wanted in ("A {Content}", "B {Content}"):
            field(app, "PromptTemplate-assistant").value = wanted
            await until(pilot, lambda: app.screen.query_one("#worlds").display)
            await pilot.press("ctrl+b")
            await until(pilot, lambda: isinstance(app.screen, DiffScreen))
            assert bool(app.screen.query("#back")) == (wanted[0] == "B")
            await pilot.press("y" if wanted[0] == "A" else "n")
            await until(pilot, lambda: app.current_mode == "template" and app.screen.query("#json"))
            await until(pilot, lambda: bool(app.screen.query_one("#original").display))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: not app.screen.query_one("#original").display)
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


async def test_a_file_that_another_program_has_changed_is_not_overwritten_unseen(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    file = model / "inference_model.json"
    async with shown(model) as (pilot, app):
        file.write_text(GUIDE)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        file.write_text(GUIDE.replace("Fine-tuned", "Another"))
        await pilot.press("y")
        await until(pilot, lambda: "another program" in screen_text(app))
        assert "Another" in file.read_text()
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.current_mode == "deploy")
    assert "<|im_start|>assistant" in file.read_text()
