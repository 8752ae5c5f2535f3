"""PromptTemplate derived from the model's own chat template, by rendering it and looking at what comes out.

Nothing is guessed from a model's name: the chat template renders conversations of known words, `turns.py`
finds what stands around them, and the same template renders four more conversations to compare with.
What the four strings of PromptTemplate cannot express is said in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from slmtui.environment.installed import command_line
from slmtui.events import Failure
from slmtui.prompt import families
from slmtui.prompt.agreement import Comparison, Probe, agrees, compare
from slmtui.prompt.chat_template import ChatTemplate, Rendering, read_chat_template
from slmtui.prompt.confidence import sureness
from slmtui.prompt.families import Family
from slmtui.prompt.notes import notes_on
from slmtui.prompt.prompt_template import CONTENT, PromptTemplate
from slmtui.prompt.system_turn import SystemTurn, find_system_turn
from slmtui.prompt.tokenizer_files import added_tokens, adds_itself, read_json
from slmtui.prompt.trial import Trial, run_trial
from slmtui.prompt.turns import Turns, between, exact_turns, find_turns


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived template and how it was checked.

    `family` is an id of `families.families()`, `custom`, or `none` without a chat template. `notes` say what
    a user should know. `probes` are the conversations the chat template rendered; `comparisons` hold the
    template against them, and `agrees` sums them up. `confidence` (0 to 1) is how sure it is that the model
    expects prompts like these, `why` the evidence in words (`confidence.py`).
    """

    template: PromptTemplate
    family: str
    notes: tuple[str, ...]
    agrees: bool
    probes: tuple[Probe, ...]
    comparisons: tuple[Comparison, ...]
    confidence: float = 0.0
    why: str = ""


def derive(model_dir: Path, family: str = families.AUTO) -> Derivation:
    """The template of the model in `model_dir`.

    With a `family` that family's four strings are taken instead, and compared just so. A model without a chat
    template gets the family whose tokens its tokenizer has, else plain text, and a note.

    Raises:
        Failure: the chat template is broken, endless, or does not take a plain question; there is no such
            family.
    """
    chosen = None if family == families.AUTO else families.family(family)
    chat_template = read_chat_template(model_dir)
    tokenizer = read_json(model_dir / "tokenizer.json")
    tokens = added_tokens(tokenizer)
    if chat_template is None:
        return _without_chat_template(tokens, chosen)
    config = read_json(model_dir / "tokenizer_config.json")
    bos = chat_template.bos_token
    try:
        derived = derive_from(
            chat_template, bool(bos) and adds_itself(bos, tokenizer, config), tokens or None
        )
    except Failure as failure:
        if chosen is not None:
            return _without_chat_template(tokens, chosen, failure.cause)
        way = ("--family", "NAME", "--write", "--sync-chat-template")
        command = command_line("slmtui", "template", str(model_dir), *way)
        raise Failure(failure.cause, f"{failure.fix} Or choose a family: {command}", failure.log) from failure
    return derived if chosen is None else _chosen(derived, chosen, tokens)


def derive_from(
    chat_template: ChatTemplate, tokenizer_adds_bos: bool, tokens: AbstractSet[str] | None = None
) -> Derivation:
    """The same, from a chat template at hand; `tokens` are those its tokenizer never splits, if known.

    Raises:
        Failure: as for `derive`.
    """
    trial = run_trial(chat_template)
    turns = _turns(trial, chat_template)
    # A token that opens every question (ChatML's, in SmolLM2) begins no sequence, whatever it is called.
    bos = chat_template.bos_token
    if not bos or turns.user_head.startswith(bos) or not turns.lead.startswith(bos):
        bos = ""
    system = find_system_turn(trial, turns, bos)
    template = PromptTemplate(
        system=system.shape,
        user=f"{turns.user_head}{CONTENT}{turns.user_tail}",
        assistant=f"{turns.assistant_head}{CONTENT}{turns.assistant_tail}",
        prompt=f"{turns.last_head}{CONTENT}{turns.last_tail}",
    )
    probes = _probes(trial, turns, system, bos, tokenizer_adds_bos)
    comparisons = compare(template, probes)
    notes = notes_on(trial, turns, system, bos, tokenizer_adds_bos, chat_template.text)
    family = families.recognise(template, turns.lead)
    confidence, why = sureness(template, family, comparisons, tokens)
    return Derivation(template, family, notes, agrees(comparisons), probes, comparisons, confidence, why)


