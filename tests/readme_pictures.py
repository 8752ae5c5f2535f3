"""Takes the README's pictures from the running program: `python -m tests.readme_pictures`.

Walks from Start to a chat with the tiny sample, in a home of its own and with the real tool chain. Takes
some minutes.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from slmtui.tui.app import SlmtuiApp
from tests.tui.walking import primary, screen_text, settled, until

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "readme"
QUESTIONS = ("How long is the warranty?", "Why is the ring amber?")
SIZE = (112, 30)
# Name → the station's screen, in the order of the walk.
PICTURES = {
    "start": "start",
    "convert": "convert",
    "template": "template",
    "deploy": "deploy",
    "chat": "chat",
}


class Walk:
    """The way through the program, with a picture at each of its sights."""

    def __init__(self, pilot: Pilot[int], app: SlmtuiApp) -> None:
        self._pilot, self._app = pilot, app

    async def go(self) -> None:
        """Walk it."""
        await self._press_when("Start", before="start")
        await self._press_when("Continue")
        await self._wait(lambda: primary(self._app) == "Convert")
        # A place such as a person would type; slmtui's own is shown in full.
        self._app.screen.query_one("#output", Input).value = "~/models/fernlight-support"
        await self._press_when("Convert", before="convert")
        await self._press_when("Continue")
        await self._wait(lambda: primary(self._app) == "Write and continue")
        await self._pilot.press("ctrl+t")
        await self._wait(lambda: "the same in all three" in screen_text(self._app))
        await self._take("template")
        await self._pilot.press("ctrl+n")
        await self._press_when("Deploy")
        await self._press_when("Continue", before="deploy")
        await self._chat()

    async def _chat(self) -> None:
        app = self._app
        await self._wait(lambda: app.current_mode == "chat" and app.chat.loaded is not None)
        for number, question in enumerate(QUESTIONS, 1):
            app.screen.query_one("#question", TextArea).text = question
            await self._pilot.press("enter")
            await self._wait(
                lambda n=number: len(app.chat.turns) == n and app.chat.turns[-1].answer is not None
            )
        await self._take("chat")

    async def _press_when(self, label: str, *, before: str = "") -> None:
        """Press Enter once the next step is called so; `before` names a picture to be taken first."""
        await self._wait(lambda: primary(self._app) == label)
        if before:
            await self._take(before)
        await self._pilot.press("enter")

    async def _wait(self, condition: Callable[[], object]) -> None:
        await until(self._pilot, condition, 1200)

    async def _take(self, name: str) -> None:
        await settled(self._pilot)
        self._app.clear_notifications()
        await settled(self._pilot)
        assert self._app.current_mode == PICTURES[name]
        drawn = self._app.export_screenshot(title="slmtui")
        assert str(ROOT) not in drawn, f"{name} shows a path of this machine"
        # Whoever looks at the README need not fetch fonts from a stranger's server.
        drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
        (FOLDER / f"{name}.svg").write_text(drawn, encoding="utf-8")
        sys.stdout.write(f"{name}\n")


async def take() -> None:
    """Take all of them."""
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await Walk(pilot, app).go()
        await app.action_quit()


if __name__ == "__main__":
    # A home whose path may be seen: some words of the program name it in full.
    home = Path(tempfile.gettempdir(), "you")
    home.mkdir()
    try:
        os.environ.pop("SLMTUI_HOME", None)
        for variable in ("HOME", "USERPROFILE"):
            os.environ[variable] = str(home)
        asyncio.run(take())
    finally:
        shutil.rmtree(home, ignore_errors=True)
