"""`slmtui --serve`: the screens in a browser."""

from __future__ import annotations

import argparse
import importlib.util

from slmtui.cli.exit_codes import ExitCode

DEFAULT = "127.0.0.1:8000"


def address(text: str) -> tuple[str, int]:
    """HOST:PORT, for argparse; one of the two may be left out."""
    host, colon, port = text.rpartition(":")
    if text.isdecimal():
        host, port = "", text
    elif not colon or text.endswith("]"):
        host, port = text, ""
    number = int(port) if port.isdecimal() else -1 if port else 8000
    if not 0 <= number <= 65535 or " " in host or "/" in host:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT, such as {DEFAULT}")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", number


def serve(host: str, port: int) -> int:
    """Serve the screens until Ctrl+C."""
    from slmtui.cli.report import Report
    from slmtui.events import Failure

    report = Report(as_json=False)
    try:
        if importlib.util.find_spec("textual_serve") is None:
            raise Failure("The browser needs a package that is not installed.", "pip install 'slmtui[web]'")
        from slmtui.tui.browser import ScreenServer, host_is_loopback, listen

        listening = listen(host, port)
        if not host_is_loopback(host):
            report.note(
                f"warning: {host} may be reached from other machines, and nothing of it is encrypted.\n"
                "Whoever has the address below works here with your rights: let nobody else have it."
            )
        server = ScreenServer(listening)
        report.note(f"slmtui is open at {server.address}\nCtrl+C ends it.")
        server.run()
    except Failure as failure:
        report.failed(failure)
        return ExitCode.FAILED
    return ExitCode.DONE
