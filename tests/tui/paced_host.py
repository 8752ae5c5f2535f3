"""A host without a model: what it says, and when, the test decides. For what a screen does with an answer."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from slmtui.events import Cancel, Service
from slmtui.runtime.answer import Answer, Token
from slmtui.runtime.client import Loaded, ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.tui.chat_session import ChatSession
from tests.tui.chat_bench import figures


class PacedHost:
    """Says what it is given until it is stopped."""

    alive, engine, title, can_continue = True, "genai", "onnxruntime-genai", True

    def __init__(self, model_dir: Path) -> None:
        self.model_dir = model_dir.absolute()
        self._words: queue.Queue[str] = queue.Queue()

    def says(self, text: str) -> None:
        """The answer that is under way goes on with this."""
        self._words.put(text)

    def chat(
        self, messages: Sequence[Message], parameters: ChatParameters, cancel: Cancel, *, make_room: bool
    ) -> Service[Answer]:
        """Answer until it is stopped, whatever was asked."""
        said = ""
        while not cancel.is_set:
            try:
                text = self._words.get(timeout=0.02)
            except queue.Empty:
                continue
            said += text
            yield Token(text)
        return figures(text=said, finish_reason="cancelled")

    def usage(self) -> tuple[int, float]:
        """Memory and processor use, as if there were a process."""
        return 224_000_000, 187.0

    def close(self) -> None:
        """There is no process to end."""


def speaks_for(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> PacedHost:
    """Let this host answer in place of the model in `model_dir`."""
    host = PacedHost(model_dir)

    def load(session: ChatSession, cancel: Cancel) -> Service[None]:
        session.host = cast("ModelHost", host)
        session.loaded = Loaded(0.8, 2048, 224_000_000, "llama")
        yield from ()

    monkeypatch.setattr(ChatSession, "load", load)
    return host
