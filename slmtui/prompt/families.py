"""The families of prompt formats: data files (`families/*.toml`), and how one is recognised by them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

from slmtui.events import Failure
from slmtui.prompt.prompt_template import PromptTemplate

CUSTOM = "custom"
"""A chat template of a shape that no family has."""
NONE = "none"
"""No chat template at all: a base model."""
AUTO = "auto"
"""Asked for where the family is to be found out."""
PLAIN = "plain"
"""The family of models that only go on with a text."""

SystemRole: TypeAlias = Literal["turn", "inside", "none"]

# What the vocabularies of these families hold as one token: <|token|>, <token>, </s>, [INST].
CONTROL = re.compile(r"<\|[^|<>\s]+\|>|<｜[^｜<>\s]+｜>|</?[a-z_]+>|\[/?[A-Z_]+\]")


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    Attributes:
        id: its name in commands and records.
        title: its name for people.
        template: its four strings; a model's own may differ in white space.
        marks: each occurs in the strings of every model of the family.
        lead_marks: one of them has to occur in what the chat template writes before the first turn, if any
            is given; tells families with the same strings apart.
        end_of_turn: the token that closes an answer, empty if only the end of the sequence does.
        system_role: `turn`: a turn of its own; `inside`: within the first question; `none`: no such role.
        limits: what the four strings cannot say of this family, in words.
        sample: a chat template of this family among the test data, empty if there is none.
    """

    id: str
    title: str
    template: PromptTemplate
    marks: tuple[str, ...]
    lead_marks: tuple[str, ...]
    end_of_turn: str
    system_role: SystemRole
    limits: tuple[str, ...]
    sample: str

    def bears(self, text: str, lead: str) -> bool:
        """Whether the strings in `text`, behind `lead`, are of this family."""
        led = not self.lead_marks or any(mark in lead for mark in self.lead_marks)
        return bool(self.marks) and led and all(mark in text for mark in self.marks)


@cache
def families() -> tuple[Family, ...]:
    """All families, narrower ones first, plain text last."""
    folder = files("slmtui.prompt").joinpath("families")
    texts = (entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    rows = sorted((tomllib.loads(text) for text in texts), key=lambda row: int(row["order"]))
    return tuple(
        Family(
            id=row["id"],
            title=row["title"],
            template=PromptTemplate(**row["template"]),
            marks=tuple(row["marks"]),
            lead_marks=tuple(row.get("lead_marks", ())),
            end_of_turn=row["end_of_turn"],
            system_role=row["system_role"],
            limits=tuple(row["limits"]),
            sample=row["sample"],
        )
        for row in rows
    )


def family(name: str) -> Family:
    """The family called `name`.

    Raises:
        Failure: there is none.
    """
    found = next((f for f in families() if f.id == name), None)
    if found is None:
        known = ", ".join(f.id for f in families())
        raise Failure(f"There is no family {name}.", f"Take one of these: {AUTO}, {known}.")
    return found


def recognise(template: PromptTemplate, lead: str = "") -> str:
    """The id of the family whose marks the template bears, else `custom`.

    `lead` is what the chat template writes before the first turn.
    """
    text = strings(template)
    return next((f.id for f in families() if f.bears(text, lead)), CUSTOM)


def by_vocabulary(tokens: AbstractSet[str]) -> Family:
    """The family a base model was made for, by the tokens its tokenizer never splits; plain text if none.

    A family counts if it has tokens of its own and the tokenizer has them all.
    """
    general = frozenset({"<s>", "</s>"})  # of many tokenizers, whatever they were made for
    for candidate in families():
        needed = control_tokens(candidate.template) - {"<think>"}
        if not candidate.lead_marks and needed - general and needed <= tokens:
            return candidate
    return family(PLAIN)


def control_tokens(template: PromptTemplate) -> frozenset[str]:
    """What in the strings looks like a special token."""
    return frozenset(CONTROL.findall(strings(template)))


def strings(template: PromptTemplate) -> str:
    """The four strings as one text to look for marks in."""
    return "\n\n".join((template.system, template.user, template.assistant, template.prompt))


def title(name: str) -> str:
    """A family's name for people."""
    names = {CUSTOM: "a format of its own", NONE: "no chat template"}
    return names.get(name) or next((f.title for f in families() if f.id == name), name)
