"""Two models, precisions or engines that answer the same question: which there are, and their hosts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.events import Cancel, Failure, Service
from slmtui.runtime.client import EngineName, ModelHost
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.side_by_side import Outcome


@dataclass(frozen=True, slots=True)
class Target:
    """A model's folder and the engine that runs it."""

    title: str
    folder: Path
    engine: EngineName = "genai"

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.engine} {self.folder}"


def targets(own: Path, name: str) -> list[Target]:
    """All models there are to compare with, the one in hand first, each in both engines (reads files)."""
    folders: dict[Path, str] = {own: name}
    for saved in deployments.saved()[0]:
        try:
            folders.setdefault(pipeline.chat_target(saved), saved.name)
        except Failure:
            continue  # not converted yet, or its folder is gone
    for model in pipeline.deployed_models():
        folders.setdefault(model.folder, model.model_id)
    found = []
    for folder, title in folders.items():
        if (folder / "genai_config.json").is_file():
            found.append(Target(title, folder))
            found.append(Target(f"{title} · Foundry SDK", folder, "foundry"))
    return found


def other(text: str) -> Target:
    """The model that a path or a name means.

    Raises:
        Failure: there is none.
    """
    folder = pipeline.chat_folder(text)
    return Target(folder.name, folder)


class BesideDesk:
    """The hosts of both sides; one that is still of the wanted model and engine stays loaded."""

    def __init__(self) -> None:
        self._hosts: dict[int, tuple[Target, ModelHost]] = {}
        self.pieces: list[list[str]] = [[], []]

    def ask(
        self, sides: tuple[Target, Target], conversation: Conversation, cancel: Cancel
    ) -> Service[tuple[Outcome, ...]]:
        """Put the question to both at the same moment."""
        hosts = [self._host(index, target) for index, target in enumerate(sides)]
        return (yield from pipeline.chat_side_by_side(hosts, conversation, cancel))

    def _host(self, index: int, target: Target) -> ModelHost:
        kept = self._hosts.get(index)
        if kept is not None and kept[0] == target:
            return kept[1]
        if kept is not None:
            kept[1].close()
        host = pipeline.chat_host(target.folder, target.engine)
        # Two hosts of one model would write over each other's log.
        host.log = host.log.with_stem(f"{host.log.stem}-side-{index + 1}")
        self._hosts[index] = (target, host)
        return host

    def close(self) -> None:
        """End both."""
        hosts, self._hosts = self._hosts, {}
        for _, host in hosts.values():
            host.close()


def alone(conversation: Conversation) -> Conversation:
    """The conversation without its earlier turns: each question stands for itself here."""
    return dataclasses.replace(conversation, turns=conversation.turns[-1:], forgotten=0)
