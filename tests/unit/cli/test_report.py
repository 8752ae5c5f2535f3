from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmtui.cli.report import ReaderGone, Report
from slmtui.events import Event, Failure, Progress, Service, Verdict


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ClosedPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def objects(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def err() -> io.StringIO:
    return io.StringIO()


def job() -> Service[str]:
    yield Progress("load", "Loading", 0.5)
    yield Verdict("gate", "Loads in the runtime", "ok", "yes")
    return "result"


def test_a_json_stream_is_one_object_a_line_and_ends_with_all_its_keys(
    out: io.StringIO, err: io.StringIO
) -> None:
    report = Report(True, out, err)
    report.begin(output=None, bytes=None, seconds=None)
    assert report.follow(job()) == "result"
    report.update(output=Path("model"), bytes=7)
    report.finished()
    events = objects(out)
    assert [e["event"] for e in events] == ["progress", "verdict", "finished"]
    assert list(events[-1]) == ["event", "status", "output", "bytes", "seconds", "cause", "fix", "log"]
    assert events[-1] | {"seconds": 0} == {
        "event": "finished", "status": "ok", "output": "model", "bytes": 7, "seconds": 0,
        "cause": None, "fix": None, "log": None,
    }  # fmt: skip
    assert isinstance(events[-1]["seconds"], float)


def test_a_failure_is_told_to_people_and_to_programs(out: io.StringIO, err: io.StringIO) -> None:
    report = Report(True, out, err)
    report.begin(output="x")
    report.failed(Failure("The model is broken.", "Mend it.", Path("a.log")))
    assert objects(out) == [
        {
            "event": "finished",
            "status": "failed",
            "output": "x",
            "cause": "The model is broken.",
            "fix": "Mend it.",
            "log": "a.log",
        }
    ]
    assert err.getvalue() == "error: The model is broken.\nfix: Mend it.\nlog: a.log\n"


def test_a_failed_command_of_one_object_says_that_one_object(out: io.StringIO, err: io.StringIO) -> None:
    Report(True, out, err).failed(Failure("No such model."))
    assert objects(out) == [{"status": "failed", "cause": "No such model.", "fix": None, "log": None}]


def test_nothing_follows_the_one_object(out: io.StringIO, err: io.StringIO) -> None:
    report = Report(True, out, err)
    report.object({"family": "chatml"})
    report.failed(Failure("It does not agree."))
    assert objects(out) == [{"family": "chatml"}]
    assert "error: It does not agree." in err.getvalue()


def test_the_end_is_said_once(out: io.StringIO, err: io.StringIO) -> None:
    report = Report(True, out, err)
    report.begin()
    report.cancelled()
    report.finished()
    assert [e["status"] for e in objects(out)] == ["cancelled"]


def test_without_json_a_failure_leaves_standard_output_alone(out: io.StringIO, err: io.StringIO) -> None:
    report = Report(False, out, err)
    report.begin()
    report.failed(Failure("The model is broken."))
    assert out.getvalue() == ""


def test_json_survives_any_encoding_and_any_number(out: io.StringIO, err: io.StringIO) -> None:
    Report(True, out, err).object(
        {"name": "Größe \ud83d 模型", "rate": float("nan"), "rates": [float("inf"), 1.5]}
    )
    assert out.getvalue().isascii()
    assert objects(out)[0] == {"name": "Größe \ud83d 模型", "rate": None, "rates": [None, 1.5]}


def test_a_terminal_is_shown_no_control_sequence_but_every_line_end(err: io.StringIO) -> None:
    out = Terminal()
    report = Report(False, out, err)
    for token in ("one\n\x1b", "[31mtwo\x1b]0;title", "\x07\r\n\x9b2Jthree\ttab"):
        report.write(token)
    assert out.getvalue() == "one\n[31mtwo\n2Jthree\ttab"


def test_a_pipe_gets_the_answer_unchanged(out: io.StringIO, err: io.StringIO) -> None:
    Report(False, out, err).write("\x1b[31mred")
    assert out.getvalue() == "\x1b[31mred"


def test_tables_are_aligned_by_columns_of_the_terminal(out: io.StringIO, err: io.StringIO) -> None:
    Report(False, out, err).table(("name", "size"), [("模型", "1 MB"), ("a\x1b[1m\nb", "22 MB")])
    assert out.getvalue() == "name  size\n模型  1 MB\nab    22 MB\n"


def test_a_reader_that_has_gone_ends_the_job_properly(err: io.StringIO) -> None:
    ended = []

    def endless() -> Iterator[Event]:
        try:
            while True:
                yield Progress("load", "Loading")
        finally:
            ended.append(True)

    with pytest.raises(ReaderGone):
        Report(True, ClosedPipe(), err).follow(endless())  # type: ignore[arg-type]
    assert ended == [True]


def test_a_full_disk_is_a_failure_that_names_it(err: io.StringIO) -> None:
    report = Report(True, FullDisk(), err)
    with pytest.raises(Failure, match="No space left on device") as caught:
        report.object({})
    report.failed(caught.value)  # cannot be written either; must not raise again
    assert "error: Standard output cannot be written" in err.getvalue()


def test_people_see_a_failed_verdict_with_its_fix(out: io.StringIO, err: io.StringIO) -> None:
    Report(False, out, err).event(Verdict("sdk", "The SDK lists it", "fail", "it does not", "Register it."))
    assert err.getvalue().splitlines() == [
        "fail      The SDK lists it: it does not",
        "          fix: Register it.",
    ]


def test_closed_standard_output_is_no_reason_to_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    Report(True).object({"a": 1})
