"""`slmtui report`: all that is known of a model, to read, to keep, and to hold a later one against."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command, named_path

if TYPE_CHECKING:
    from slmtui.cli.report import Report as Voice
    from slmtui.events import Cancel
    from slmtui.report.change import Comparison
    from slmtui.report.document import Report
    from slmtui.report.render import Form

# How many changes people are told of; the report has all.
_SHOWN = 10


def declare(commands: Commands) -> None:
    """Add `report`."""
    parser = command(
        commands,
        "report",
        report,
        "write down all that is known of a model, and compare it with an earlier report",
        "Gather what was recorded and measured of a model: where it comes from, how to build it again,\n"
        "forecast against truth, parity, template, deployment, speed, quality, checklist. Nothing is\n"
        "measured for it; what was not is said, with the command that does. No user, machine or home\n"
        "folder is named in it. A page (html) goes into NAME-report.html unless --output says otherwise,\n"
        "the others to standard output. With --fail-on regression the exit code is 1 if something became\n"
        "worse than the baseline, beyond noise.",
        example="slmtui report my-model --format html\n"
        "slmtui report my-model --format json --output baseline.json\n"
        "slmtui report my-model --baseline baseline.json --fail-on regression",
    )
    parser.add_argument("name", metavar="NAME", help="a deployed model's name, or a converted model's folder")
    parser.add_argument(
        "--format", choices=("md", "html", "json"), help="Markdown (md, the default), html or json"
    )
    parser.add_argument("--output", metavar="FILE", type=named_path, help="where it goes")
    parser.add_argument(
        "--replace", action="store_true", help="replace FILE even if it is no report of slmtui"
    )
    parser.add_argument(
        "--baseline", metavar="FILE", type=named_path, help="the JSON of an earlier report, to compare with"
    )
    parser.add_argument(
        "--fail-on", choices=("regression",), help="end with exit code 1 if something became worse"
    )
    parser.add_argument(
        "--transcripts", action="store_true", help="add beginnings of saved conversations with the model"
    )
    add_json(parser)


def report(arguments: argparse.Namespace, voice: Voice, cancel: Cancel) -> int:
    """Gather, compare, write, and say what became worse."""
    from slmtui.events import Failure
    from slmtui.report.baseline import read_baseline
    from slmtui.report.compare import compare
    from slmtui.report.gather import gather

    _check(arguments)
    form: Form = arguments.format or ("json" if arguments.json else "md")
    baseline = read_baseline(arguments.baseline) if arguments.baseline else None
    found = gather(arguments.name, transcripts=arguments.transcripts)
    cancel.check()
    comparison = compare(baseline, found) if baseline else None
    _put(arguments, voice, form, found, comparison)
    if comparison is None:
        return 0
    _say(voice, comparison)
    if comparison.worse and arguments.fail_on:
        what = "; ".join(f"{change.area}: {change.what}" for change in comparison.worse[:3])
        more = f" and {len(comparison.worse) - 3} more" if len(comparison.worse) > 3 else ""
        raise Failure(
            f"Worse than the baseline, beyond noise: {what}{more}.",
            "Look at “Against the baseline” in the report. If it is meant to be so, make this report the"
            " baseline.",
        )
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from slmtui.events import Failure

    if arguments.fail_on and not arguments.baseline:
        raise Failure("--fail-on compares with a baseline, and none is named.", "Add --baseline FILE.")
    if arguments.json and arguments.format == "md" and not arguments.output:
        raise Failure(
            "--json and Markdown would share standard output.", "Add --output FILE, or leave one away."
        )


def _put(
    arguments: argparse.Namespace, voice: Voice, form: Form, found: Report, comparison: Comparison | None
) -> None:
    """Into the file, if there is one, and to standard output."""
    from slmtui.report.render import as_json, render, write

    output = arguments.output or (Path(f"{found.name}-report.html") if form == "html" else None)
    if output is None:
        if arguments.json:
            voice.object(as_json(found, comparison))
        else:
            voice.write(render(found, form, comparison))
        return
    write(output, render(found, form, comparison), replace=arguments.replace)
    if arguments.json:
        voice.object(
            {
                "report": output.absolute(),
                "format": form,
                "name": found.name,
                "missing": [each.what for each in found.missing],
                "comparison": comparison.to_json() if comparison else None,
            }
        )
    else:
        voice.line(f"{output.absolute()}")
        for each in found.missing:
            voice.note(f"not measured: {each.what}; measure it with: {each.command}")


def _say(voice: Voice, comparison: Comparison) -> None:
    """What people have to know of a comparison, on standard error: the report itself may be on the other."""
    same = len(comparison.changes) - len(comparison.worse) - len(comparison.better)
    voice.note(
        f"Against {comparison.name} of {comparison.at[:16].replace('T', ' ')}: {len(comparison.worse)} worse,"
        f" {len(comparison.better)} better, {same} the same within noise."
    )
    changed = (*comparison.worse, *comparison.better)
    for change in changed[:_SHOWN]:
        voice.note(f"{change.word:<6} {change.area}: {change.what}: {change.before} → {change.now}")
    if len(changed) > _SHOWN:
        voice.note(f"… and {len(changed) - _SHOWN} more; the report has them all")
    for note in comparison.notes:
        voice.note(f"note   {note}")
