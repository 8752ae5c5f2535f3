"""`slmtui convert --dry-run`: what would be run, and what it would take, without running it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slmtui.units import duration, size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.conversion.config_file import OlivePlan
    from slmtui.conversion.recipe import Recipe
    from slmtui.source.model_source import ModelSource


def tell(
    arguments: argparse.Namespace,
    source: ModelSource,
    chosen: Recipe,
    brought: OlivePlan | None,
    report: Report,
) -> int:
    """Say the command, the configuration, its lint, the forecast, and what stands against it.

    The exit code is 1 if the plan would be refused, like the conversion's own.
    """
    from slmtui.conversion.command import command
    from slmtui.conversion.config_text import config_text
    from slmtui.conversion.forecast import forecast
    from slmtui.conversion.lint import lint
    from slmtui.conversion.plan import plan
    from slmtui.conversion.recipe import recipe
    from slmtui.environment.installed import command_line
    from slmtui.events import Failure

    output = arguments.output.absolute()
    refused: Failure | None = None
    closest = chosen
    if brought is not None:
        closest = brought.recipe or recipe(brought.precision)
        text, found = brought.text, brought.report
        lines = command_line("olive", "run", "--config", str(arguments.config))
    else:
        text = config_text(source, chosen, output)
        found = lint(text, folder=Path.cwd(), model=source.path)
        lines = command(source, chosen, output)
    estimate = forecast(source, closest)
    try:
        plan(
            source,
            output,
            recipe=chosen,
            replace=arguments.replace,
            config=brought,
            override=arguments.force,
        )
    except Failure as failure:
        refused = failure
    told: dict[str, Any] = {
        "recipe": {
            "precision": closest.precision,
            "preset": closest.preset,
            "options": dict(closest.options),
            "title": closest.title,
            "exact": brought is None or brought.recipe is not None,
        },
        "command": lines,
        "configuration": json.loads(text),
        "lint": found.findings,
        "forecast": estimate,
        "possible": refused is None,
    }
    if report.json:
        report.update(output=output, dry_run=told)
    else:
        _say(told, text, estimate, report)
    if refused is not None:
        report.failed(refused)
        return 1
    if report.json:
        report.finished()
    return 0


def _say(told: dict[str, Any], text: str, estimate: Any, report: Report) -> None:
    known = estimate.seconds is not None
    report.line(told["command"])
    report.line()
    report.line(text.rstrip())
    report.line()
    for finding in told["lint"]:
        report.line(f"{finding.severity}, line {finding.line}: {finding.cause} {finding.fix}".rstrip())
    report.pairs(
        [
            ("recipe", told["recipe"]["title"]),
            ("size", size(estimate.output_bytes)),
            ("disk", f"{size(estimate.needed_bytes)} while it runs"),
            ("memory", size(estimate.memory_bytes)),
            ("time", duration(estimate.seconds) if known else "unknown: it was never converted here"),
        ]
    )
