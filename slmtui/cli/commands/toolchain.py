"""`slmtui toolchain`: which Python runs Olive, and slmtui's own tool chain."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event


def declare(commands: Commands) -> None:
    """Add `toolchain`, `toolchain build` and `toolchain remove`."""
    parser = command(
        commands,
        "toolchain",
        show,
        "say which Python runs Olive; build or remove slmtui's own",
        "Say which Python runs Olive and the runtimes, and why. `build` makes a virtual environment of\n"
        "slmtui's own with the tested version set and proves it by converting a small model; `remove`\n"
        "takes it away. `[toolchain] python` in the settings names any other interpreter.",
        example="slmtui toolchain\nslmtui toolchain build\nslmtui toolchain remove",
    )
    add_json(parser)
    actions = parser.add_subparsers(metavar="build|remove")
    for name, run, summary in (
        ("build", build, "make slmtui's own tool chain, or make it anew"),
        ("remove", remove, "remove slmtui's own tool chain"),
    ):
        action = command(actions, name, run, summary, f"{summary[0].upper()}{summary[1:]}.")
        action.add_argument("--yes", action="store_true", help="do not ask")
        # The parent's --json may stand before; a default here would undo it.
        action.add_argument(
            "--json",
            action="store_true",
            default=argparse.SUPPRESS,
            help="print JSON lines on standard output",
        )


def show(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say which interpreter is used and why."""
    from slmtui.config import settings, toolchain
    from slmtui.environment.toolchain_check import WHY, tool_chain

    if problem := settings.load()[1]:  # the choice of an interpreter may be what was lost
        report.note(f"warning: {problem.cause}\nfix: {problem.fix}")
    current, check = toolchain.current(), tool_chain(cancel)
    if report.json:
        report.object(
            {
                "python": str(current.python),
                "kind": current.kind,
                "status": check.status,
                "managed": toolchain.managed(),
                "reason": check.reason,
                "fix": check.fix,
            }
        )
    else:
        report.line(f"{current.python}  ({current.kind})")
        report.line(WHY[current.kind])
        if check.status == "fail":
            report.line(f"why: {check.found.rstrip('.')}. {check.reason}\nfix: {check.fix}")
    return 0 if check.status == "ok" else 1


def build(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Build the managed tool chain, after a yes, and let Olive run with it."""
    from slmtui import pipeline
    from slmtui.cli.mending import show as show_plans
    from slmtui.config import toolchain
    from slmtui.environment.fixes import toolchain_plan
    from slmtui.environment.mend import StateLeft, mend
    from slmtui.events import LogLine

    def say(event: Event) -> None:
        if isinstance(event, StateLeft):
            report.update(changed=event.changed)
        if isinstance(event, StateLeft | LogLine) and not report.json:
            report.note(event.text)
        report.event(event)

    report.begin(python=None, changed=[], seconds=None)
    plan = toolchain_plan()
    show_plans((plan,), report)
    if (code := _refused("Do this?", arguments, report, cancel)) is not None:
        return code
    report.follow(mend(plan, cancel, pipeline.build_toolchain), say)
    python = toolchain.current().python
    report.update(python=python)
    if report.json:
        report.finished()
    else:
        report.line(str(python))
    return 0


def remove(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Remove the managed tool chain, after a yes."""
    from slmtui import pipeline
    from slmtui.config import toolchain

    def say(event: Event) -> None:
        if not report.json:  # its one object is all that stands on standard output
            report.event(event)

    question = f"Remove {toolchain.managed_dir()} and all that is in it?"
    if (code := _refused(question, arguments, report, cancel)) is not None:
        return code
    folders = report.follow(pipeline.remove_toolchain(), say)
    if report.json:
        report.object({"removed": folders, "python": toolchain.current().python})
    else:
        report.line("\n".join(map(str, folders)) or "There is none.")
    return 0


def _refused(question: str, arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int | None:
    """The exit code if there is no yes: 0 after a no, 2 where nobody can be asked."""
    from slmtui.cli.ask import can_ask, confirm
    from slmtui.events import Failure

    if arguments.yes:
        return None
    if not can_ask(report):
        report.failed(Failure("Nothing was done: there is nobody to ask for a yes.", "Give --yes as well."))
        return 2
    if confirm(question, report, cancel):
        return None
    report.note("Nothing was done.")
    return 0
