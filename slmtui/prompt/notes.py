"""What a user should know about a derived template, in words."""

from __future__ import annotations

from collections.abc import Iterator

from slmtui.prompt.system_turn import SystemTurn
from slmtui.prompt.trial import Trial
from slmtui.prompt.turns import Turns


def notes_on(
    trial: Trial, turns: Turns, system: SystemTurn, bos: str, tokenizer_adds_bos: bool
) -> tuple[str, ...]:
    """What the four strings cannot express of the chat template, and where it treats texts specially."""
    return (*_beginning(turns, system, bos, tokenizer_adds_bos), *_turns(trial, turns), *_texts(trial))


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
    if turns.opening.strip() != turns.assistant_head.strip():
        yield (
            f"The chat template opens a new answer with {turns.opening!r}, but earlier ones with "
            f"{turns.assistant_head!r}."
        )


def _texts(trial: Trial) -> Iterator[str]:
    if trial.trims:
        yield "The chat template trims white space around each message; PromptTemplate keeps it."
    if trial.dated:
        yield "The chat template writes today's date; in PromptTemplate it stays as it is now."
