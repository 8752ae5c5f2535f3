"""A chat that lasts long enough to be stopped: only SmolLM2 talks as long, and only greedily is that sure."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from slmtui.deployment import Deployment
from slmtui.prompt import station as prompt
from slmtui.prompt.prompt_template import ModelConfig
from tests.e2e.terminal import Terminal

LONG = "Write a very long story about a ship."


def deploy_greedy(source: Path, converted: Path, place: Path) -> None:
    """A deployment of a copy of SmolLM2 whose own parameters are greedy."""
    model = place / "smollm2"
    shutil.copytree(converted, model)
    greedy = ModelConfig(temperature=0.0, repetition_penalty=1.0)
    written = replace(prompt.plan(model, "smollm2").inference_model, model_config=greedy)
    (model / "inference_model.json").write_text(written.to_json(), encoding="utf-8")
    made = {"output": str(model), "bytes": 1, "seconds": 1.0, "peak_rss_bytes": 1, "log": "", "verdicts": []}
    deployment = Deployment.new("smollm2", source).with_step("source", "verified", bytes=1)
    deployment.with_step("conversion", "verified", **made).save()


def open_chat(terminal: Terminal) -> None:
    """From the Start screen to a chat whose model is loaded."""
    terminal.shows("smollm2")
    terminal.shows("Continue")
    terminal.type("Enter")
    terminal.shows("Write and continue")
    terminal.type("6")
    terminal.shows("Enter sends")
