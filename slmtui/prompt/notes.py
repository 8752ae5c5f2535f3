"""What a user should know about a derived template, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slmtui.prompt.system_turn import SystemTurn
from slmtui.prompt.trial import Trial
from slmtui.prompt.turns import Turns

# Variables that programs pass to a chat template.
_THINKING = re.compile(r"\b(enable_)?thinking\b(?=\s+(is|and|or|%|-)|\s*[%)])")
_TOOLS = re.compile(r"{%-?\s*(if|elif|for \w+ in)\s[^%]*\btools\b")


def notes_on(
    trial: Trial, turns: Turns, system: SystemTurn, bos: str, tokenizer_adds_bos: bool, jinja: str = ""
) -> tuple[str, ...]:
    """What the four strings cannot express of the chat template, and where it treats texts specially.

    `jinja` is the template's text: what it does only when asked to is not seen in what it renders.
    """
    return (
        *_beginning(turns, system, bos, tokenizer_adds_bos),
        *_turns(trial, turns),
        *_texts(trial),
        *_switches(jinja),
    )


def _beginning(turns: Turns, system: SystemTurn, bos: str, tokenizer_adds_bos: bool) -> Iterator[str]:
    lead = turns.lead.removeprefix(bos)
    if lead and system.default:
        yield (
            f"Without a system message the chat template adds its own, {system.default!r}. PromptTemplate "
            "cannot: send it as the system message where an older Foundry Local runs the model."
        )
    elif lead:
        yield f"Without a system message the chat template begins with {lead!r}; PromptTemplate cannot."
    if system.limit:
        yield f"{system.limit[0].upper()}{system.limit[1:]}."
    if bos and tokenizer_adds_bos:
        yield f"{bos} at the beginning is left to the tokenizer, which adds it itself."
    elif bos:
        yield f"The chat template begins with {bos}, which neither PromptTemplate nor the tokenizer adds."


def _turns(trial: Trial, turns: Turns) -> Iterator[str]:
    if trial.dialogue.text is None:
        yield f"The chat template takes one question only: {trial.dialogue.refusal}."
    elif not turns.uniform:
        yield "The chat template writes earlier turns differently from later ones."
    if not turns.opening.strip() and turns.assistant_head.strip():
        yield (
            "The chat template does not open the new answer: the model has to begin it with "
            f"{turns.assistant_head!r} by itself."
        )
    elif turns.opening.strip() != turns.assistant_head.strip():
        yield (
            f"The chat template opens a new answer with {turns.opening!r}, but earlier ones with "
            f"{turns.assistant_head!r}."
        )


def _switches(jinja: str) -> Iterator[str]:
    if _THINKING.search(jinja):
        yield ("The chat template can switch thinking on and off; PromptTemplate has it as it is by default.")
    elif "</think>" in jinja:
        yield "The chat template takes thoughts (<think>) out of earlier answers; PromptTemplate keeps them."
    if _TOOLS.search(jinja):
        yield "The chat template can offer tools to the model; PromptTemplate cannot."


def _texts(trial: Trial) -> Iterator[str]:
    if trial.trims:
        yield "The chat template trims white space around each message; PromptTemplate keeps it."
    if trial.dated:
        yield "The chat template writes today's date; in PromptTemplate it stays as it is now."
