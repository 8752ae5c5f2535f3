"""A conversation with a deployed model, kept by the app while screens come and go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slmtui.config import locations
from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.prompt.inference_model import parse
from slmtui.runtime.client import Answer, Loaded, ModelHost
from slmtui.runtime.parameters import ChatParameters, Message


@dataclasses.dataclass
class Turn:
    """One question and what came back."""

    question: str
    text: str = ""
    answer: Answer | None = None
    failure: Failure | None = None


class ChatSession:
    """The turns so far and the host that answers."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.system = ""
        self.parameters = ChatParameters()
        self.host: ModelHost | None = None
        self.loaded: Loaded | None = None
        self.target: Path | None = None

    def prepare(self, target: Path) -> None:
        """Talk to the model in `target`, with the parameters of its `inference_model.json`."""
        if target == self.target:
            return
        self.close()
        self.target = target
        try:
            model, _ = parse((target / "inference_model.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeError):
            model = None
        if model is not None:
            config = model.model_config
            self.parameters = ChatParameters(
                temperature=config.temperature,
                top_p=config.top_p,
                top_k=config.top_k,
                repetition_penalty=config.repetition_penalty,
            )

    def messages(self) -> list[Message]:
        """The conversation as the model is to see it, the open question last."""
        messages = [Message("system", self.system)] if self.system.strip() else []
        for turn in self.turns:
            messages.append(Message("user", turn.question))
            if turn.answer is not None and turn is not self.turns[-1]:
                messages.append(Message("assistant", turn.text))
        return messages

    def load(self, cancel: Cancel) -> Service[None]:
        """Start the host and load the model, unless that is done already."""
        if self.host is not None and self.host.alive and self.loaded is not None:
            return
        if self.target is None:
            raise Failure("No model is chosen.", "Start one on the Start screen.")
        self.close()
        yield Progress("load", "Loading the model")
        self.host = ModelHost(self.target, log=locations.log_dir() / "model-host.log")
        with cancel.calling(self.host.close):
            self.loaded = self.host.load(cancel)

    def ask(self, cancel: Cancel) -> Service[Answer]:
        """Answer the last turn's question."""
        yield from self.load(cancel)
        assert self.host is not None
        return (yield from self.host.chat(self.messages(), self.parameters, cancel))

    def close(self) -> None:
        """End the host; the turns stay."""
        host, self.host, self.loaded = self.host, None, None
        if host is not None:
            host.close()
