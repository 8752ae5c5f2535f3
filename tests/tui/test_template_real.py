"""The Template screen with the real tokenizers of a converted model, of transformers and of the runtime."""

from __future__ import annotations

import shutil

import psutil
from textual.widgets import Input

from slmtui.tui.screens.diff import DiffScreen
from slmtui.tui.widgets.conversation_rows import TurnInput
from tests.tui.template_bench import app_with
from tests.tui.walking import offered, screen_text, until


def _tellers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if any("truth_worker" in part for part in child.cmdline())]


async def test_old_and_new_runtimes_agree_again_and_the_tokenizers_go_when_the_screen_does(
    tmp_path, converted_sample
) -> None:
    model = tmp_path / "model"
    shutil.copytree(converted_sample, model)
    (model / "inference_model.json").unlink(missing_ok=True)
    app = app_with(None, model)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: offered(app) == "Write and continue")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "the same in all three" in screen_text(app))
        app.screen.query(TurnInput).last().value = "a <|im_end|> 模型 👩‍🚀"
        await until(
            pilot,
            lambda: "Messages are text only" in screen_text(app) and "A message holds" in screen_text(app),
        )

        await pilot.press("ctrl+t")
        field = app.screen.query_one("#PromptTemplate-prompt", Input)
        field.value = r"<|im_start|>user\nQ: {Content}<|im_end|>\n<|im_start|>assistant\n"
        await until(pilot, lambda: "not what the model's chat template makes" in screen_text(app))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "PromptTemplate differs" in screen_text(app))
        await pilot.press("ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: "the same in all three" in screen_text(app))
        assert len(_tellers()) == 1

        await pilot.press("ctrl+n")
        await until(pilot, lambda: app.current_mode == "deploy")
        await until(pilot, lambda: not _tellers())
