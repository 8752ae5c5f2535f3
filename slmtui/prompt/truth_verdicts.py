"""What to think of three renderings of a conversation: do they agree, and do the tokens make sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from slmtui.events import Status, Verdict
from slmtui.prompt import families
from slmtui.prompt.prompt_template import CONTENT, PromptTemplate
from slmtui.prompt.truth import NAMES, Made, Truth, part
from slmtui.runtime.parameters import Message


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What has to be known of the tokenizer and the model's configuration.

    `added` are the tokens that are never split, with their ids; `eos_ids` end an answer in the runtime
    (`eos_token_id` in genai_config.json); `bos` begins a sequence (None: there is no such token).
    """

    added: Mapping[str, int]
    eos_ids: frozenset[int]
    bos: int | None
    has_chat_template: bool

    @classmethod
    def from_json(cls, reply: Mapping[str, Any]) -> Self:
        """From the worker's `loaded`."""
        return cls(
            {str(text): int(number) for text, number in reply["added"].items()},
            frozenset(int(number) for number in reply["eos_ids"]),
            reply["bos"],
            bool(reply["has_chat_template"]),
        )


def judge(
    made: tuple[Made, Made, Made],
    template: PromptTemplate,
    vocabulary: Vocabulary,
    messages: Sequence[Message] = (),
) -> Truth:
    """The three with their verdict and the findings."""
    hugging, runtime, strings = made
    pairs = ((hugging, runtime), (hugging, strings), (runtime, strings))
    partings = (part(one, other) for one, other in pairs if one.text is not None and other.text is not None)
    first = next((parting for parting in partings if parting is not None), None)
    identical = first is None and all(one.text is not None for one in made)
    findings = (
        _end_of_turn(template, vocabulary),
        _beginning(made, vocabulary),
        _whole(made, template, vocabulary),
        _content(messages, vocabulary),
    )
    return Truth(made, identical, first, _agreement(made, first, vocabulary), findings)


def _agreement(made: tuple[Made, Made, Made], first: Any, vocabulary: Vocabulary) -> Verdict:
    hugging, runtime, strings = made

    def verdict(status: Status, evidence: str, fix: str = "", title: str = "The tokens differ") -> Verdict:
        return Verdict("template-truth", title, status, evidence, fix)

    if not vocabulary.has_chat_template:
        return verdict(
            "warn",
            "The model has no chat template, so there is nothing to hold PromptTemplate against.",
            "Write the chat template that renders the same, or put the base model's beside the model.",
            "There is nothing to compare with",
        )
    known = tuple(number for number in runtime.ids if number >= 0)
    if first is not None and known != runtime.ids and known == hugging.ids:
        # SmolLM2's vocabulary lacks some control characters and the bytes of characters never assigned.
        return verdict(
            "warn",
            "The vocabulary lacks a byte of a message: transformers leaves it out, the runtime makes of it "
            "the token -1, which no training has seen.",
            "Take control characters and characters that do not exist out of the message.",
        )
    if first is not None and strings.source in first.between:
        return verdict(
            "warn",
            f"PromptTemplate differs {first}.",
            "Reset it to what was derived, or write the chat template that renders what PromptTemplate says.",
        )
    if first is not None:
        return verdict(
            "fail",
            f"The runtime differs from transformers {first}.",
            "Take a simpler chat template: slmtui writes one that renders what PromptTemplate says.",
        )
    if runtime.text is None and hugging.text is not None:
        return verdict(
            "fail",
            f"The runtime refuses what transformers renders: {runtime.refusal}.",
            "Take a simpler chat template: slmtui writes one that renders what PromptTemplate says.",
            "The runtime makes no tokens of it",
        )
    if hugging.text is None:
        return verdict(
            "warn",
            f"The chat template refuses this conversation: {hugging.refusal}. PromptTemplate wraps it "
            "all the same.",
            "Do without what it refuses: some models know no system message, or want turns to alternate.",
            "The chat template makes no tokens of it",
        )
    evidence = f"{len(hugging.tokens)} tokens, the same in all three."
    return verdict("ok", evidence, title="All three make the same tokens")


