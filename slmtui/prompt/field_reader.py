"""Reads the fields of a JSON object one by one and notes what is wrong with each, with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from slmtui.config.json_text import Keys, Layout, line_of
from slmtui.prompt.issues import Issue
from slmtui.prompt.prompt_template import CONTENT


class FieldReader:
    """Values of `document` by their keys; `issues` grows with everything that is not as it should be."""

    def __init__(self, text: str, document: Mapping[str, Any], layout: Layout) -> None:
        self._text = text
        self._document = document
        self._layout = layout
        self.issues: list[Issue] = []
        for keys in layout.doubles:
            self.add("warning", keys, f"{keys[-1]} stands here twice; the last one counts.", "Remove one.")

    def add(self, severity: Literal["error", "warning"], keys: Keys, cause: str, fix: str) -> None:
        """Note an issue at the line of `keys`, or of the object they belong in."""
        there = next(keys[:n] for n in range(len(keys), -1, -1) if n == 0 or keys[:n] in self._layout.spans)
        line = line_of(self._text, self._layout.spans[there].key) if there else None
        self.issues.append(Issue(severity, line, ".".join(keys), cause, fix))

    def has(self, *keys: str) -> bool:
        """Whether there is such a key."""
        return keys in self._layout.spans

    def unknown(self, keys: Keys, known: Sequence[str]) -> dict[str, Any]:
        """The entries of the object at `keys` that are none of `known`, kept as they are.

        Foundry Local looks for exact names: one that differs by case alone is an error.
        """
        spelled = {_plain(name): name for name in known}
        extra = {name: value for name, value in self._value(keys).items() if name not in known}
        for name in extra:
            right = spelled.get(_plain(name))
            if right is None:
                self.add("warning", (*keys, name), f"{name} is unknown here.", "Remove it if it is a slip.")
            elif self.has(*keys, right):
                self.add("warning", (*keys, name), f"{name} is not read, {right} is.", f"Remove {name}.")
            else:
                cause = f"{name} is written wrongly: Foundry Local looks for {right}."
                self.add("error", (*keys, name), cause, f'Write "{right}".')
        return extra

    def section(self, name: str, required: bool) -> bool:
        """Whether the object `name` is there to be read."""
        value = self._document.get(name)
        if isinstance(value, dict):
            return True
        if value is not None:
            self.add("error", (name,), f"{name} has to be an object.", f'Write "{name}": {{ … }}.')
        elif required and not self._misspelled((), name):
            self.add("error", (name,), f"{name} is missing.", f'Add "{name}": {{ … }}.')
        return False

    def string(self, keys: Keys, default: str = "") -> str:
        """The text at `keys`, `default` if it is not there."""
        if not self.has(*keys):
            return default
        value = self._value(keys)
        if not isinstance(value, str):
            self.add("error", keys, f"{keys[-1]} has to be a text.", f'Write "{keys[-1]}": "…".')
            return default
        return value

    def shape(self, keys: Keys, required: bool) -> str:
        """The template string at `keys`, which has to hold `{Content}`; empty if it is not there."""
        name = keys[-1]
        if not self.has(*keys):
            if required and not self._misspelled(keys[:-1], name):
                self.add("error", keys, f"{name} is missing.", f'Add "{name}": "…{CONTENT}…".')
            return ""
        before = len(self.issues)
        value = self.string(keys)
        if len(self.issues) > before:
            return ""
        if CONTENT not in value:
            wrong = CONTENT.lower() in value.lower()
            cause = f"{name} writes {CONTENT} with other letters." if wrong else f"{name} has no {CONTENT}."
            self.add("error", keys, cause, f"Put {CONTENT} where the text of the message goes.")
        elif value.count(CONTENT) > 1:
            cause = f"{name} holds {CONTENT} {value.count(CONTENT)} times: the message would be repeated."
            self.add("warning", keys, cause, f"Keep one {CONTENT}.")
        return value

    def number(
        self, keys: Keys, default: float, low: float, high: float | None = None, *, open_low: bool = False
    ) -> float:
        """The number at `keys`, from `low` (itself excluded if `open_low`) to `high`."""
        if not self.has(*keys):
            return default
        value = self._value(keys)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.add("error", keys, f"{keys[-1]} has to be a number.", f"Write for example {default:g}.")
            return default
        if value < low or (open_low and value == low) or (high is not None and value > high):
            above = f"above {low:g}" if open_low else f"at least {low:g}"
            limits = above if high is None else f"{above} and at most {high:g}"
            cause = f"{keys[-1]} is {value:g}; it has to be {limits}."
            self.add("error", keys, cause, f"Write for example {default:g}.")
            return default
        return value

    def whole(self, keys: Keys, default: int) -> int:
        """The whole number at `keys`, at least 1."""
        before = len(self.issues)
        value = self.number(keys, default, 1)
        if isinstance(value, int):
            return value
        if len(self.issues) == before:
            self.add("error", keys, f"{keys[-1]} has to be a whole number.", f"Write for example {default}.")
        return default

    def _value(self, keys: Keys) -> Any:
        value: Any = self._document
        for key in keys:
            value = value[key]
        return value

    def _misspelled(self, keys: Keys, name: str) -> bool:
        """Whether `name` is there with other letters, which is an issue of its own."""
        return any(_plain(other) == _plain(name) for other in self._value(keys))


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")
