"""The configuration that is looked at: its value, and where in the text each part of it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from slmtui.config.json_text import Keys, Layout, column_of, layout, line_of, spelled
from slmtui.conversion.rules.finding import Edit, Finding, Severity

# No part of a configuration that anything is said about lies deeper.
_DEPTH = 10


class Member(NamedTuple):
    """A key with its path in the text and its value."""

    name: str
    path: Keys
    value: Any


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration that is valid JSON, and an object.

    Relative paths in it are relative to `folder`. `model` is the source that will be converted in place of
    what it names, if that is known.
    """

    text: str
    value: dict[str, Any]
    layout: Layout
    folder: Path
    model: Path | None

    @staticmethod
    def of(text: str, value: dict[str, Any], folder: Path, model: Path | None) -> Document:
        """The document that `text` stands for."""
        return Document(text, value, layout(text, _DEPTH), folder, model)

    def find(self, severity: Severity, path: Keys, cause: str, fix: str, edit: Edit | None = None) -> Finding:
        """A finding at `path`, or at the nearest part around it that exists."""
        there = next(path[:n] for n in range(len(path), -1, -1) if path[:n] in self.layout.spans)
        at = self.layout.spans[there].key if there else self.layout.spans[()].start
        line, column = line_of(self.text, at), column_of(self.text, at)
        return Finding(severity, spelled(path), line, column, cause, fix, edit)

    def at(self, path: Keys) -> Any:
        """The value at `path`; None if there is none."""
        value: Any = self.value
        for name in path:
            if isinstance(value, list) and name.startswith("[") and int(name[1:-1]) < len(value):
                value = value[int(name[1:-1])]
            elif isinstance(value, dict) and name in value:
                value = value[name]
            else:
                return None
        return value

    def members(self, path: Keys) -> list[Member]:
        """The members of the object at `path`."""
        value = self.at(path)
        return [Member(*each) for each in _members(path, value)]

    def gathered(self, path: Keys, nested: str, own: Collection[str] = ()) -> list[Member]:
        """The settings of an object that Olive takes flat or in an object of their own, called `nested`.

        As Olive does, those in the nested object come first: a flat one of the same name is not read.
        """
        inner = self.members((*path, nested))
        names = {member.name for member in inner}
        flat = [m for m in self.members(path) if m.name != nested and m.name not in own]
        return inner + [member for member in flat if member.name not in names]

    def shadowed(self, path: Keys, nested: str) -> list[Member]:
        """The flat settings that are not read, because the nested object has one of the same name."""
        inner = {member.name for member in self.members((*path, nested))}
        return [member for member in self.members(path) if member.name in inner]

    def passes(self) -> list[Pass]:
        """The passes, in the order in which Olive runs them; alternatives of one follow each other."""
        found = []
        for name, path, value in self.members(("passes",)):
            for number, entry in enumerate(value if isinstance(value, list) else [value]):
                where = (*path, f"[{number}]") if isinstance(value, list) else path
                if isinstance(entry, dict):
                    kind = entry.get("type")
                    found.append(Pass(name, where, kind.rpartition(".")[2] if isinstance(kind, str) else ""))
        return found

    def settings(self, where: Keys) -> dict[str, Member]:
        """What the pass at `where` is told, by name."""
        return {member.name: member for member in self.gathered(where, "config", PASS_KEYS)}

    def engine(self, name: str) -> Member:
        """A setting of the run, which stands at the top or in `engine`."""
        nested = ("engine", name)
        path = nested if nested in self.layout.spans else (name,)
        return Member(name, path, self.at(path))

    def system(self, role: str) -> Keys | None:
        """The path of the system that is the `host` or the `target`; None if none is named."""
        _, path, value = self.engine(role)
        if isinstance(value, dict):
            return path
        return ("systems", value) if isinstance(value, str) else None

    def accelerator(self) -> tuple[str, str]:
        """Device and execution provider the model is made for, as Olive fills them in."""
        target = self.system("target")
        first: dict[str, Any] = {}
        for member in self.gathered(target, "config") if target else ():
            if member.name == "accelerators" and isinstance(member.value, list) and member.value:
                first = member.value[0] if isinstance(member.value[0], dict) else {}
        provider = first_of(first.get("execution_providers"))
        device = str(first.get("device") or "").lower()
        if not isinstance(provider, str):
            provider = "CUDAExecutionProvider" if device == "gpu" else "CPUExecutionProvider"
        return device or ("cpu" if provider == "CPUExecutionProvider" else "gpu"), provider


def first_of(providers: Any) -> Any:
    """The provider that counts: the one, or the first of a list; each may come with its library's path."""
    for _ in range(2):
        if isinstance(providers, list):
            providers = providers[0] if providers else None
    return providers


# What stands in a pass beside its own settings.
PASS_KEYS = ("type", "host", "evaluator")


class Pass(NamedTuple):
    """A pass: the name the configuration gives it, its path, and its type as it is written ("": none)."""

    name: str
    path: Keys
    type: str


def _members(path: Keys, value: Any) -> Iterator[tuple[str, Keys, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name, (*path, name), member
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield f"[{number}]", (*path, f"[{number}]"), member