def _chosen(derived: Derivation, family: Family, tokens: AbstractSet[str]) -> Derivation:
    """The family that the user chose, held against the model's own chat template."""
    comparisons = compare(family.template, derived.probes)
    confidence, why = sureness(family.template, family.id, comparisons, tokens or None)
    notes = family.limits
    if not agrees(comparisons):
        own = families.title(derived.family)
        notes = (
            f"The model's own chat template makes other prompts ({own}): reset to it if in doubt.",
            *notes,
        )
    return Derivation(
        family.template,
        family.id,
        notes,
        agrees(comparisons),
        derived.probes,
        comparisons,
        confidence,
        f"Chosen by you. {why}",
    )


def _without_chat_template(tokens: AbstractSet[str], chosen: Family | None, unusable: str = "") -> Derivation:
    """From the vocabulary, or as chosen; `unusable` says why there is none, if there is one after all."""
    family = chosen or families.by_vocabulary(tokens)
    plain = family.id == families.PLAIN
    if chosen is not None:
        taken = f"{family.title} is taken, as you chose,"
    elif plain:
        taken = "Plain text is taken"
    else:
        taken = f"{family.title} is taken, since its tokenizer has the tokens,"
    note = (
        f"The model has no chat template: it looks like a base model. {taken} but Foundry Local's SDK does "
        "not chat with a model that has none. Choose the family it was fine-tuned with."
    )
    if unusable:
        note = (
            f"{unusable} {family.title} is taken, as you chose; write the chat template that says the same."
        )
    confidence, why = sureness(family.template, families.NONE, (), tokens)
    return Derivation(
        family.template,
        family.id if chosen is not None else families.NONE,
        (note, *family.limits) if chosen is not None else (note,),
        False,
        (),
        (),
        confidence,
        f"Chosen by you. {why}" if chosen is not None else why,
    )


def _turns(trial: Trial, chat_template: ChatTemplate) -> Turns:
    if trial.question.text is None:
        raise Failure(
            f"{chat_template.source} does not take a plain question: {trial.question.refusal}.",
            "Mend the chat template, or take the chat_template.jinja of the base model.",
        )
    once = _pieces(trial.question, trial.words[:1])
    if once is None:
        raise Failure(
            f"{chat_template.source} loses the question, or repeats it.",
            "Mend the chat template: it may expect content in parts, as for pictures, where text is sent.",
        )
    closed = _pieces(trial.closed_question, trial.words[:1])
    dialogue = _pieces(trial.dialogue, trial.words)
    if dialogue is not None:
        answered = _pieces(trial.closed_answer, trial.words[:2])
        exact = exact_turns(dialogue, once, closed, answered)
        return exact or find_turns(dialogue, closed, answered, chat_template.bos_token)
    # One question and no more: the answer is whatever the model says behind the opening.
    begin, end = once
    tail = closed[1] if closed is not None and end.startswith(closed[1]) else ""
    head = begin.removeprefix(chat_template.bos_token)
    lead = begin.removesuffix(head)
    opening = end[len(tail) :]
    return Turns(lead, head, tail, opening, "", opening, head, end, uniform=False)


def _pieces(rendering: Rendering, words: Sequence[str]) -> tuple[str, ...] | None:
    return None if rendering.text is None else between(rendering.text, words)


def _probes(
    trial: Trial, turns: Turns, system: SystemTurn, bos: str, tokenizer_adds_bos: bool
) -> tuple[Probe, ...]:
    probes: list[Probe] = []
    for title, messages, rendering in trial.conversations:
        has_system = messages[0].role == "system"
        omitted = bos if has_system else turns.lead
        limit = "" if not bos or tokenizer_adds_bos else f"{bos} at its beginning is left out"
        if not has_system and turns.lead.removeprefix(bos):
            limit = "what the chat template writes before the first turn is left out"
        if has_system and not system.expressible:
            limit = system.limit
        probes.append(
            Probe(
                title,
                messages,
                rendering.text,
                rendering.refusal,
                omitted,
                limit,
                comparable=system.expressible or not has_system,
            )
        )
    return tuple(probes)
