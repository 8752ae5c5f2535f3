"""`slmtui completion`: what makes a shell complete slmtui's command lines."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel

# Shell → where its code goes. People read it as a note; standard output holds the code alone.
WHERE = {
    "bash": 'In ~/.bashrc:  eval "$(slmtui completion bash)"',
    "zsh": 'In ~/.zshrc, after compinit:  eval "$(slmtui completion zsh)"',
    "fish": "Once:  slmtui completion fish > ~/.config/fish/completions/slmtui.fish",
    "powershell": "In $PROFILE:  slmtui completion powershell | Out-String | Invoke-Expression",
}


def declare(commands: Commands) -> None:
    """Add `completion`."""
    parser = command(
        commands,
        "completion",
        completion,
        "print what makes a shell complete slmtui's command lines",
        "Print the code that makes a shell complete commands, options, samples, and the names of deployed\n"
        "and converted models. It goes here:\n\n" + "\n".join(f"  {where}" for where in WHERE.values()),
        example="slmtui completion bash",
        cancellable=False,
    )
    parser.add_argument("shell", metavar="SHELL", choices=tuple(WHERE), help=f"one of: {', '.join(WHERE)}")
    add_json(parser)


def completion(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say the shell's code, and on a terminal where to put it."""
    from argcomplete.shell_integration import shellcode

    code = shellcode(["slmtui"], shell=arguments.shell)
    where = WHERE[arguments.shell]
    if report.json:
        report.object({"shell": arguments.shell, "code": code, "where": where})
        return 0
    report.write(code)
    if report.to_terminal:
        report.note(f"\n{where}")
    return 0
