"""The command line: one file a command below `commands/`, each declared and run in the same way.

`parser.py` collects the declarations, `entry.py` runs the chosen one and turns its end into an exit code,
`report.py` says what happens: JSON lines for programs, tables and a progress line for people.
"""

from __future__ import annotations

from slmtui.cli.exit_codes import ExitCode


def main(arguments: list[str] | None = None) -> int:
    """Run slmtui; returns the exit code (`exit_codes.py`)."""
    try:
        # Imported here so that Ctrl+C during these imports ends as quietly as it does later.
        from slmtui.cli.entry import run

        return run(arguments)
    except KeyboardInterrupt:
        return ExitCode.CANCELLED