def _end_of_turn(template: PromptTemplate, vocabulary: Vocabulary) -> Verdict:
    def verdict(status: Status, evidence: str, fix: str = "") -> Verdict:
        title = "The end of a turn ends the answer"
        return Verdict("eos-is-end-of-turn", title, status, evidence, fix)

    _, _, tail = template.assistant.rpartition(CONTENT)
    token = next((found for found in families.CONTROL.findall(tail)), None)
    if token is None:
        return verdict("unchecked", "PromptTemplate closes an answer with no token of its own.")
    number = vocabulary.added.get(token)
    if number is None:
        return verdict(
            "fail",
            f"{token} closes an answer, but the tokenizer does not have it as one token.",
            "Take the family the model was fine-tuned with.",
        )
    if number not in vocabulary.eos_ids:
        known = ", ".join(map(str, sorted(vocabulary.eos_ids))) or "none"
        return verdict(
            "fail",
            f"{token} (id {number}) closes an answer, but the runtime stops at {known} and goes on here.",
            f"Add {number} to model.eos_token_id in genai_config.json, or convert a checkpoint whose "
            "generation_config.json names it.",
        )
    return verdict("ok", f"{token} (id {number}) is among the ids at which the runtime stops.")


def _beginning(made: Sequence[Made], vocabulary: Vocabulary) -> Verdict:
    title = "The sequence begins once"
    bos = vocabulary.bos
    if bos is None:
        return Verdict("no-doubled-bos", title, "ok", "The tokenizer has no beginning-of-sequence token.")
    doubled = [one for one in made if one.ids[:2] == (bos, bos)]
    if doubled:
        names = " and ".join(NAMES[one.source] for one in doubled)
        return Verdict(
            "no-doubled-bos",
            title,
            "fail",
            f"The beginning-of-sequence token (id {bos}) stands twice in {names}.",
            "Take it out of the template: the tokenizer adds it itself.",
        )
    return Verdict("no-doubled-bos", title, "ok", f"No rendering begins with id {bos} twice.")


def _whole(made: Sequence[Made], template: PromptTemplate, vocabulary: Vocabulary) -> Verdict:
    def verdict(status: Status, evidence: str, fix: str = "") -> Verdict:
        return Verdict("special-tokens-whole", "Special tokens stay whole", status, evidence, fix)

    needed = sorted(families.control_tokens(template))
    for one in made:
        for token in needed:
            number = vocabulary.added.get(token)
            if one.text is None or number is None:
                continue
            said, found = one.text.count(token), one.ids.count(number)
            if found < said:
                return verdict(
                    "fail",
                    f"{token} occurs {said} times in {NAMES[one.source]}, but {said - found} of them are "
                    "split into pieces of text.",
                    "Look at tokenizer.json: the token has to be in its added_tokens.",
                )
    # [INST] is plain text to Llama 2 and was so in its training.
    foreign = [token for token in needed if token not in vocabulary.added and not token.startswith("[")]
    if foreign:
        return verdict(
            "warn",
            f"{', '.join(foreign)} looks like a special token, but the tokenizer splits it into text.",
            "Take the family the model was fine-tuned with.",
        )
    own = [token for token in needed if token in vocabulary.added]
    if not own:
        return verdict("ok", "The template writes plain text: it has no special tokens.")
    some = "special tokens" if len(own) > 1 else "special token"
    return verdict("ok", f"{len(own)} {some} of the template, each one token wherever it occurs.")


def _content(messages: Sequence[Message], vocabulary: Vocabulary) -> Verdict:
    title = "Messages are text only"
    found = sorted(
        {
            token
            for message in messages
            for token in families.CONTROL.findall(message.content)
            if token in vocabulary.added
        }
    )
    if not found:
        return Verdict("content-is-text", title, "ok", "No message holds a special token.")
    return Verdict(
        "content-is-text",
        title,
        "warn",
        f"A message holds {', '.join(found)}: every runtime reads it as the token, not as text.",
        "Programs that pass on the words of strangers should take such tokens out.",
    )
