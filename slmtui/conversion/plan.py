"""The plan of a conversion: checked before anything is started, so that it fails at once or not at all."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from slmtui.conversion.config_file import OlivePlan
from slmtui.conversion.forecast import Forecast, forecast
from slmtui.conversion.manifest import NAME, passes_of
from slmtui.conversion.options import Precision
from slmtui.conversion.recipe import Recipe
from slmtui.conversion.recipe import recipe as find_recipe
from slmtui.environment.system import free_memory
from slmtui.events import Failure
from slmtui.source.model_source import ModelSource
from slmtui.units import size


@dataclass(frozen=True, slots=True)
class ConversionPlan:
    """What will be converted, to what, and where.

    `needed_bytes` is the most that the conversion holds on the output's disk, of which `free_bytes` are
    free, and `memory_bytes` the most it holds in memory, of which `free_memory_bytes` are; `output_bytes` is
    the forecast size of the result, and `seconds` the time without the comparison, if it was done before on
    this machine. `replace` allows an existing folder's replacement. `config` is a
    configuration that the user brought, run in place of the one for `recipe`, which is the closest to it.
    """

    source: ModelSource
    output: Path
    recipe: Recipe
    replace: bool
    needed_bytes: int
    free_bytes: int
    output_bytes: int
    memory_bytes: int
    free_memory_bytes: int
    seconds: float | None = None
    config: OlivePlan | None = None

    @property
    def precision(self) -> Precision:
        """The precision of the recipe."""
        return self.recipe.precision


def plan(
    source: ModelSource,
    output: Path,
    precision: str = "int4",
    *,
    recipe: Recipe | None = None,
    replace: bool = False,
    config: OlivePlan | None = None,
    override: bool = False,
) -> ConversionPlan:
    """Check that `source` can be converted into the folder `output`, which need not exist.

    It is converted by `recipe`, or by the plain one of `precision`. With `config`, that is run, and the
    recipe is the closest to it. `override` goes on although the configuration has errors, or there is too
    little room on the disk or in memory.

    Raises:
        Failure: the source or the configuration has an error, the precision is unknown, the output exists
            (and is not to be replaced) or cannot be written, or there is too little room or memory.
    """
    if config is not None:
        recipe = config.recipe or find_recipe(config.precision)
        if not override:
            config.refuse_errors()
    recipe = recipe or find_recipe(precision)
    for problem in source.problems:
        if problem.severity == "error":
            raise Failure(problem.cause, problem.fix)
    output = output.expanduser().absolute()
    _refuse_inside(source, output)
    refuse_existing(output, replace or _may_be_it(output, recipe, config))
    parent = _existing_parent(output)
    _refuse_read_only(parent, output)
    estimate = forecast(source, recipe)
    free, free_in_memory = shutil.disk_usage(parent).free, free_memory()
    if not override:
        _refuse_without_room(source, estimate, parent, free)
        _refuse_without_memory(source, estimate, free_in_memory)
    return ConversionPlan(
        source=source,
        output=output,
        recipe=recipe,
        replace=replace,
        needed_bytes=estimate.needed_bytes,
        free_bytes=free,
        output_bytes=estimate.output_bytes,
        memory_bytes=estimate.memory_bytes,
        free_memory_bytes=free_in_memory,
        seconds=estimate.seconds,
        config=config,
    )


def _refuse_without_room(source: ModelSource, estimate: Forecast, parent: Path, free: int) -> None:
    if estimate.needed_bytes > free:
        raise Failure(
            f"The disk of {parent} has too little room: converting {source.name} needs about"
            f" {size(estimate.needed_bytes)} while it runs, {size(free)} are free.",
            "Free some room, or choose an output folder on another disk.",
        )


def _refuse_without_memory(source: ModelSource, estimate: Forecast, free: int) -> None:
    if estimate.memory_bytes > free:
        raise Failure(
            f"There is too little memory: converting {source.name} needs about {size(estimate.memory_bytes)},"
            f" {size(free)} are free.",
            "Close other programs, choose a preset that takes less memory, or take a smaller model;"
            " --force tries it all the same.",
        )


def refuse_existing(output: Path, replace: bool) -> None:
    """Raise if `output` holds something that may not be replaced; an empty folder may always."""
    if not os.path.lexists(output):
        return
    if not output.is_dir():
        raise Failure(f"{output} exists and is not a folder.", "Choose another output folder.")
    try:
        empty = next(output.iterdir(), None) is None
    except OSError as error:
        raise Failure(
            f"{output} cannot be read: {error.strerror or error}.", "Choose another output folder."
        ) from error
    if not empty and not replace:
        raise Failure(
            f"The output folder {output} exists and is not empty.",
            "Choose another output folder, or delete it, or let it be replaced (--replace).",
        )


def _may_be_it(output: Path, recipe: Recipe, config: OlivePlan | None) -> bool:
    """Whether `output` was made by these very passes: then it may be what is asked for (`reuse.py`).

    Only a closer look at the source tells; whatever else it is, the conversion itself refuses it.
    """
    try:
        made = json.loads((output / NAME).read_text(encoding="utf-8"))
        return bool(made["passes"] == passes_of(recipe, config))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _refuse_inside(source: ModelSource, output: Path) -> None:
    """Raise if making `output` would change or replace the source."""
    resolved, origin = output.resolve(), source.path.resolve()
    if resolved == origin or origin.is_relative_to(resolved):
        raise Failure(
            f"The output folder {output} would replace the source {source.path}.",
            "Choose another output folder.",
        )


def _existing_parent(output: Path) -> Path:
    """The nearest folder above `output` that exists."""
    for parent in output.parents:
        if parent.is_dir():
            return parent
        if os.path.lexists(parent):
            raise Failure(f"{parent} is not a folder.", "Choose an output folder elsewhere.")
    raise Failure(f"There is no folder for {output}.", "Choose an output folder on a disk that is there.")


def _refuse_read_only(parent: Path, output: Path) -> None:
    """Raise if nothing can be made in `parent`; tried, because permission bits do not tell everywhere."""
    probe = parent / f".slmtui-{os.getpid()}-probe"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise Failure(
            f"{output} cannot be made: {parent} cannot be written ({error.strerror or error}).",
            "Choose an output folder you may write to.",
        ) from error
