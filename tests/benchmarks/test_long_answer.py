"""How long the event loop is kept busy at a stretch while a long answer streams, beside a bare Textual app.

The answer is one of 2,000 tokens, mixed of headings, lists, tables and code, at 200 tokens a second. It is
the same each time, so it comes from a stand-in for the model's host: what is measured is the screen.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest

from slmtui.events import Cancel, Service
from slmtui.runtime.answer import Answer, Fill, Loaded, Token
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.widgets.answer_text import AnswerText
from slmtui.tui.widgets.transcript import Transcript
from tests.benchmarks.conftest import Goals
from tests.benchmarks.test_event_loop import ROUNDS, StallWatch, _bare_stall
from tests.tui.chat_bench import answered, deploy, figures, open_chat

TOKENS, RATE, CHARACTERS = 2_000, 200, 4  # characters a token
SHARE = 0.99
_PIECE = """## What the ring says

The lamp has a ring that says what it needs, and it is **amber** when the tank is low; `fill` it with water.

- The **ring** is amber: fill the tank.
- It is blue: wait.
- It is off: press the button.

```python
def fill(lamp, litres):
    for step in range(litres * 10):
        lamp.pour(0.1, at=step)  # slowly
    return lamp.level >= 1.0
```

| ring | means | do |
|---|---|---|
| amber | water is low | fill it |
| blue | it is cold | wait |
| off | no power | plug it in |

"""
ANSWER = (_PIECE * (TOKENS * CHARACTERS // len(_PIECE) + 1))[: TOKENS * CHARACTERS]


class Host(ModelHost):
    """Says the answer at its rate."""

    title = "stand-in"

    @property
    def alive(self) -> bool:
        return True

    def load(self, cancel: Cancel | None = None) -> Loaded:
        return Loaded(0.1, 8_192, 1, "llama")

    def usage(self) -> tuple[int, float]:
        return 1, 1.0

    def chat(
        self, messages: object, parameters: ChatParameters, cancel: Cancel, *, make_room: bool = False
    ) -> Service[Answer]:
        yield Fill(16, 8_192, 0)
        started = time.monotonic()
        for number in range(TOKENS):
            time.sleep(max(0.0, started + number / RATE - time.monotonic()))
            yield Token(ANSWER[CHARACTERS * number : CHARACTERS * (number + 1)])
        return figures(completion_tokens=TOKENS)


async def test_a_long_mixed_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goals: Goals, slmtui_home: Path
) -> None:
    (tmp_path / "genai_config.json").write_text("{}", encoding="utf-8")
    deploy(tmp_path, tmp_path)
    host = Host(tmp_path, log=tmp_path / "log")

    def load(session: ChatSession, cancel: Cancel) -> Service[None]:
        session.host, session.loaded = host, host.load()
        yield from ()

    monkeypatch.setattr(ChatSession, "load", load)
    bare = [await _bare_stall() for _ in range(ROUNDS)]
    stalls, seconds = await _answer()
    bare += [await _bare_stall() for _ in range(ROUNDS)]
    ordinary = sorted(stalls)[int(len(stalls) * SHARE)]
    print(
        f"\n2,000 tokens in {seconds:.1f} s; longest stall {max(stalls) * 1000:.1f} ms, 99 % of them below"
        f" {ordinary * 1000:.1f} ms, at work {sum(stalls) / seconds:.0%} of the time; longest of a bare app: "
        + ", ".join(f"{stall * 1000:.1f} ms" for stall in bare)
    )
    goals.at_most("longest stall in a long mixed answer", 1000 * max(stalls), 50, " ms")
    goals.at_most(
        "longest stall in a long mixed answer / of a bare app", max(stalls) / statistics.median(bare), 1.5
    )


async def _answer() -> tuple[list[float], float]:
    """Seconds of each stall while the answer comes, and how long that took."""
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        question = await open_chat(pilot, app)
        question.text = "What does the ring say?"
        await asyncio.sleep(1)
        started = time.monotonic()
        with StallWatch() as watch:
            await pilot.press("enter")
            while not app.chat.turns or app.chat.answering or app.chat.turns[-1].open:
                await asyncio.sleep(0.05)  # `until` itself would be work for the loop
            seconds = time.monotonic() - started
        await answered(pilot, app)
        assert app.chat.turns[-1].text == ANSWER
        shown = app.screen.query_one(Transcript).query(AnswerText).last()
        assert ANSWER.rstrip().endswith(shown.parts[-1].page.part.text.rstrip()[-40:])
        assert len(shown.code_blocks) == ANSWER.count("```python")
        await app.action_quit()
    return watch.stalls, seconds
