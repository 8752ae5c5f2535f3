"""The fields that say how a model is measured: what each is called, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass

from slmtui.pipeline.validation import Part
from slmtui.pipeline.wishes import Wishes, shown

_USUAL = Wishes()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `Wishes`.

    Attributes:
        name: as there.
        measures: the part that it changes, and `part` is its title.
        about: what it is for.
        nothing: what an empty one means, where that is no value.
        is_path: whether a path is typed.
    """

    name: str
    measures: Part
    part: str
    title: str
    about: str
    nothing: str = ""
    is_path: bool = False

    @property
    def usual(self) -> str:
        """What holds while it is empty."""
        return self.nothing or shown(self.name, getattr(_USUAL, self.name))


WISHES = (
    Field(
        "prompt_tokens",
        "bench",
        "Benchmark",
        "Prompts",
        "How long the prompts are, in tokens: take those that your users send. With the output they have to"
        " fit the model's context.",
    ),
    Field(
        "output_tokens",
        "bench",
        "Benchmark",
        "Outputs",
        "How many tokens are generated after each prompt. Each length of a prompt is measured with each of"
        " these.",
    ),
    Field(
        "repetitions",
        "bench",
        "Benchmark",
        "Repetitions",
        "How often each is measured, in random order. More of them tell better how far the figures scatter,"
        " and take longer.",
    ),
    Field(
        "text",
        "quality",
        "Quality",
        "Text",
        "A file that the model and its source read, for perplexity and KL divergence: some pages of the kind"
        " that the model answers with. → completes the path.",
        "the built-in one",
        is_path=True,
    ),
    Field(
        "base",
        "checklist",
        "Checklist",
        "Untuned base",
        "What the source was fine-tuned from: a folder, a .gguf file, a sample's name, or org/name on the"
        " hub. It is asked the questions, too, which tells what the fine-tuning taught and what it lost.",
        "none is asked",
        is_path=True,
    ),
    Field(
        "at_least",
        "checklist",
        "Checklist",
        "Has to pass",
        "The share of the questions that the model has to answer right, or that item of the checklist fails.",
    ),
    Field(
        "turns",
        "checklist",
        "Checklist",
        "Session",
        "Turns of the long session in which its memory is watched. More of them find a smaller leak.",
    ),
)


def _help() -> str:
    lines = ["## How it is measured", ""]
    lines += ["An empty field means what stands in it, muted. What is kept holds for this model.", ""]
    lines += [f"* **{field.title}** ({field.part}; usual: {field.usual}): {field.about}" for field in WISHES]
    return "\n".join(lines) + "\n"


WISHES_HELP = _help()
