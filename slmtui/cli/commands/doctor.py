"""`slmtui doctor`: is this machine ready? And with `--fix`, make it so."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.environment.check import Check
    from slmtui.environment.fixes import FixPlan
    from slmtui.events import Cancel, Event


def declare(commands: Commands) -> None:
    """Add `doctor`."""
    parser = command(
        commands,
        "doctor",
        doctor,
        "check this machine and its packages, and mend them",
        "Check Python, memory, disk, CMake, the `foundry` command and every package of the tested version\n"
        "set. Exits with 1 when something that is needed is missing. With --fix it shows what would be\n"
        "done about it, asks, does it, and checks once more.",
        example="slmtui doctor\nslmtui doctor --source ./my-model\nslmtui doctor --fix",
    )
    parser.add_argument("--fix", action="store_true", help="mend what can be mended, after a yes")
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    parser.add_argument(
        "--from-source", action="store_true", help="with --fix: build ONNX Runtime GenAI from source"
    )
    parser.add_argument("--source", metavar="SOURCE", help="a model: are memory and disk enough for it?")
    parser.add_argument(
        "--report", metavar="FILE", type=Path, help="write a support bundle (.zip), without private data"
    )
    add_json(parser)


def doctor(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what was found, what is needed, and how to mend the difference; mend it if asked to."""
    if (arguments.yes or arguments.from_source) and not arguments.fix:
        from slmtui.events import Failure

        report.failed(Failure("--yes and --from-source say how to mend.", "Give --fix as well."))
        return 2
    if arguments.fix:
        from slmtui.cli.mending import mend

        return mend(arguments, report, cancel)
    from slmtui import pipeline
    from slmtui.environment.check import CheckDone
    from slmtui.environment.doctor import ready
    from slmtui.environment.fixes import plans

    def say(event: Event) -> None:
        if isinstance(event, CheckDone) and not report.json:
            say_check(event.check, report)

    chosen = pipeline.chosen(arguments.source) if arguments.source is not None else None
    found = report.follow(pipeline.examine(cancel, chosen), say)
    offered = plans(found)
    good = ready(found)
    if arguments.report:
        write_bundle(arguments.report, found, report)
    if report.json:
        bundle = {"report": arguments.report.absolute()} if arguments.report else {}
        report.object({"ready": good, "checks": with_plans(found, offered), "plans": offered, **bundle})
        return 0 if good else 1
    say_verdict(found, report)
    if offered:
        report.line(f"`slmtui doctor --fix` offers to mend: {', '.join(plan.title for plan in offered)}.")
    return 0 if good else 1


def say_check(check: Check, report: Report) -> None:
    """Say one check to people."""
    # What a chosen model takes is wanted knowledge even where there is enough.
    wanted = check.needed and (check.status != "ok" or check.id in ("memory", "disk"))
    needed = f"  (needs {check.needed})" if wanted else ""
    report.line(f"{check.status:<8} {check.title:<24} {check.found}{needed}")
    if check.status in ("warn", "fail"):
        for label, text in (("why", check.reason), ("fix", check.fix)):
            if text:
                report.line(f"{'':<8} {label}: {text}")


def say_verdict(checks: Sequence[Check], report: Report) -> None:
    """Say to people whether they can go on."""
    from slmtui.environment.doctor import ready

    ending = "Ready." if ready(checks) else "Not ready: what says fail above has to be mended first."
    report.line(f"\n{ending}")


def with_plans(checks: Sequence[Check], plans: Sequence[FixPlan]) -> list[dict[str, Any]]:
    """Each check for programs, with the id of the plan that mends it."""
    from slmtui.environment.fixes import for_check
    from slmtui.events import jsonable

    rows = []
    for check in checks:
        plan = for_check(check, plans)
        rows.append({**jsonable(check), "plan": plan.id if plan else None})
    return rows


def write_bundle(path: Path, checks: Sequence[Check], report: Report) -> None:
    """Write the support bundle and say where it is."""
    from slmtui.environment import bundle

    bundle.write(path.absolute(), checks)
    if not report.json:
        report.note(f"The support bundle is {path.absolute()}; look into it before you give it away.")
