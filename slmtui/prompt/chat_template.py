"""The model's own chat template: read from its folder, rendered in a process of its own.

This is the truth everything else here is measured against: the runtime renders it for every question.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from slmtui.events import Failure, LogLine
from slmtui.process import Child
from slmtui.prompt.tokenizer_files import named_tokens, read_json
from slmtui.runtime.parameters import Message

MAX_TEMPLATE = 1_000_000
"""Characters of a template; the longest in use have about 20,000."""
RENDER_SECONDS = 5.0
"""For all conversations of one call; the usual is some hundredths of a second."""
START_SECONDS = 60.0
"""For the worker's start on a busy machine; the usual is 0.2 s."""
MEMORY_BYTES = 1 << 30
"""The worker needs about 30 MB."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One conversation as the chat template made it: its text, or why the template refused it."""

    text: str | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation to render; `now` stands for the clock in templates that write the date."""

    messages: tuple[Message, ...]
    add_generation_prompt: bool = True
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A Jinja chat template and the special tokens it may use by name.

    `source` names the file it came from, for error messages; `tokens` maps `bos_token`, `eos_token`… to
    their text.
    """

    text: str
    tokens: Mapping[str, str]
    source: str = "the chat template"

    @property
    def bos_token(self) -> str:
        """The beginning-of-sequence token, empty if the tokenizer names none."""
        return self.tokens.get("bos_token", "")

    @property
    def eos_token(self) -> str:
        """The end-of-sequence token, empty if the tokenizer names none."""
        return self.tokens.get("eos_token", "")

    def render(self, messages: Iterable[Message], add_generation_prompt: bool = True) -> str:
        """The conversation as text, as `apply_chat_template(tokenize=False)` of transformers makes it.

        Raises:
            Failure: the template is broken, refuses this conversation, or was stopped at a limit.
        """
        rendering = self.render_all([Request(tuple(messages), add_generation_prompt)])[0]
        if rendering.text is None:
            raise Failure(
                f"{self.source} refuses this conversation: {rendering.refusal}.",
                "Change the conversation: some models know no system message, or want turns to alternate.",
            )
        return rendering.text

    def render_all(self, requests: Sequence[Request]) -> tuple[Rendering, ...]:
        """All conversations, in one process; a refused one does not hinder the others.

        Raises:
            Failure: the template is no Jinja (with its line), or ran into the limit of time or memory.
        """
        if len(self.text) > MAX_TEMPLATE:
            raise self._stopped(f"has {len(self.text):,} characters, {MAX_TEMPLATE:,} are the limit")
        with Child("slmtui.prompt.render_worker") as child:
            child.send(
                {
                    "template": self.text,
                    "variables": dict(self.tokens),
                    "requests": [_as_json(request) for request in requests],
                }
            )
            return self._collect(child, len(requests))

    def _collect(self, child: Child, count: int) -> tuple[Rendering, ...]:
        found: list[Rendering] = []
        deadline, allowed = time.monotonic() + START_SECONDS, START_SECONDS
        for message in child.messages(timeout=0.05):
            if time.monotonic() > deadline:
                raise self._stopped(f"was not done after {allowed:.0f} seconds and was stopped")
            if message is None and child.memory() > MEMORY_BYTES:
                raise self._stopped("asked for more than 1 GB of memory and was stopped")
            if message is None or isinstance(message, LogLine):
                continue
            match message["event"]:
                case "ready":
                    deadline, allowed = time.monotonic() + RENDER_SECONDS, RENDER_SECONDS
                case "rendered":
                    found.append(Rendering(message["text"]))
                case "refused":
                    found.append(Rendering(None, str(message["cause"]).rstrip(".")))
                case "broken":
                    raise self._broken(message)
                case "done" if len(found) == count:
                    return tuple(found)
        raise child.death()

    def _broken(self, message: Mapping[str, Any]) -> Failure:
        line = f", line {message['line']}" if message["line"] else ""
        return Failure(
            f"{self.source}{line}: {str(message['cause']).rstrip('.')}.",
            "Mend the template's Jinja at that line, or take the chat_template.jinja of the base model.",
        )

    def _stopped(self, why: str) -> Failure:
        return Failure(
            f"{self.source} {why}.",
            "Do not trust this file: compare it with the chat template of the base model.",
        )


def read_chat_template(model_dir: Path) -> ChatTemplate | None:
    """The chat template of the model in `model_dir`, None if it has none.

    As transformers does: `chat_template.jinja`, else `chat_template` in `tokenizer_config.json`, which is a
    text or a list of named ones, of which `default` is meant.

    Raises:
        Failure: a file cannot be read, or none of several templates is the default.
    """
    config_file = model_dir / "tokenizer_config.json"
    config = read_json(config_file)
    jinja_file = model_dir / "chat_template.jinja"
    try:
        text: str | None = jinja_file.read_text(encoding="utf-8")
        source = jinja_file
    except FileNotFoundError:
        text = _named_default(config.get("chat_template"), config_file)
        source = config_file
    except (OSError, ValueError) as error:
        raise Failure(
            f"{jinja_file} cannot be read: {error}.", "Convert the model again, or mend that file."
        ) from error
    if not text:
        return None
    return ChatTemplate(text, named_tokens(model_dir, config), f"The chat template in {source}")


def _named_default(value: object, source: Path) -> str | None:
    if isinstance(value, list):
        value = {
            entry["name"]: entry["template"]
            for entry in value
            if isinstance(entry, dict) and "name" in entry and "template" in entry
        }
    if isinstance(value, dict):
        if value and "default" not in value:
            names = ", ".join(sorted(map(str, value)))
            raise Failure(
                f"{source} has several chat templates ({names}) and none is the default.",
                "Call one of them `default`, or put it into chat_template.jinja.",
            )
        value = value.get("default")
    return value if isinstance(value, str) else None


def _as_json(request: Request) -> dict[str, Any]:
    return {
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "add_generation_prompt": request.add_generation_prompt,
        "now": request.now.isoformat() if request.now else None,
    }
