"""What lies over a screen and is closed with an answer."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Window(ModalScreen[Result]):
    """A window that is closed once."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close it with an answer; what was on its way to it by then closes nothing else."""
        if self.app.screen_stack[-1:] != [self]:
            return AwaitComplete()
        return super().dismiss(result)
