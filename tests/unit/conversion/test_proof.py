"""The seam for the comparison with the source: what it is handed, and what its word does to a conversion."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.conversion import gate
from slmtui.conversion.convert import convert
from slmtui.conversion.olive import Made
from slmtui.conversion.plan import ConversionPlan
from slmtui.conversion.proof import Proof, Prove
from slmtui.events import Cancel, Cancelled, Failure, Progress, Service, Status, Verdict, drain
from tests.unit.conversion.stand_ins import MAKES_A_MODEL

Worker = Callable[[str], None]


@pytest.fixture(autouse=True)
def made(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "loads", lambda host, cancel: Verdict("loads", "loads", "ok", "loaded"))
    worker(MAKES_A_MODEL)


def saying(status: Status, seen: list[Made] | None = None) -> Prove:
    def prove(made: Made, log: Path, cancel: Cancel) -> Service[Proof]:
        assert (made.model / "model.onnx").is_file()
        assert log.is_file()
        if seen is not None:
            seen.append(made)
        yield Progress("parity", "half of it", 0.5)
        return Proof(Verdict("parity", "parity", status, "so it is", "do this"), {"verdict": status})

    return prove


def test_its_figures_stand_in_the_result_and_in_the_manifest(conversion: ConversionPlan) -> None:
    seen: list[Made] = []
    result = drain(convert(conversion, Cancel(), saying("warn", seen)))
    assert seen[0].checkpoint == conversion.source.path
    assert result.verdicts[-1].id == "parity"
    assert result.parity == {"verdict": "warn"}
    manifest = json.loads((conversion.output / "slmtui.json").read_text(encoding="utf-8"))
    assert manifest["parity"] == {"verdict": "warn"}


def test_its_progress_is_the_last_stage_of_the_whole(conversion: ConversionPlan) -> None:
    progress = [e for e in convert(conversion, Cancel(), saying("ok")) if isinstance(e, Progress)]
    fractions = [event.fraction or 0.0 for event in progress]
    assert fractions == sorted(fractions)
    half = next(event for event in progress if event.text == "half of it")
    assert half.stage == "parity"
    assert 0.3 < (half.fraction or 0) < 1.0
    assert progress[-1].fraction == 1.0


def test_a_wrong_result_is_not_kept(conversion: ConversionPlan) -> None:
    with pytest.raises(Failure, match="so it is") as failure:
        drain(convert(conversion, Cancel(), saying("fail")))
    assert failure.value.fix == "do this"
    assert failure.value.log is not None
    assert not conversion.output.parent.exists()


def test_without_one_the_result_is_marked_unverified(conversion: ConversionPlan) -> None:
    result = drain(convert(conversion, Cancel()))
    manifest = json.loads((conversion.output / "slmtui.json").read_text(encoding="utf-8"))
    assert manifest["parity"] == dict(result.parity)
    assert result.parity["verdict"] == "unverified"


def test_cancelling_while_it_compares_leaves_nothing(conversion: ConversionPlan) -> None:
    cancel = Cancel()
    service = convert(conversion, cancel, saying("ok"))
    next(e for e in service if isinstance(e, Progress) and e.stage == "parity")
    cancel.set()
    with pytest.raises(Cancelled):
        drain(service)
    assert not conversion.output.parent.exists()
