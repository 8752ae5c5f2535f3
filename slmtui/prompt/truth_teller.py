"""Asks the child that has both tokenizers loaded (`truth_worker.py`) what each makes of a conversation."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from slmtui.config import toolchain
from slmtui.events import Cancel, Cancelled, Failure, LogLine
from slmtui.process import Child
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.truth import SOURCES, Made, Source, Token, Truth
from slmtui.prompt.truth_verdicts import Vocabulary, judge
from slmtui.runtime.parameters import Message
from slmtui.runtime.protocol import messages_json

LOAD_SECONDS = 180.0
"""For the start on a busy machine: transformers takes some seconds to import."""
LOOK_SECONDS = 20.0
"""For one conversation; the usual is some milliseconds. A chat template that runs longer is stopped."""


class TruthTeller:
    """The three renderings of any conversation, quickly, as long as it is open.

    The child starts with the object and loads while nobody waits; the first `look` waits for it. Every method
    blocks (use a thread), and may be called from any thread.

    Args:
        model_dir: the converted model's folder.
        cancel: ends the child, and with it whatever waits for it.
        log: a file that receives what the libraries print.
    """

    def __init__(self, model_dir: Path, cancel: Cancel | None = None, log: Path | None = None) -> None:
        self._model_dir = model_dir
        self._cancel = cancel or Cancel()
        self._log = log
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._closed = False
        self._vocabulary: Vocabulary | None = None
        self._child: Child | None = None
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def look(
        self, messages: Sequence[Message], template: PromptTemplate, *, open_answer: bool = True
    ) -> Truth:
        """What the three make of `messages`; `open_answer` is `add_generation_prompt`.

        PromptTemplate opens the answer if and only if the user spoke last; it cannot do otherwise.

        Raises:
            Failure: the tokenizer cannot be loaded, or the chat template ran without end.
            Cancelled: the teller was closed or cancelled.
        """
        text = template.render(messages)
        request = {"messages": messages_json(messages), "open_answer": open_answer, "prompt_template": text}
        with self._lock, self._cancel.calling(self._kill):
            try:
                vocabulary = self._loaded()
                reply = self._ask(request, "made", LOOK_SECONDS)
            except Cancelled:
                self._kill()  # gone before the one who waits is told, whoever else is ending it
                raise
        made = tuple(_made(reply, source) for source in SOURCES)
        return judge((made[0], made[1], made[2]), template, vocabulary, messages)

    def close(self) -> None:
        """End the child; whoever waits for it gets `Cancelled`."""
        self._closed = True
        self._kill()

    def _start(self) -> None:
        self._child = Child(
            "slmtui.prompt.truth_worker",
            python=toolchain.current().python,
            environment={"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
            log=self._log,
        )
        self._child.send({"model": str(self._model_dir)})

    def _loaded(self) -> Vocabulary:
        if self._child is None and not self._closed:
            self._vocabulary = None
            self._start()
        if self._vocabulary is None:
            self._vocabulary = Vocabulary.from_json(self._wait("loaded", LOAD_SECONDS))
        return self._vocabulary

    def _ask(self, request: Mapping[str, Any], event: str, seconds: float) -> Mapping[str, Any]:
        if self._child is None:
            raise Cancelled
        self._child.send(request)
        return self._wait(event, seconds)

    def _wait(self, event: str, seconds: float) -> Mapping[str, Any]:
        child = self._child
        if child is None:
            raise Cancelled
        deadline = time.monotonic() + seconds
        for message in child.messages(timeout=0.1):
            if self._closed or self._cancel.is_set:
                raise Cancelled
            if isinstance(message, dict) and message["event"] == event:
                return message
            if isinstance(message, dict) and message["event"] == "failed":
                self._kill()
                raise Failure(str(message["cause"]), str(message["fix"]), self._log)
            if time.monotonic() > deadline:
                self._kill()
                raise Failure(
                    f"The tokenizers of {self._model_dir} gave no answer within {seconds:.0f} seconds.",
                    "On a busy machine try again; else compare its chat template with the base model's.",
                    self._log,
                )
            if message is None or isinstance(message, LogLine):
                continue
        if self._closed or self._cancel.is_set:
            raise Cancelled
        death = child.death()
        self._kill()
        raise death

    def _kill(self) -> None:
        with self._ending:
            child, self._child = self._child, None
            if child is not None:
                child.kill()


def _made(reply: Mapping[str, Any], source: Source) -> Made:
    entry = reply[source]
    tokens = tuple(Token(int(number), str(text), bool(special)) for number, text, special in entry["tokens"])
    return Made(source, entry["text"], tokens, str(entry["refusal"]))
