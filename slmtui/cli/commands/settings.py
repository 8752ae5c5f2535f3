"""`slmtui settings`: what is set, and setting it, as the screen does."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.config.settings import Setting
    from slmtui.events import Cancel, Failure


def declare(commands: Commands) -> None:
    """Add `settings`."""
    parser = command(
        commands,
        "settings",
        settings,
        "show the settings, or change one",
        "Show every setting with its value and its file, or one of them; with a value, change it. What else\n"
        "stands in the file stays. Exits with 1 if something in the file does not hold.",
        example="slmtui settings theme nord\nslmtui settings toolchain.python --default",
        cancellable=False,
    )
    parser.add_argument("key", metavar="KEY", nargs="?", help="a setting, such as theme")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("value", metavar="VALUE", nargs="?", help="its new value")
    group.add_argument("--default", action="store_true", help="give it its default")
    add_json(parser)


def settings(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Show them, or change one first."""
    from slmtui.config import settings as file
    from slmtui.events import Failure

    known = file.described()
    one = next((each for each in known if arguments.key in (each.key, each.name)), None)
    if one is None and (arguments.key is not None or arguments.default):
        keys = ", ".join(each.key for each in known)
        raise Failure(f"There is no setting {arguments.key!r}.", f"Take one of: {keys}.")
    if one is not None and (arguments.value is not None or arguments.default):
        from slmtui.tui.settings_live import check

        value = one.default if arguments.default else one.read(arguments.value)
        check(one.name, value)
        file.save(**{one.name: value})
    return _say((one,) if one else known, report)


def _say(shown: tuple[Setting, ...], report: Report) -> int:
    from slmtui.config import settings as file
    from slmtui.config.locations import settings_file

    values, problem = file.load()
    if report.json:
        report.object(
            {
                "file": str(settings_file()),
                "settings": [
                    {
                        "key": each.key,
                        "value": getattr(values, each.name),
                        "default": each.default,
                        "about": each.about,
                    }
                    for each in shown
                ],
                "problems": [{"cause": problem.cause, "fix": problem.fix}] if problem else [],
            }
        )
    elif len(shown) == 1:
        report.line(_text(getattr(values, shown[0].name)))
    else:
        rows = [(each.key, _text(getattr(values, each.name)) or "-", each.about) for each in shown]
        report.table(("key", "value", "what it is"), rows)
        report.line(f"\nfile: {settings_file()}")
    if problem is not None and not report.json:
        _warn(problem, report)
    return 1 if problem else 0


def _warn(problem: Failure, report: Report) -> None:
    report.note(f"error: {problem.cause}\nfix: {problem.fix}")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
