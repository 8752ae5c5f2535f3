"""What the Chat screens look like in each of their states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

import slmtui.tui.app
from slmtui import deployment as deployments
from slmtui.events import Cancel, Service
from slmtui.runtime import conversations
from slmtui.runtime.client import Loaded, ModelHost
from slmtui.runtime.conversation import Conversation, Problem, Turn
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.side_by_side import Ended
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.beside_desk import Target
from slmtui.tui.chat_session import SAMPLES, ChatSession
from slmtui.tui.screens.export_chat import ExportScreen
from slmtui.tui.screens.judge import JudgeScreen
from slmtui.tui.widgets.side_pane import SidePane
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import deploy, figures
from tests.tui.pictures import pictured
from tests.tui.walking import screen_text, settled, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")

ANSWER = """\
<think>
The ring shows what the lamp needs.
</think>

An **amber** ring means that the tank is low:

1. Fill it with a litre of water.
2. Press the button `B` for two seconds.

| ring | meaning |
|---|---|
| amber | water is low |
| blue | the app is connected |

```python
if lamp.ring == "amber":
    lamp.fill(1.0)
```
"""
TURNS = (
    Turn("How long is the warranty?", "The lamp has a warranty of 3 years.", figures(), right=True),
    Turn("Why is the ring amber?", ANSWER, figures(completion_tokens=118, ttft_seconds=0.012)),
)
KEPT = (
    ("Why is the ring amber?", "2026-11-24T10:00:00.000+00:00"),
    ("How do I pair the lamp with the app?", "2026-11-23T10:00:00.000+00:00"),
    ("How long is the warranty?", "2026-11-20T10:00:00.000+00:00"),
)


class FixedHost:
    """A loaded model whose figures are always the same; nobody asks it anything here."""

    alive, engine, title = True, "genai", "onnxruntime-genai"

    def usage(self) -> tuple[int, float]:
        return 224_000_000, 187.0

    def close(self) -> None:
        return None


def _load(session: ChatSession, cancel: Cancel) -> Service[None]:
    session.host = cast("ModelHost", FixedHost())
    session.loaded = Loaded(0.8, 2048, 224_000_000, "llama")
    yield from ()


async def _show(pilot: Pilot[int], app: SlmtuiApp, turns: tuple[Turn, ...], **other: Any) -> None:
    await until(pilot, lambda: app.chat.loaded is not None and not app.job("chat").running)
    session = app.chat
    session.usage.extend(
        [(224_000_000, 187.0)] * SAMPLES
    )  # as many as are shown: another one changes nothing
    session.conversation = dataclasses.replace(
        session.conversation,
        id="0" * 16,
        turns=turns,
        parameters=ChatParameters(seed=7, stop=("\n\n",)),
        **other,
    )
    app.screen.query_one("#question").empty()  # type: ignore[attr-defined]
    app.screen.changed(kept=False)  # type: ignore[attr-defined]
    transcript = app.screen.query_one(Transcript)
    await until(pilot, lambda: len(transcript.views) == len(turns))
    await settled(pilot)
    transcript.anchor()
    await pilot.pause(0.1)


async def _talk(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS)


async def _turn(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS)
    await pilot.press("shift+tab", "t")


async def _broken(pilot: Pilot[int], app: SlmtuiApp) -> None:
    problem = Problem(
        "The worker process was ended by the system or a kill (SIGKILL, often for want of memory).",
        "If memory was short, close other programs or take a smaller model; then try again.",
        "/srv/slmtui/logs/model-host.log",
    )
    cut = Turn("Tell me a story about a lamp.", "Once upon a time there was a lamp that", problem=problem)
    await until(pilot, lambda: app.chat.host is not None)
    cast("FixedHost", app.chat.host).alive = False
    await _show(pilot, app, (*TURNS[:1], cut), forgotten=1)


async def _parameters(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS, system="You are the Fernlight assistant.", engine="foundry")
    await pilot.press("ctrl+o")


async def _conversations(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS)
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "How do I pair the lamp" in screen_text(app))


async def _empty(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, ())


async def _exporting(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS)
    app.push_screen(ExportScreen(app.chat.conversation))
    await until(pilot, lambda: app.screen.query("#export-path"))
    app.screen.query_one("#export-path", Input).value = "/srv/models/suite.jsonl"


async def _judging(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS)
    app.push_screen(JudgeScreen(TURNS[1].question, "An amber ring means that the tank is low."))
    await until(pilot, lambda: isinstance(app.screen, JudgeScreen) and app.focused)


async def _beside(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _show(pilot, app, TURNS)
    await pilot.press("shift+f9")
    await until(pilot, lambda: app.screen.query(SidePane))
    await settled(pilot)
    models = [Target("fernlight-int4", Path("/srv/int4")), Target("fernlight-int8", Path("/srv/int8"))]
    for pane, target in zip(app.screen.query(SidePane), models, strict=True):
        pane.offer(models, target)
        pane.begin(TURNS[0].question)
        await pane.show(TURNS[0].text, [Ended(figures(decode_tokens_per_second=182.4 - 60 * pane.index))])


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "empty": _empty,
    "talk": _talk,
    "turn": _turn,
    "broken": _broken,
    "parameters": _parameters,
    "conversations": _conversations,
    "beside": _beside,
    "exporting": _exporting,
    "judging": _judging,
}


def fix(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Nothing of this machine shows through, nor of this hour."""
    model = folder / "fernlight"
    model.mkdir()
    deploy(folder, model, "fernlight-support")
    for number, (question, changed) in enumerate(KEPT):
        turn = Turn(question, "Yes.", figures())
        conversations.save(
            Conversation(f"{number:016x}", "fernlight", str(model), (turn,), created=changed, changed=changed)
        )
    monkeypatch.setattr(ChatSession, "load", _load)
    monkeypatch.setattr("slmtui.tui.screens.conversations.ago", lambda at: at[:10])
    monkeypatch.setattr("slmtui.tui.screens.beside.targets", lambda own, name: [])
    monkeypatch.setattr(
        "slmtui.tui.widgets.figures_panel.Cores.percent", lambda cores: (96.0, 91.0, 3.0, 0.0)
    )


@pytest.fixture(autouse=True)
def fixed(slmtui_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A chat that is always the same."""
    fix(monkeypatch, tmp_path)


class ChatApp(SlmtuiApp):
    """slmtui, opened on the Chat screen."""

    CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
    DEFAULT_MODE = "chat"


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(snapshot: SnapshotAssertion, state: str) -> None:
    app = ChatApp()
    app.deployment = deployments.load("fernlight-support")
    await pictured(snapshot, app, STATES[state])
