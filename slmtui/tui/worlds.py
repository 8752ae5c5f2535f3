"""What newer runtimes read instead of the template: how each file is written on request, and put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slmtui import pipeline
from slmtui.deployment import Deployment


@dataclass(frozen=True, slots=True)
class World:
    """One file that newer runtimes read: what it is for, and how it is written and put back."""

    file: str
    title: str
    lead: str
    done: str
    undone: str
    plan: Callable[[Deployment, str], Any]
    write: Callable[[Deployment, Any], Deployment]
    undo: Callable[[Deployment], Deployment | None]
    is_written: Callable[[Deployment], bool]


CHAT_TEMPLATE = World(
    "chat_template.jinja",
    "Write the chat template that says the same",
    "Newer runtimes render the chat template and only show PromptTemplate. This makes the first say what the "
    "second says; the original is kept beside it, and Ctrl+O puts it back.",
    "The chat template says what PromptTemplate says; Ctrl+O puts the model's own back.",
    "The model's own chat template is back.",
    pipeline.sync_plan,
    pipeline.sync_chat_template,
    pipeline.undo_sync,
    pipeline.is_synced,
)
SEARCH_OPTIONS = World(
    "genai_config.json",
    "Write ModelConfig into the search options",
    "Newer runtimes ignore ModelConfig and take the search options of genai_config.json. This makes them say "
    "the same; the original is kept beside it, and Ctrl+S or Ctrl+O puts it back.",
    "The search options say what ModelConfig says; Ctrl+S puts the model's own back.",
    "The model's own search options are back.",
    pipeline.search_plan,
    pipeline.write_search_options,
    pipeline.undo_search_options,
    pipeline.has_search_options,
)
WORLDS = (CHAT_TEMPLATE, SEARCH_OPTIONS)
