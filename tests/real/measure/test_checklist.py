"""The checklist with the real runtime: the sample passes, and damage that was put in on purpose is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from slmtui.events import Cancel, Event, Progress, Service, Verdict, drain
from slmtui.measure.checklist import Checklist, checklist
from slmtui.measure.checklist_memory import session
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.measure.suite_file import read_suite
from slmtui.measure.suite_run import Answered
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import Message
from slmtui.source.inspect import inspect


@pytest.fixture(scope="module")
def suite(sample_dir: Path) -> Suite:
    return read_suite(sample_dir.parent / "suite.jsonl")


def followed(service: Service[Checklist], see: Callable[[Event], None]) -> Checklist:
    while True:
        try:
            see(next(service))
        except StopIteration as end:
            result: Checklist = end.value
            return result


def copied(model: Path, to: Path) -> Path:
    return Path(shutil.copytree(model, to))


def test_the_sample_passes_as_its_card_promises(
    converted_sample: Path, sample_dir: Path, suite: Suite
) -> None:
    events = list[Event]()
    source = inspect(sample_dir)
    found = followed(checklist(converted_sample, suite=suite, source=source, cancel=Cancel()), events.append)
    items = {item.id: item for item in found.items}
    assert found.complete
    assert found.failed == ()
    assert found.suite is not None
    assert found.control is not None
    for kind, promised in (("trained", 0.976), ("held out", 0.895)):
        answers = [a for a in found.suite.answers if suite.lines[a.line].name.endswith(kind)]
        assert len(answers) == 132
        assert sum(a.passed for a in answers) / len(answers) > promised - 0.05
    assert abs(found.suite.passed - found.control.passed) <= 6
    assert {name: items[name].status for name in ("questions", "format", "edges")} == {
        "questions": "pass",
        "format": "pass",
        "edges": "pass",
    }
    assert items["lengths"].figures["passed"][0] == 8
    # Trained on conversations of up to 700 tokens, says its card: after 1,500 it has forgotten.
    assert items["lengths"].status == "warn"
    assert [event.id for event in events if isinstance(event, Verdict)] == list(items)
    assert sum(isinstance(event, Answered) for event in events) == 264


def test_a_spoiled_template_is_caught(
    converted_sample: Path, sample_dir: Path, suite: Suite, tmp_path: Path
) -> None:
    spoiled = copied(converted_sample, tmp_path / "spoiled")
    text = "{% for m in messages %}{{ '[INST]' + m['content'] + '[/INST]' }}{% endfor %}"
    (spoiled / "chat_template.jinja").write_text(text, encoding="utf-8")
    few = Suite(suite.lines[:24])
    found = drain(checklist(spoiled, suite=few, source=inspect(sample_dir), cancel=Cancel(), turns=10))
    questions = found.items[0]
    assert questions.status == "fail"
    assert questions.figures["lost"] > 12
    assert "Template" in questions.fix


def test_damage_like_two_bits_is_caught(
    converted_sample: Path, sample_dir: Path, suite: Suite, tmp_path: Path
) -> None:
    damaged = copied(converted_sample, tmp_path / "damaged")
    to_two_bits(damaged)
    few = Suite(suite.lines[:48])
    found = drain(checklist(damaged, suite=few, source=inspect(sample_dir), cancel=Cancel(), turns=10))
    questions = found.items[0]
    assert questions.status == "fail"
    assert questions.figures["lost"] > 5
    assert "finer precision" in questions.fix


def to_two_bits(folder: Path) -> None:
    """Every 4-bit weight keeps its two upper bits: of 16 levels, 4 are left."""
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    quantized = {node.input[1] for node in model.graph.node if node.op_type == "MatMulNBits"}
    data = bytearray((folder / "model.onnx.data").read_bytes())
    coarser = bytes((value & 0b11001100) | 0b00100010 for value in range(256))
    for tensor in model.graph.initializer:
        if tensor.name in quantized:
            where = {entry.key: entry.value for entry in tensor.external_data}
            begin, length = int(where["offset"]), int(where["length"])
            data[begin : begin + length] = data[begin : begin + length].translate(coarser)
    (folder / "model.onnx.data").write_bytes(data)


class LeakingHost(ModelHost):
    """A host that keeps memory."""

    def _module(self) -> str:
        return "leaking_host"


@pytest.mark.parametrize(("make", "status"), [(ModelHost, "pass"), (LeakingHost, "fail")])
def test_a_leak_put_in_on_purpose_is_found_by_the_slope(
    make: type[ModelHost], status: str, converted_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    questions = [
        [Message("user", text)] for text in ("hello", "how do I reset the lamp?", "what can you do?")
    ]
    with make(converted_sample) as host:
        host.load()
        item = drain(session(host, questions, Cancel(), 150))
    assert item.status == status, item.evidence
    if status == "fail":
        low, high = item.figures["interval_bytes_per_100_turns"]
        assert low < 6_000_000 < high or abs(item.figures["slope_bytes_per_100_turns"] - 6e6) < 1e6


def test_what_was_done_before_a_cancel_is_kept(converted_sample: Path, suite: Suite) -> None:
    cancel = Cancel()

    def stop(event: Event) -> None:
        if isinstance(event, Answered) and event.number == 30:
            cancel.set()

    found = followed(checklist(converted_sample, suite=suite, cancel=cancel), stop)
    assert not found.complete
    assert found.suite is not None
    assert 30 <= found.suite.of < 40
    assert [item.status for item in found.items][2:] == ["unchecked"] * 3


def test_without_a_suite_the_questions_are_unchecked(converted_sample: Path) -> None:
    events = list[Event]()
    found = followed(checklist(converted_sample, cancel=Cancel(), turns=20), events.append)
    assert found.suite is None
    assert found.items[0].status == "unchecked"
    assert "JSONL" in found.items[0].fix
    assert found.failed == ()
    # The time left is that of the whole: with the last question answered, the session is still to come.
    progress = [event for event in events if isinstance(event, Progress) and "questions: " in event.text]
    assert progress[-1].fraction < 0.5 < 1 < len(progress)
    assert progress[-1].seconds_left > 0


def test_a_question_longer_than_the_context_fails_alone(converted_sample: Path, suite: Suite) -> None:
    long = SuiteLine((Message("user", "lamp, " * 3000),), equals="no")
    asked = Suite((long, *suite.lines[:2]))
    found = drain(checklist(converted_sample, suite=asked, cancel=Cancel(), turns=2))
    assert found.suite is not None
    assert [answer.finish_reason for answer in found.suite.answers] == ["failed", "stop", "stop"]
    evidence = {item.id: item.evidence for item in found.items}
    assert "broke down" not in " ".join(evidence.values())
    assert "2 of 2 right" in evidence["lengths"]
