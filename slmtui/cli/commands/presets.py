"""`slmtui presets`: the precisions, presets, options and targets of a conversion."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.conversion.recipe import Preset
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `presets`."""
    parser = command(
        commands,
        "presets",
        presets,
        "list what a conversion can make",
        "List the presets of each precision, the options that change them, and what models can be made for.\n"
        "The first preset of a precision is its default. The figures are those of SmolLM2-135M-Instruct,\n"
        "a checkpoint of 538 MB in FP32: KL is the damage against the source, 0 is none; speed is that of\n"
        "its answers against the guide's recipe.",
        example="slmtui presets\nslmtui convert ./my-model --output ./my-model-int4 --preset compact",
        cancellable=False,
    )
    add_json(parser)


def presets(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what there is."""
    from slmtui.conversion import recipe
    from slmtui.conversion.options import OPTIONS, spelled
    from slmtui.conversion.targets import offers

    if report.json:
        report.object(_document())
        return 0
    report.table(
        ("precision", "preset", "MB", "KL", "speed", "what it is"),
        [(p.precision, p.name, *_figures(p), p.title) for p in recipe.presets()],
    )
    report.line(
        "Measured of SmolLM2-135M-Instruct: KL, the damage (0 is none); speed against the guide's INT4."
    )
    report.line()
    report.table(
        ("option", "for", "values", "what it is"),
        [
            (
                option.key,
                " ".join(option.precisions),
                " ".join(spelled(choice) for choice in option.choices) or "FILE",
                option.title,
            )
            for option in OPTIONS
        ],
    )
    report.line()
    report.table(
        ("target", "here", "what it is", "why not"),
        [
            (one.target.name, "yes" if one.available else "no", one.target.title, one.reason)
            for one in offers()
        ],
    )
    return 0


def _figures(preset: Preset) -> tuple[str, str, str]:
    found = preset.evidence["smollm2-135m-instruct"]
    return f"{found['megabytes']:.0f}", f"{found['kl_mean']:.2g}", f"{found['speed']:.2f}"


def _document() -> dict[str, Any]:
    from slmtui.conversion import recipe
    from slmtui.conversion.options import OPTIONS
    from slmtui.conversion.targets import offers
    from slmtui.events import jsonable

    listed = []
    for preset in recipe.presets():
        made = recipe.recipe(preset.precision, preset.name)
        passes = {name: dict(settings) for name, settings in made.passes.items()}
        listed.append(jsonable(preset) | {"recipe": made.title, "passes": passes})
    targets = [jsonable(one.target) | {"available": one.available, "reason": one.reason} for one in offers()]
    return {"presets": listed, "options": jsonable(OPTIONS), "targets": targets}
