"""`slmtui doctor`: is this machine ready?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `doctor`."""
    parser = command(
        commands,
        "doctor",
        doctor,
        "check this machine and its packages",
        "Check Python, memory, disk, CMake, the `foundry` command and every package of the tested version\n"
        "set. Exits with 1 when something that is needed is missing.",
        cancellable=False,
    )
    add_json(parser)


def doctor(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what was found, what is needed, and how to mend the difference."""
    from slmtui.environment.doctor import checks, ready

    done = []
    for check in checks():
        done.append(check)
        if not report.json:
            needed = f"  (needs {check.needed})" if check.needed and check.status != "ok" else ""
            report.line(f"{check.status:<8} {check.title:<24} {check.found}{needed}")
            if check.status in ("warn", "fail"):
                for label, text in (("why", check.reason), ("fix", check.fix)):
                    if text:
                        report.line(f"{'':<8} {label}: {text}")
    good = ready(done)
    if report.json:
        report.object({"ready": good, "checks": done})
    else:
        report.line("\nReady." if good else "\nNot ready: what says fail above has to be mended first.")
    return 0 if good else 1
