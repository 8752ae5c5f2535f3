"""The Template screen walked with a pilot: two faces of one text, presets, undo, diffs, the truth."""

from __future__ import annotations

import json
import sys

import pytest
from textual.widgets import Input, Static, TextArea

from slmtui import deployment as deployments
from slmtui.events import Failure
from slmtui.prompt.families import families
from slmtui.runtime.parameters import Message
from slmtui.tui.screens.diff import DiffScreen
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.conversation_rows import ConversationRows
from slmtui.tui.widgets.truth_view import TruthView
from slmtui.tui.widgets.verdicts import FailurePanel
from tests.tui.template_bench import GUIDE, SHAPE, FixedDesk, field, issues, model_folder, shown, text
from tests.tui.walking import offered, primary, screen_text, settled, until


async def test_enter_alone_writes_what_was_derived_and_goes_on(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    async with shown(model) as (pilot, app):
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy")
        assert deployments.load("fernlight-support").step("prompt").state == "verified"
    written = json.loads((model / "inference_model.json").read_text())
    assert written["PromptTemplate"]["prompt"] == SHAPE.prompt


async def test_a_field_changes_the_json_and_the_json_the_field(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model")) as (pilot, app):
        field(app, "ModelConfig-temperature").focus()
        field(app, "ModelConfig-temperature").value = "0.25"
        await until(pilot, lambda: '"temperature": 0.25' in text(app))
        field(app, "ModelConfig-stop").value = '["###"]'
        await until(pilot, lambda: json.loads(text(app))["ModelConfig"].get("stop") == ["###"])
        editor = app.screen.query_one("#json", TextArea)
        editor.focus()
        editor.text = editor.text.replace("0.25", "0.5")
        await until(pilot, lambda: field(app, "ModelConfig-temperature").value == "0.5")
        assert field(app, "PromptTemplate-user").value == r"<|im_start|>user\n{Content}<|im_end|>\n"


async def test_an_error_names_its_line_and_the_key_goes_there(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model"), (80, 24)) as (pilot, app):
        field(app, "PromptTemplate-prompt").focus()
        field(app, "PromptTemplate-prompt").value = "no content"
        await until(pilot, lambda: primary(app) == "")
        line = next(n for n, each in enumerate(text(app).split("\n")) if '"prompt"' in each)
        assert f"line {line + 1}" in issues(app)
        await pilot.press("ctrl+g")
        editor = app.screen.query_one("#json", TextArea)
        await until(pilot, lambda: editor.has_focus and editor.cursor_location[0] == line)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: offered(app) == "Write and continue")


async def test_undo_works_from_a_field_and_reset_goes_back_to_the_derived(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model")) as (pilot, app):
        derived = text(app)
        field(app, "ModelConfig-top_p").focus()
        field(app, "ModelConfig-top_p").value = "0.5"
        await until(pilot, lambda: '"top_p": 0.5' in text(app))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: text(app) == derived)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: '"top_p": 0.5' in text(app))
        assert app.screen.query_one("#reset").display
        await pilot.press("ctrl+r")
        await until(pilot, lambda: text(app) == derived)
        assert not app.screen.query_one("#reset").display


async def test_half_a_value_in_a_field_is_all_that_is_said_until_it_is_undone(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model"), (80, 24)) as (pilot, app):
        own = field(app, "PromptTemplate-user").value
        field(app, "PromptTemplate-user").focus()
        await pilot.press("end", "backspace")
        await until(pilot, lambda: "does not read as a value" in issues(app))
        assert "Valid" not in issues(app)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: field(app, "PromptTemplate-user").value == own)
        await until(pilot, lambda: "Valid" in issues(app))
        assert primary(app) == "Write and continue"


async def test_a_file_in_another_encoding_is_not_taken_for_written(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    async with shown(model) as (pilot, app):
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy")
        file = model / "inference_model.json"
        written = file.read_text(encoding="utf-8")
        file.write_bytes(written.encode("utf-16"))
        await pilot.press("4")
        await until(pilot, lambda: "UTF-16" in issues(app))
        assert text(app) == written
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.current_mode == "deploy")
        assert file.read_bytes() == written.encode("utf-8")


async def test_every_family_can_be_taken_and_says_how_well_it_goes_with_the_model(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model")) as (pilot, app):
        choice = app.screen.query_one("#family", Choice)
        assert choice.value == "derived"
        choice.focus()
        for family in families():
            await pilot.press("right")
            await until(pilot, lambda family=family: choice.value == family.id)
            template = json.loads(text(app))["PromptTemplate"]
            assert template["prompt"] == family.template.prompt
        choice.action_pick(choice.keys.index("llama3"))
        await until(pilot, lambda: "% sure" in str(app.screen.query_one("#family-why", Static).content))
        assert "not what the model's chat template makes" in issues(app)
        field(app, "PromptTemplate-user").value = "Q: {Content}\\n"
        await until(pilot, lambda: choice.value == "own")


async def test_what_exists_is_overwritten_only_after_the_difference_and_a_yes(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    (model / "inference_model.json").write_text(GUIDE)
    async with shown(model) as (pilot, app):
        assert "Enter shows what would change" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert '-    "assistant": "{Content}"' in str(app.screen.query_one("#diff", Static).content)
        await pilot.press("n")
        await until(pilot, lambda: app.current_mode == "template" and offered(app))
        assert (model / "inference_model.json").read_text() == GUIDE
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy")
    assert json.loads((model / "inference_model.json").read_text())["PromptTemplate"]["user"] == SHAPE.user


async def test_the_guides_file_is_loaded_and_accepted_as_it_is(tmp_path) -> None:
    model = model_folder(tmp_path / "model")
    (tmp_path / "mine.json").write_text(GUIDE)
    async with shown(model) as (pilot, app):
        await pilot.press("ctrl+l")
        await until(pilot, lambda: app.screen.query("#load-path"))
        app.screen.query_one("#load-path", Input).value = str(tmp_path / "mine.json")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#json") and text(app) == GUIDE)
        assert primary(app) == "Write and continue"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.current_mode == "deploy")
    assert (model / "inference_model.json").read_text() == GUIDE


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"Name": "x"}'.encode("utf-16"), "UTF-16"),
        (b"", "There is"),
    ],
)
async def test_a_file_that_is_no_text_is_refused_with_the_reason(tmp_path, data: bytes, said: str) -> None:
    file = tmp_path / "foreign.json"
    if data:
        file.write_bytes(data)
    async with shown(model_folder(tmp_path / "model")) as (pilot, app):
        await pilot.press("ctrl+l")
        await until(pilot, lambda: app.screen.query("#load-path"))
        app.screen.query_one("#load-path", Input).value = str(file)
        await pilot.press("enter")
        panel = app.screen.query_one("#load-failure", FailurePanel)
        await until(pilot, lambda: panel.display)
        assert said in str(panel.content) or "cannot be read" in str(panel.content)
        await pilot.press("escape")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for an editor is a shell script")
