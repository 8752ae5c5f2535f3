"""Takes the README's picture from the running program: `python tests/tui/pictures/take.py`.

Walks from Start to a chat with the tiny sample in a home of its own, with the real tool chain.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from slmtui.tui.app import SlmtuiApp  # noqa: E402
from tests.tui.walking import primary, until  # noqa: E402

QUESTIONS = ("How long is the warranty?", "Why is the ring amber?")


async def take() -> None:
    """Walk to the chat, ask two questions, save the picture."""
    app = SlmtuiApp()
    async with app.run_test(size=(112, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        for label in ("Start", "Continue", "Convert", "Continue", "Write and continue", "Deploy", "Continue"):
            await until(pilot, lambda label=label: primary(app) == label, 240)
            await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "chat" and app.chat.loaded is not None)
        for number, question in enumerate(QUESTIONS, 1):
            app.screen.query_one("#question").text = question  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(
                pilot, lambda n=number: len(app.chat.turns) == n and app.chat.turns[-1].answer is not None
            )
        await pilot.pause(1.5)
        # Whoever looks at the README need not fetch fonts from a stranger's server.
        picture = re.sub(r"@font-face \{.*?\}\s*", "", app.export_screenshot(title="slmtui"), flags=re.DOTALL)
        (HERE / "chat.svg").write_text(picture, encoding="utf-8")
        await app.action_quit()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["SLMTUI_HOME"] = home
        asyncio.run(take())
