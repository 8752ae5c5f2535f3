"""The plan of a lab: which models in which variants, how they are measured, and what it will take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slmtui.config import locations
from slmtui.conversion.forecast import forecast
from slmtui.conversion.recipe import PRECISIONS
from slmtui.deployment import usable_name
from slmtui.events import Failure, jsonable
from slmtui.lab.variants import Variant, default_variants
from slmtui.pipeline.checklist import SUITE
from slmtui.source import samples
from slmtui.source.model_source import ModelSource

# Short, so that a lab over five variants takes minutes: one prompt length people meet, and one long one.
SHORT_PROMPTS = (32, 512)
SHORT_OUTPUTS = (64,)
SHORT_REPETITIONS = 3
# Seconds that measuring a variant takes at least (its processes load the model four times), and for each
# billion of parameters: SmolLM2-135M on two cores.
_MEASURE_SECONDS, _MEASURE_SECONDS_PER_BILLION = 20.0, 400.0
_CONVERT_SECONDS, _CONVERT_SECONDS_PER_BILLION = 6.0, 90.0


@dataclass(frozen=True, slots=True)
class LabModel:
    """One model of a lab: its name there, its source, and its suite of questions, if it has one."""

    name: str
    source: ModelSource
    suite: Path | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """How each variant is measured: the benchmark's lengths and repetitions, and the user's own text.

    `bench`, `quality` and `suite` say whether that step is done at all.
    """

    prompt_tokens: tuple[int, ...] = SHORT_PROMPTS
    output_tokens: tuple[int, ...] = SHORT_OUTPUTS
    repetitions: int = SHORT_REPETITIONS
    text: Path | None = None
    bench: bool = True
    quality: bool = True
    suite: bool = True

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        found: dict[str, Any] = jsonable(self)
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Measures:
        """What `to_json` wrote."""
        return cls(
            tuple(map(int, value["prompt_tokens"])),
            tuple(map(int, value["output_tokens"])),
            int(value["repetitions"]),
            Path(value["text"]) if value["text"] else None,
            *(bool(value[step]) for step in ("bench", "quality", "suite")),
        )


@dataclass(frozen=True, slots=True)
class LabPlan:
    """What a lab will do. Its journal and all outputs lie in `output`.

    `override` converts although there seems to be too little room or memory.
    """

    models: tuple[LabModel, ...]
    variants: tuple[Variant, ...]
    output: Path
    measures: Measures = field(default_factory=Measures)
    override: bool = False

    @property
    def sources(self) -> tuple[ModelSource, ...]:
        """The models' sources."""
        return tuple(model.source for model in self.models)

    @property
    def called(self) -> dict[str, str]:
        """What people call each model, by its name in the lab; that name where two are called alike."""
        own = [model.source.name for model in self.models]
        return {
            model.name: called if called and own.count(called) == 1 else model.name
            for model, called in zip(self.models, own, strict=True)
        }

    def output_of(self, model: LabModel, variant: Variant) -> Path:
        """The folder that a variant of a model is converted into."""
        return self.output / model.name / variant.folder


@dataclass(frozen=True, slots=True)
class RowForecast:
    """What one row will take: the folder's bytes, the most memory, and seconds; `failure` if it cannot be."""

    model: str
    variant: Variant
    output_bytes: int
    memory_bytes: int
    seconds: float
    failure: str = ""

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.model}/{self.variant.id}"


def plan_lab(
    sources: Sequence[ModelSource],
    variants: Sequence[Variant] | None = None,
    *,
    output: Path | None = None,
    measures: Measures | None = None,
    suite: Path | None = None,
    override: bool = False,
) -> LabPlan:
    """What a lab over `sources` will do.

    Args:
        sources: the models, each once.
        variants: the guide's four and the compact one, if None. The finest is made first: others may begin
            with it.
        output: the folder; by default one of slmtui's own, named after the first source.
        measures: how to measure; short by default.
        suite: the questions for every model; without it a sample has those that came with it.
        override: convert although there seems to be too little room or memory.

    Raises:
        Failure: there is nothing to do, or a source cannot be converted.
    """
    if not sources:
        raise Failure("There is no model to compare.", "Name a model, or a folder that holds some.")
    chosen = sorted(
        default_variants() if variants is None else variants,
        key=lambda each: PRECISIONS.index(each.recipe().precision),
    )
    if not chosen:
        raise Failure("No variant is chosen.", "Take one at least, for example int4.")
    names: dict[str, ModelSource] = {}
    for source in {source.path: source for source in sources}.values():
        names[_free(usable_name(source.name), names)] = source
    models = tuple(LabModel(name, source, suite or _shipped(source)) for name, source in names.items())
    output = output or default_output(models[0].name if len(models) == 1 else f"{models[0].name}-and-more")
    return LabPlan(models, tuple(chosen), output.expanduser().absolute(), measures or Measures(), override)


def default_output(name: str) -> Path:
    """Where a lab of the model `name` lies unless the user says otherwise."""
    return locations.data_dir() / "labs" / usable_name(name)


def forecasts(plan: LabPlan) -> tuple[RowForecast, ...]:
    """What each row will take, in the plan's order."""
    return tuple(_forecast(model, variant) for model in plan.models for variant in plan.variants)


def _forecast(model: LabModel, variant: Variant) -> RowForecast:
    billions = model.source.parameters / 1e9
    try:
        found = forecast(model.source, variant.recipe())
    except Failure as failure:
        return RowForecast(model.name, variant, 0, 0, 0.0, failure.cause)
    convert = found.seconds
    if convert is None:
        convert = _CONVERT_SECONDS + _CONVERT_SECONDS_PER_BILLION * billions
    measure = _MEASURE_SECONDS + _MEASURE_SECONDS_PER_BILLION * billions
    return RowForecast(model.name, variant, found.output_bytes, found.memory_bytes, convert + measure)


def _shipped(source: ModelSource) -> Path | None:
    """The questions that came with a sample."""
    for sample in samples.samples():
        if sample.path == source.path and (sample.path.parent / SUITE).is_file():
            return sample.path.parent / SUITE
    return None


def _free(wanted: str, taken: Iterable[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name