async def test_the_users_own_editor_gets_the_text_and_gives_it_back(tmp_path, monkeypatch) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i.bak 's/0\\.9/0.8/' \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    async with shown(model_folder(tmp_path / "model")) as (pilot, app):
        from contextlib import nullcontext

        monkeypatch.setattr(app, "suspend", nullcontext)
        await pilot.press("ctrl+e")
        await until(pilot, lambda: '"top_p": 0.8' in text(app))


async def test_a_base_model_gets_a_choice_of_families_and_a_warning(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model", chat_template="")) as (_, app):
        assert "no chat template" in issues(app)
        assert "base model" in issues(app)
        assert len(app.screen.query_one("#family", Choice).keys) == len(families()) + 1


# The truth


async def test_the_truth_shows_a_conversation_of_ones_own_and_marks_the_difference(tmp_path) -> None:
    desk = FixedDesk()
    async with shown(model_folder(tmp_path / "model"), desk=desk) as (pilot, app):
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "the same in all three" in screen_text(app))
        rows = app.screen.query_one(ConversationRows)
        await pilot.press("up")
        await pilot.press(*"Be kind")
        await until(pilot, lambda: desk.asked[-1][0] == Message("system", "Be kind"))
        await pilot.press("down", "enter")
        await until(pilot, lambda: len(rows.messages) == 4)
        await pilot.press(*"Yes", "enter", *"Why")
        await until(
            pilot, lambda: desk.asked[-1][2:] == (Message("assistant", "Yes"), Message("user", "Why"))
        )
        await pilot.press(*["backspace"] * 3, "up", *["backspace"] * 3, "backspace")
        await until(pilot, lambda: len(rows.messages) == 2)
        assert app.screen.query_one("#conversation-choice", Choice).value == "own"

        await pilot.press("ctrl+g")
        await until(pilot, lambda: "<|im_start|>·1" in screen_text(app))
        await pilot.press("ctrl+g", "ctrl+t")
        field(app, "PromptTemplate-prompt").value = r"<|im_start|>user {Content}<|im_end|>\n"
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "PromptTemplate differs" in screen_text(app))


async def test_the_next_step_says_that_the_tokens_differ_and_is_never_cut(tmp_path) -> None:
    async with shown(model_folder(tmp_path / "model")) as (pilot, app):
        hint = app.screen.query_one("#hint", Static)
        field(app, "PromptTemplate-prompt").value = r"<|im_start|>user {Content}<|im_end|>\n"
        await pilot.press("ctrl+t")
        await until(pilot, lambda: str(hint.content) == "The tokens differ; Ctrl+N writes it.")
        await settled(pilot)
        assert len(str(hint.content)) <= hint.content_size.width
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: str(hint.content) == "The tokens differ.")
        await settled(pilot)
        assert len(str(hint.content)) <= hint.content_size.width
        await pilot.press("ctrl+r")
        await until(pilot, lambda: str(hint.content) == "Enter writes it.")


async def test_a_truth_that_cannot_be_told_says_why_and_the_editor_goes_on(tmp_path) -> None:
    desk = FixedDesk()
    desk.failure = Failure("The tokenizer cannot be loaded: it is broken.", "Convert the model again.")
    async with shown(model_folder(tmp_path / "model"), (80, 24), desk) as (pilot, app):
        await pilot.press("ctrl+t", "ctrl+t")
        panel = app.screen.query_one("#truth-failure", FailurePanel)
        await until(pilot, lambda: panel.display)
        assert "Convert the model again" in str(panel.content)
        desk.failure = None
        await pilot.press("x")
        await until(pilot, lambda: app.screen.query_one("#renderings").display and not panel.display)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.current_mode == "deploy")


async def test_the_proved_conversations_can_be_chosen(tmp_path) -> None:
    desk = FixedDesk()
    async with shown(model_folder(tmp_path / "model"), desk=desk) as (pilot, app):
        await pilot.press("ctrl+t")
        choice = app.screen.query_one("#conversation-choice", Choice)
        choice.focus()
        for key in choice.keys[1:]:
            await pilot.press("right")
            await until(pilot, lambda key=key: choice.value == key)
        await until(pilot, lambda: desk.asked and len(desk.asked[-1]) == 4)
        assert app.screen.query_one(TruthView).messages == desk.asked[-1]
