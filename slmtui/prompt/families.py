"""The families of prompt formats: a table (`families.toml`), and how a template is recognised by it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from slmtui.prompt.prompt_template import CONTENT, PromptTemplate

CUSTOM = "custom"
"""A chat template of a shape that the table does not have."""
NONE = "none"
"""No chat template at all: a base model."""

CHATML_TOKENS = frozenset({"<|im_start|>", "<|im_end|>"})
CHATML = PromptTemplate(
    system="<|im_start|>system\n{Content}<|im_end|>\n",
    user="<|im_start|>user\n{Content}<|im_end|>\n",
    assistant="<|im_start|>assistant\n{Content}<|im_end|>\n",
    prompt="<|im_start|>user\n{Content}<|im_end|>\n<|im_start|>assistant\n",
)
PLAIN = PromptTemplate(system=f"{CONTENT}\n", user=f"{CONTENT}\n", assistant=f"{CONTENT}\n", prompt=CONTENT)
"""For models that only go on with a text: each message a line, the last one left open."""


@dataclass(frozen=True, slots=True)
class Family:
    """One row of the table; every mark occurs in a template of this family."""

    id: str
    title: str
    marks: tuple[str, ...]


@cache
def families() -> tuple[Family, ...]:
    """The table, narrower families first."""
    text = files("slmtui.prompt").joinpath("families.toml").read_text(encoding="utf-8")
    return tuple(
        Family(row["id"], row["title"], tuple(row["marks"])) for row in tomllib.loads(text)["family"]
    )


def recognise(template: PromptTemplate) -> str:
    """The id of the family whose marks the template bears, else `custom`."""
    text = "\n\n".join((template.system, template.user, template.assistant, template.prompt))
    found = (family.id for family in families() if all(mark in text for mark in family.marks))
    return next(found, CUSTOM)


def title(family: str) -> str:
    """A family's name for people."""
    names = {CUSTOM: "a format of its own", NONE: "no chat template"}
    return names.get(family) or next((f.title for f in families() if f.id == family), family)
