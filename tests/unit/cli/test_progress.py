from __future__ import annotations

import io
import os

import pytest

from slmtui.cli.progress import ProgressLine
from slmtui.cli.report import Report
from slmtui.events import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(text: str) -> str:
    """What a terminal's line holds after `text`."""
    cells: list[str] = []
    column = 0
    for character in text:
        if character == "\r":
            column = 0
            continue
        cells[column : column + 1] = [character]
        column += 1
    return "".join(cells).rstrip()


def test_a_terminal_sees_one_line_that_is_rewritten() -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    line.show(Progress("load", "Loading a rather long name", 0.25, 61))
    line.show(Progress("save", "Saving", 1.0))
    assert shown(stream.getvalue()) == "#################### 100% Saving"
    assert "\n" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_the_line_is_gone_before_something_else_is_said() -> None:
    out, err = io.StringIO(), Terminal()
    report = Report(False, out, err)
    report.event(Progress("load", "Loading", 0.5))
    report.note("said")
    assert shown(err.getvalue().removesuffix("said\n")) == ""


def test_a_line_never_fills_the_terminals_last_column() -> None:
    stream = Terminal()
    ProgressLine(stream).show(Progress("load", "x" * 500, 0.5))
    assert len(shown(stream.getvalue())) == 79


def test_a_log_file_gets_a_line_a_stage_or_a_tenth() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    for n in range(101):
        line.show(Progress("layers", f"Layer {n}", 0.5 + n / 200))
    line.show(Progress("save", "Saving", 1.0))
    lines = stream.getvalue().splitlines()
    assert lines[0] == " 50% Layer 0"
    assert lines[-1] == "100% Saving"
    assert 6 <= len(lines) <= 8


def test_json_on_a_terminal_has_no_progress_line_in_it() -> None:
    out, err = Terminal(), Terminal()
    Report(True, out, err).event(Progress("load", "Loading", 0.5))
    assert err.getvalue() == ""
    assert out.getvalue().count("\n") == 1


def test_an_unknown_fraction_is_no_bar() -> None:
    stream = Terminal()
    ProgressLine(stream).show(Progress("load", "Loading"))
    assert shown(stream.getvalue()) == "Loading"


@pytest.mark.parametrize(("columns", "length"), [(0, 79), (40, 39)])
def test_a_terminal_that_does_not_know_its_width_is_taken_for_80_columns(
    monkeypatch: pytest.MonkeyPatch, columns: int, length: int
) -> None:
    stream = Terminal()
    monkeypatch.setattr(stream, "fileno", lambda: 2)
    monkeypatch.setattr("os.get_terminal_size", lambda fd: os.terminal_size((columns, 24)))
    ProgressLine(stream).show(Progress("load", "x" * 500))
    assert len(shown(stream.getvalue())) == length
