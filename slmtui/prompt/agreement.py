"""Whether PromptTemplate makes of a conversation what the model's own chat template makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.runtime.parameters import Message

State: TypeAlias = Literal["identical", "limited", "refused", "differs"]
_AROUND = 24


@dataclass(frozen=True, slots=True)
class Probe:
    """A conversation as the chat template makes it, and what of it PromptTemplate can hold at all.

    `text` is None if the chat template refuses it (`refusal` says why). `omitted` is the beginning of `text`
    that the four strings cannot express, such as a default system message; `limit` says so in words, and is
    empty where nothing is lost (a beginning-of-sequence token that the tokenizer adds itself).
    `comparable` is False where the two can only differ.
    """

    title: str
    messages: tuple[Message, ...]
    text: str | None
    refusal: str = ""
    omitted: str = ""
    limit: str = ""
    comparable: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two texts part: the position in characters, and what follows in each."""

    position: int
    before: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"after {self.before!r}: {self.expected!r} in the chat template, {self.found!r} here"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One conversation as both make it; `difference` is the first one, None if there is none.

    `identical`; `limited`: as far as PromptTemplate can express it; `refused`: the chat template does not
    take this conversation; `differs`.
    """

    probe: Probe
    made: str
    state: State
    difference: Difference | None


def compare(template: PromptTemplate, probes: Iterable[Probe]) -> tuple[Comparison, ...]:
    """Each probe as `template` makes it, against what the chat template made of it."""
    return tuple(_compare(template, probe) for probe in probes)


def agrees(comparisons: Iterable[Comparison]) -> bool:
    """Whether nothing differs that could be the same, and something was compared."""
    states = {comparison.state for comparison in comparisons if comparison.probe.comparable}
    return "differs" not in states and bool(states & {"identical", "limited"})


def first_difference(expected: str, found: str) -> Difference | None:
    """The first place where two texts part."""
    if expected == found:
        return None
    pairs = enumerate(zip(expected, found, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), min(len(expected), len(found)))
    return Difference(
        at,
        expected[max(0, at - _AROUND) : at],
        expected[at : at + _AROUND],
        found[at : at + _AROUND],
    )


def _compare(template: PromptTemplate, probe: Probe) -> Comparison:
    made = template.render(probe.messages)
    if probe.text is None:
        return Comparison(probe, made, "refused", None)
    difference = first_difference(probe.text.removeprefix(probe.omitted), made)
    if not probe.comparable:
        return Comparison(probe, made, "limited", difference)
    state: State = "differs" if difference else "limited" if probe.limit else "identical"
    return Comparison(probe, made, state, difference)
