"""What the tests of the chat share: a deployment of a converted model, and ways to wait for an answer."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import psutil
from textual.pilot import Pilot

from slmtui import deployment as deployments
from slmtui.deployment import Deployment
from slmtui.runtime.answer import Answer
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.prompt_area import PromptArea
from tests.tui.walking import until

NAME = "my-model"


def deploy(source: Path, converted: Path, name: str = NAME) -> Deployment:
    """A deployment that has been converted."""
    return (
        Deployment.new(name, source)
        .with_step("source", "verified", bytes=1)
        .with_step(
            "conversion",
            "verified",
            output=str(converted),
            bytes=1,
            seconds=1.0,
            peak_rss_bytes=1,
            log="",
            verdicts=[],
        )
        .save()
    )


async def open_chat(
    pilot: Pilot[int], app: SlmtuiApp, name: str = NAME, *, loaded: bool = True
) -> PromptArea:
    """The Chat screen with an empty question."""
    await until(pilot, lambda: app.screen.query("#sources"))
    app.use(deployments.load(name))
    app.action_station("chat")
    await until(pilot, lambda: app.screen.query("#question"))
    if loaded:
        await until(pilot, lambda: app.chat.loaded is not None)
    await until(pilot, lambda: not app.job("chat") or not app.job("chat").running)
    question = app.screen.query_one("#question", PromptArea)
    question.text = ""
    question.focus()
    return question


async def answered(pilot: Pilot[int], app: SlmtuiApp) -> None:
    """Wait for the end of the answer, whatever it is."""
    await until(pilot, lambda: app.chat.turns and not app.chat.answering and not app.chat.turns[-1].open, 120)
    await pilot.pause()


async def ask(pilot: Pilot[int], app: SlmtuiApp, text: str) -> str:
    """Ask, and wait; returns the answer."""
    question = app.screen.query_one("#question", PromptArea)
    question.text = text
    question.focus()
    await pilot.press("enter")
    await answered(pilot, app)
    return app.chat.turns[-1].text


def questions(app: SlmtuiApp) -> list[str]:
    return [turn.question for turn in app.chat.turns]


def kill_hosts() -> int:
    """End the model hosts of this process without a word."""
    killed = 0
    for child in psutil.Process().children(recursive=True):
        if any("slmtui.runtime.host" in part for part in child.cmdline()):
            child.kill()
            killed += 1
    return killed


def copy_of(converted: Path, place: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(converted, place / converted.name))


def figures(**other: object) -> Answer:
    """The figures of an answer that always took the same."""
    fixed = Answer(
        text="",
        prompt_tokens=412,
        cached_tokens=380,
        completion_tokens=96,
        ttft_seconds=0.034,
        decode_tokens_per_second=182.4,
        seconds=0.561,
        peak_rss_bytes=231_000_000,
        finish_reason="stop",
        tpot_ms_p50=5.4,
        tpot_ms_p95=6.1,
        prompt_tokens_per_second=941.0,
        load_seconds=0.8,
        rss_bytes=224_000_000,
        cpu_percent=187.0,
        cpu_percent_per_core=(96.0, 91.0, 3.0, 0.0),
        context_length=2048,
    )
    return dataclasses.replace(fixed, **other)  # type: ignore[arg-type]
