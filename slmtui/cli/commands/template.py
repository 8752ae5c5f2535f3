"""`slmtui template`: Foundry Local's `inference_model.json` for a converted model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `template`."""
    parser = command(
        commands,
        "template",
        template,
        "derive the prompt template, print or write inference_model.json",
        "Derive Foundry Local's inference_model.json from the model's own chat template and print it.\n"
        "With --write it is put into the model's folder. Exits with 1 if it is not valid. The notes, and\n"
        "`agrees` in JSON, tell what it cannot express of the chat template.",
        example="slmtui template ./my-model-int4\nslmtui template ./my-model-int4 --name my-model --write",
        cancellable=False,
    )
    parser.add_argument("model_dir", metavar="MODEL_DIR", type=Path, help="a converted model's folder")
    parser.add_argument(
        "--name", metavar="NAME", help="the model's name in it (default: the one it has, else the folder's)"
    )
    parser.add_argument("--write", action="store_true", help="write it to MODEL_DIR/inference_model.json")
    add_json(parser)


def template(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what the template is, and write it if asked to."""
    from slmtui.events import Failure
    from slmtui.prompt import station

    folder = arguments.model_dir.absolute()
    plan = station.plan(folder, arguments.name or _name(folder))
    text = plan.inference_model.to_json()
    verdicts = station.write(plan) if arguments.write else ()
    bad = [v for v in verdicts if v.status == "fail"]
    if report.json:
        report.object(
            {
                "family": plan.derivation.family,
                "inference_model": json.loads(text),
                "notes": plan.derivation.notes,
                "agrees": plan.derivation.agrees,
                "problems": plan.issues,
                "written": plan.target if arguments.write else None,
            }
        )
    else:
        report.write(text if text.endswith("\n") else text + "\n")
        report.note(f"family: {plan.derivation.family}")
        for note in plan.derivation.notes:
            report.note(f"note: {note}")
        for issue in plan.issues:
            report.note(f"{issue.severity}: {issue.where}: {issue.cause} {issue.fix}")
        for verdict in verdicts:
            report.event(verdict)
        if arguments.write:
            report.note(f"written: {plan.target}")
    if bad:
        raise Failure(bad[0].evidence, bad[0].fix)
    return 1 if any(issue.severity == "error" for issue in plan.issues) else 0


def _name(folder: Path) -> str:
    """The name that the model has in its file already, else one like its folder's."""
    from slmtui.deployment import usable_name
    from slmtui.prompt.inference_model import parse
    from slmtui.prompt.station import FILE_NAME

    file = folder / FILE_NAME
    existing = parse(file.read_bytes())[0] if file.is_file() else None
    return usable_name(existing.name.partition(":")[0] if existing else folder.name)
