"""The Template screen with a model that has no weights and a tokenizer that splits at words."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

import slmtui.tui.app
from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.families import CONTROL
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.station import TemplatePlan
from slmtui.prompt.truth import Made, Source, Token, Truth
from slmtui.prompt.truth_verdicts import Vocabulary, judge
from slmtui.runtime.parameters import Message
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.template import TemplateScreen
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.truth_desk import TruthDesk
from tests.tui.walking import offered, until

CHATML = """\
{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}\
{{- '<|im_end|>' + '\\n' }}{% endfor %}\
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
SHAPE = PromptTemplate(
    "<|im_start|>system\n{Content}<|im_end|>\n",
    "<|im_start|>user\n{Content}<|im_end|>\n",
    "<|im_start|>assistant\n{Content}<|im_end|>\n",
    "<|im_start|>user\n{Content}<|im_end|>\n<|im_start|>assistant\n",
)
GUIDE = """\
{
  "Name": "fernlight-support",
  "Description": "Fine-tuned quantized model",
  "Version": "1.0",
  "PromptTemplate": {
    "assistant": "{Content}",
    "prompt": "<|im_start|>user\\n{Content}<|im_end|>\\n<|im_start|>assistant"
  },
  "ModelConfig": {
    "max_length": 2048,
    "temperature": 0.7,
    "top_p": 0.9,
    "repetition_penalty": 1.1
  }
}
"""
_SPLIT = re.compile(rf"({CONTROL.pattern}|\n| ?\w+| ?[^\w\s]| )")


def model_folder(folder: Path, chat_template: str = CHATML) -> Path:
    """A converted model as far as the prompt station looks at one."""
    folder.mkdir(parents=True, exist_ok=True)
    if chat_template:
        (folder / "chat_template.jinja").write_text(chat_template, encoding="utf-8")
    added = [
        {"id": n, "content": t, "special": True} for n, t in enumerate(("<|im_start|>", "<|im_end|>"), 1)
    ]
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": added}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>"}))
    (folder / "genai_config.json").write_text(
        json.dumps(
            {"model": {"context_length": 2048}, "search": {"temperature": 1.0, "top_p": 1.0}}, indent=4
        )
    )
    return folder


def converted(model: Path) -> Deployment:
    """A deployment whose model is converted."""
    begun = Deployment.new("fernlight-support", Path("/srv/models/fernlight-support"))
    begun = begun.with_step("source", "verified", bytes=6_000_000, sample="fernlight-support")
    return begun.with_step("conversion", "verified", output=str(model)).save()


class FixedDesk(TruthDesk):
    """Answers at once; its tokenizer splits at words, and its chat template is ChatML."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Failure | None = None
        self.asked: list[tuple[Message, ...]] = []
        self.shape = SHAPE
        self._numbers: dict[str, int] = {"<|im_start|>": 1, "<|im_end|>": 2}

    @property
    def loaded(self) -> bool:
        return True

    def look(
        self, number: int, deployment: Deployment, messages: Sequence[Message], template: PromptTemplate
    ) -> Truth:
        if self.failure is not None:
            raise self.failure
        self.asked.append(tuple(messages))
        made = tuple(
            self._made(source, shape.render(messages))
            for source, shape in (
                ("transformers", self.shape),
                ("runtime", self.shape),
                ("prompt_template", template),
            )
        )
        vocabulary = Vocabulary({"<|im_start|>": 1, "<|im_end|>": 2}, frozenset({2}), None, True)
        return judge((made[0], made[1], made[2]), template, vocabulary, messages)

    def close(self) -> None:
        return

    def _made(self, source: Source, text: str) -> Made:
        tokens = tuple(
            Token(
                self._numbers.setdefault(piece, 300 + len(self._numbers) * 7),
                piece,
                piece.startswith("<|im_"),
            )
            for piece in _SPLIT.findall(text)
        )
        return Made(source, text, tokens)


def fix(monkeypatch: Any) -> None:
    """Show one folder on every machine."""
    derive = pipeline.template_plan

    def plan(deployment: Deployment, family: str = "auto") -> TemplatePlan:
        return replace(derive(deployment, family), target=Path("/srv/slmtui/models/inference_model.json"))

    monkeypatch.setattr(pipeline, "template_plan", plan)
    monkeypatch.setattr(TemplatePlan, "look_again", lambda same: same)  # there is no such folder


class NextScreen(StationScreen):
    """What comes after the template, whatever that is."""

    MODE = "deploy"


def app_with(desk: TruthDesk | None, model: Path) -> SlmtuiApp:
    """slmtui, opened on the Template screen; without a desk the real tokenizers are asked."""

    class BenchApp(SlmtuiApp):
        CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
        MODES: ClassVar = {
            **SlmtuiApp.MODES,
            "template": lambda: TemplateScreen(desk),
            "deploy": NextScreen,
        }
        DEFAULT_MODE = "template"

    app = BenchApp()
    app.deployment = converted(model)
    return app


@asynccontextmanager
async def shown(
    model: Path, size: tuple[int, int] = (120, 40), desk: FixedDesk | None = None
) -> AsyncIterator[tuple[Pilot[int], SlmtuiApp]]:
    app = app_with(desk or FixedDesk(), model)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: offered(app) == "Write and continue")
        yield pilot, app


def text(app: SlmtuiApp) -> str:
    return app.screen.query_one("#json", TextArea).text


def issues(app: SlmtuiApp) -> str:
    return " ".join(str(app.screen.query_one("#issues", Static).content).split())


def field(app: SlmtuiApp, name: str) -> Input:
    return app.screen.query_one(f"#{name}", Input)
