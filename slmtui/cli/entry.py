"""Running one command: signals, failures and the exit code.

The command works in a thread, because the main thread is the only one that hears signals, and on Windows
only while it is not blocked. So Ctrl+C is heard at any moment, whatever the command waits for.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING

from slmtui.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    import argparse

# A job ends within a second of being asked; one that has not after this long is ended by force.
_PATIENCE_SECONDS = 5.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def run(arguments: list[str] | None = None) -> int:
    """Parse the arguments, do what they say and return the exit code."""
    asked_by_a_shell = (
        "_ARGCOMPLETE" in os.environ
    )  # what could come next; the line stands in the environment
    if not asked_by_a_shell and not (sys.argv[1:] if arguments is None else arguments):
        return _screens()  # the screens need no parser, and their first frame does not wait for one
    from slmtui.cli.parser import build

    parser = build()
    if asked_by_a_shell:
        from slmtui.cli.completing import complete

        complete(parser)
    try:
        parsed = parser.parse_args(arguments)
        if parsed.serve is not None and parsed.run is not None:
            parser.error("--serve opens the screens; it goes with no command")
    except SystemExit as end:  # --help, --version and usage errors
        return end.code if _flushed() and isinstance(end.code, int) else ExitCode.FAILED
    if parsed.serve is not None:
        from slmtui.cli.serving import serve

        return serve(*parsed.serve)
    if parsed.run is None:
        return _screens()
    return _Command(parsed).run()


def _screens() -> int:
    # In a browser there is no terminal: textual-serve says who draws in its place.
    in_browser = "TEXTUAL_DRIVER" in os.environ
    for stream in () if in_browser else (sys.stdin, sys.stdout):
        if stream is None or not stream.isatty():
            print("error: The screens of slmtui need a terminal, and this is none.", file=sys.stderr)
            print("fix: Open a terminal and run slmtui there, or give a command:", file=sys.stderr)
            print("     `slmtui --help` lists them.", file=sys.stderr)
            return ExitCode.USAGE
    # The collector walks over everything that is imported, again and again, while nothing of it is garbage: a
    # tenth of a second before the first frame. The first screen turns it on again.
    gc.disable()
    from slmtui.tui.opening import run_app

    return run_app()


class _Command:
    """One command at work."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from slmtui.cli.report import Report
        from slmtui.events import Cancel

        self._arguments = arguments
        self._cancel = Cancel()
        self._report = Report(as_json=arguments.json)
        self._asked = False
        self._code: int = ExitCode.FAILED

    def run(self) -> int:
        """Work until the command is done, has failed, or was asked to end."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            # `nohup` has SIGHUP ignored, and means it.
            if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
                signal.signal(number, self._ask)
        worker = threading.Thread(target=self._work, name="command", daemon=True)
        worker.start()
        patience = _PATIENCE_SECONDS if self._arguments.cancellable else 0.0
        asked_at: float | None = None
        while worker.is_alive():
            worker.join(0.05)
            if self._asked and asked_at is None:
                asked_at = time.monotonic()
                self._cancel.set()
            if asked_at is not None and worker.is_alive() and time.monotonic() - asked_at >= patience:
                self._end_by_force()
        return self._code if _flushed() else ExitCode.FAILED

    def _ask(self, number: int, frame: FrameType | None) -> None:
        # Only a flag: a handler runs between any two instructions, and whatever it locked could be locked.
        self._asked = True

    def _work(self) -> None:
        from slmtui.cli.report import ReaderGone
        from slmtui.events import Cancelled, Failure

        report = self._report
        try:
            self._code = self._arguments.run(self._arguments, report, self._cancel)
        except Cancelled:
            self._code = ExitCode.CANCELLED
        except ReaderGone:
            self._code = ExitCode.FAILED
        except Failure as failure:
            self._code = ExitCode.FAILED
            # A worker that was killed because the user cancelled has not failed.
            if self._cancel.is_set:
                self._code = ExitCode.CANCELLED
            else:
                with contextlib.suppress(ReaderGone):
                    report.failed(failure)
        except Exception as error:
            self._code = ExitCode.CANCELLED if self._cancel.is_set else ExitCode.FAILED
            if self._code == ExitCode.FAILED:
                from slmtui.config.mistakes import mistake

                ours = mistake(error)
                with contextlib.suppress(ReaderGone):
                    report.failed(ours)
                if ours.log is None:  # no file could keep it
                    sys.excepthook(type(error), error, error.__traceback__)
        if self._code == ExitCode.CANCELLED:
            with contextlib.suppress(ReaderGone):
                report.cancelled()

    def _end_by_force(self) -> None:
        import psutil

        from slmtui.cli.report import ReaderGone
        from slmtui.process_tree import end_tree

        for child in psutil.Process().children():
            end_tree(child.pid)
        with contextlib.suppress(ReaderGone):
            self._report.cancelled()
        # The command's thread may hold any lock; the interpreter's own ending would wait for it.
        os._exit(ExitCode.CANCELLED)


def _flushed() -> bool:
    """Flush both streams; False if the reader of standard output has gone (`| head`)."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        # The interpreter flushes once more when it ends, and would complain.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True
