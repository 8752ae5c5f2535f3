"""What the Convert screen asks in threads: what would be made, what it takes, and how it is said to Olive.

Tests hand over one of their own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.config.files import typed_path
from slmtui.conversion.lint import Finding, LintReport
from slmtui.conversion.options import spelled
from slmtui.conversion.recipe import PRECISIONS, Recipe, recipe
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
from slmtui.tui.widgets.forecast_list import Estimate

if TYPE_CHECKING:
    from slmtui.conversion.plan import ConversionPlan
    from slmtui.conversion.targets import Offer
    from slmtui.source.model_source import ModelSource

_NO_REPORT = LintReport((), None)
# A conversion looks at the source first, in Python, and would have half of the interpreter while the screen
# is drawn anew for it. Seconds.
_DRAWING = 0.1


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for.

    `options` are those that were touched, as a person types them. `output` is empty for slmtui's own place.
    `text` is a configuration of the user's, run in place of the form's; None: the form speaks. `follows`: the
    form was touched after it, so that its passes become the form's.
    """

    precision: str = "int4"
    preset: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    text: str | None = None
    follows: bool = False
    compares: bool = True

    def of(self, found: Recipe) -> Wish:
        """The same wish, with the form as `found` has it."""
        options = {key: spelled(value) for key, value in found.options.items()}
        return replace(self, precision=found.precision, preset=found.preset, options=options)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What comes of a wish, as far as it can be told before anything is started.

    `plan` is what would be done; without one, `failure` says why. `anyway` is a plan in spite of that.
    `recipe` is the form's, None where the configuration says what the form has no words for (`beyond`).
    `text` is the configuration, `report` what its lint found, `replaced` what is not run as it is written.
    """

    wish: Wish
    source: ModelSource | None = None
    plan: ConversionPlan | None = None
    anyway: ConversionPlan | None = None
    failure: Failure | None = None
    recipe: Recipe | None = None
    beyond: str = ""
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    command: str = ""
    text: str = ""
    report: LintReport = _NO_REPORT
    replaced: tuple[str, ...] = ()
    targets: tuple[Offer, ...] = ()

    @property
    def faulty(self) -> bool:
        """Whether the user's own configuration is what stands against it."""
        return self.failure is not None and self.wish.text is not None and not self.report.ok


class Studio:
    """The real one. Its imports are made by the threads that need them: no screen waits for them."""

    def __init__(self) -> None:
        self._source: tuple[Deployment, ModelSource] | None = None
        self._targets: tuple[Offer, ...] = ()

    def look(self, deployment: Deployment, wish: Wish) -> Prospect:
        """Work out what `wish` comes to; blocks for a moment."""
        from slmtui import pipeline
        from slmtui.conversion.targets import offers

        self._targets = self._targets or offers()
        try:
            if self._source is None or self._source[0] != deployment:
                self._source = deployment, pipeline.source_of(deployment)
            source = self._source[1]
        except Failure as failure:
            return Prospect(wish, failure=failure, targets=self._targets)
        return replace(_prospect(deployment, source, wish), targets=self._targets)

    def fixed(self, text: str, finding: Finding) -> str:
        """The configuration with the fix of a finding.

        Raises:
            Failure: it has none, or the text has changed.
        """
        from slmtui.conversion.lint import apply

        return apply(text, finding)

    def read(self, path: Path) -> str:
        """A configuration's file.

        Raises:
            Failure: it cannot be read.
        """
        from slmtui.conversion.config_file import read_text

        return read_text(path)

    def convert(
        self, deployment: Deployment, plan: ConversionPlan, cancel: Cancel, *, compares: bool, anew: bool
    ) -> Service[Deployment]:
        """Do it; what was made before is found again, unless it is to be made `anew`."""
        from slmtui import pipeline

        time.sleep(_DRAWING)
        return (yield from pipeline.convert(deployment, plan, cancel, parity=compares, anew=anew))

    def warm_up(self) -> None:
        """Let a worker import Olive while the form is filled in."""
        from slmtui.conversion import warm

        warm.start()


def _in_step(source: ModelSource, wish: Wish) -> Wish:
    """The user's configuration with the form's passes, where the form was touched after it.

    One that is no JSON is written anew, which the editor can undo.
    """
    from slmtui.conversion.config_text import with_recipe

    if wish.text is None or not wish.follows:
        return wish
    chosen = recipe(wish.precision, wish.preset, wish.options)
    try:
        return replace(wish, text=with_recipe(wish.text, source, chosen), follows=False)
    except Failure:
        return replace(wish, text=None, follows=False)


def _prospect(deployment: Deployment, source: ModelSource, wish: Wish) -> Prospect:
    from slmtui import pipeline
    from slmtui.conversion.command import command
    from slmtui.conversion.config_file import OlivePlan, parse
    from slmtui.conversion.config_text import config_text
    from slmtui.conversion.lint import lint

    found = Prospect(wish, source, text=wish.text or "")
    brought: OlivePlan | None = None
    try:
        wish = _in_step(source, wish)
        found = replace(found, wish=wish, text=wish.text or "")
        output = typed_path(wish.output) if wish.output else None
        if wish.text is None:
            chosen: Recipe | None = recipe(wish.precision, wish.preset, wish.options)
        else:
            brought = parse(wish.text, folder=Path.cwd(), model=source.path)
            chosen = brought.recipe
            found = replace(
                found,
                report=brought.report,
                beyond=brought.beyond,
                replaced=brought.replaced(source.path, run_code=bool(source.code)),
            )
    except Failure as failure:
        report = _NO_REPORT if wish.text is None else lint(wish.text, folder=Path.cwd())
        return replace(found, failure=failure, report=report, estimates=_estimates(source, wish.precision))
    precision = brought.precision if brought else wish.precision
    if chosen is not None:
        place = output or pipeline.default_output(deployment, chosen.precision)
        text = config_text(source, chosen, place)
        if brought is not None and brought.text == text:
            wish, brought = replace(wish, text=None), None  # it was undone, or typed just so
        text = brought.text if brought else text
        found = replace(
            found,
            wish=wish.of(chosen),
            recipe=chosen,
            text=text,
            command=command(source, chosen, place),
            report=brought.report if brought else _NO_REPORT,
        )
    found = replace(found, estimates=_estimates(source, precision, chosen))
    planned = partial(pipeline.conversion_plan, deployment, precision, output, recipe=chosen, config=brought)
    try:
        return _told(replace(found, plan=planned()))
    except Failure as failure:
        found = replace(found, failure=failure)
    try:
        return _told(replace(found, anyway=planned(override=True)))
    except Failure:
        return found


def _told(found: Prospect) -> Prospect:
    """With the precisions marked for which there is too little memory or room."""
    plan = found.plan or found.anyway
    assert plan is not None
    marked = {
        name: replace(
            one,
            memory_is_short=(one.memory_bytes or 0) > plan.free_memory_bytes,
            disk_is_short=(one.needed_bytes or 0) > plan.free_bytes,
        )
        for name, one in found.estimates.items()
    }
    return replace(found, estimates=marked)


def _estimates(source: ModelSource, precision: str, chosen: Recipe | None = None) -> dict[str, Estimate]:
    """What each precision would take, by its first preset; the chosen one by its own recipe."""
    from slmtui.conversion import history
    from slmtui.conversion.forecast import forecast

    found: dict[str, Estimate] = {}
    for name in PRECISIONS:
        try:
            by = chosen if chosen and name == precision else recipe(name)
            one = forecast(source, by)
        except Failure:
            continue  # a block size that does not fit, for example: the plan says it
        took = history.seconds(source, by)
        found[name] = Estimate(one.output_bytes, one.memory_bytes, one.needed_bytes, took)
    return found
