"""A conversion made before is found again, and only where nothing has changed. The worker is a stand-in."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.config import originals
from slmtui.conversion import gate, manifest, reuse
from slmtui.conversion.convert import ConversionResult, again, convert
from slmtui.conversion.digests import describe
from slmtui.conversion.olive import Made
from slmtui.conversion.plan import ConversionPlan, plan
from slmtui.conversion.proof import Proof
from slmtui.conversion.recipe import recipe
from slmtui.events import Cancel, Cancelled, Failure, Service, Verdict, drain
from slmtui.source.inspect import inspect
from tests.unit.conversion.stand_ins import MAKES_A_MODEL

Worker = Callable[[str], None]


def prove(made: Made, log: Path, cancel: Cancel) -> Service[Proof]:
    yield Verdict("note", "note", "ok", "looked at")
    return Proof(Verdict("parity", "parity", "ok", "so it is"), {"verdict": "verified", "kl_mean": 0.5})


@pytest.fixture(autouse=True)
def made(conversion: ConversionPlan, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> ConversionResult:
    monkeypatch.setattr(gate, "loads", lambda host, cancel: Verdict("loads", "loads", "ok", "loaded"))
    worker(MAKES_A_MODEL)
    return drain(convert(conversion, Cancel(), prove))


def once_more(conversion: ConversionPlan, *, compared: bool = True) -> ConversionResult | None:
    plan_ = dataclasses.replace(conversion, replace=True)
    return drain(again(plan_, Cancel(), compared=compared))


def elsewhere(conversion: ConversionPlan) -> ConversionPlan:
    return dataclasses.replace(conversion, output=conversion.output.with_name("elsewhere"))


def test_the_same_plan_again_is_what_it_was_and_touches_nothing(
    conversion: ConversionPlan, made: ConversionResult
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in conversion.output.iterdir()}
    found = once_more(conversion)
    assert found is not None
    assert found.cached
    assert not made.cached
    assert (found.output, found.bytes) == (made.output, made.bytes)
    assert (found.parity, found.peak_rss_bytes) == (made.parity, made.peak_rss_bytes)
    assert found.verdicts == made.verdicts
    assert "Converted before" in found.log.read_text(encoding="utf-8")
    assert {path.name: path.stat().st_mtime_ns for path in conversion.output.iterdir()} == before


def test_to_another_folder_it_is_copied_whole(conversion: ConversionPlan, made: ConversionResult) -> None:
    found = drain(again(elsewhere(conversion), Cancel()))
    assert found is not None
    copied = {path.name: path.read_bytes() for path in found.output.iterdir()}
    assert copied == {path.name: path.read_bytes() for path in made.output.iterdir()}
    shutil.rmtree(made.output)
    third = dataclasses.replace(conversion, output=conversion.output.with_name("third"))
    assert drain(again(third, Cancel())) is not None  # from the copy, now that the first is gone


def test_the_same_content_at_another_place_is_the_same_source(
    conversion: ConversionPlan, checkpoint: Path, tmp_path: Path
) -> None:
    shutil.copytree(checkpoint, tmp_path / "moved")
    moved = plan(inspect(tmp_path / "moved"), conversion.output.with_name("moved"))
    assert drain(again(moved, Cancel())) is not None


def test_one_at_the_very_place_is_found_before_a_later_copy_of_it(conversion: ConversionPlan) -> None:
    assert drain(again(elsewhere(conversion), Cancel())) is not None
    found = drain(again(conversion, Cancel()))  # replaces nothing
    assert found is not None
    assert found.output == conversion.output


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_an_output_that_was_changed_is_not_used(conversion: ConversionPlan, name: str) -> None:
    path = conversion.output / name
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    assert once_more(conversion) is None
    path.unlink()
    assert once_more(conversion) is None


def test_where_it_stays_a_file_that_slmtui_wrote_over_counts_by_its_original(
    conversion: ConversionPlan,
) -> None:
    path = conversion.output / "tokenizer.json"
    originals.replace(path, '{"mine": 1}', path.read_bytes())
    found = drain(again(conversion, Cancel()))
    assert found is not None
    assert "or the original that was kept of it" in found.log.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == '{"mine": 1}'
    assert once_more(conversion) is None  # what is to be replaced is made as the source has it
    assert drain(again(elsewhere(conversion), Cancel())) is None
    originals.original_of(path).write_text("{}", encoding="utf-8")
    assert drain(again(conversion, Cancel())) is None


def test_a_source_that_was_changed_is_another(conversion: ConversionPlan, checkpoint: Path) -> None:
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert once_more(conversion) is None


def test_another_recipe_or_another_tool_chain_is_another_conversion(
    conversion: ConversionPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dataclasses.replace(conversion, recipe=recipe("int4", None, {"block_size": "64"}))
    assert once_more(other) is None
    monkeypatch.setattr(manifest, "versions", lambda python: {"olive-ai": "0.99"})
    assert once_more(conversion) is None
    monkeypatch.undo()


def test_one_that_was_compared_is_not_one_that_was_not(conversion: ConversionPlan) -> None:
    assert once_more(conversion, compared=False) is None
    unproved = elsewhere(conversion)
    drain(convert(unproved, Cancel()))
    shutil.rmtree(conversion.output)
    assert once_more(unproved) is None
    assert once_more(unproved, compared=False) is not None


def test_a_wish_to_stop_leaves_no_half_copy(
    conversion: ConversionPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = Cancel()
    copy = reuse._copy

    def stop(origin: Path, target: Path, cancel: Cancel) -> None:
        copy(origin, target, cancel)
        cancel.set()
        cancel.check()

    monkeypatch.setattr(reuse, "_copy", stop)
    with pytest.raises(Cancelled):
        drain(again(elsewhere(conversion), cancel))
    assert list(conversion.output.parent.iterdir()) == [conversion.output]


def test_a_full_disk_while_copying_is_said_and_leaves_nothing(
    conversion: ConversionPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is a stand-in: no disk is full."""

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(reuse, "_copy", full)
    with pytest.raises(Failure, match="No space left"):
        drain(again(elsewhere(conversion), Cancel()))
    assert list(conversion.output.parent.iterdir()) == [conversion.output]


def test_damaged_notes_are_as_none(conversion: ConversionPlan, slmtui_home: Path) -> None:
    for text in ("{", "[1]", '[{"key": 1}]', '{"a": 1}'):
        (slmtui_home / "cache" / "conversions.json").write_text(text)
        assert once_more(conversion) is None
        drain(convert(dataclasses.replace(conversion, replace=True), Cancel(), prove))
        assert once_more(conversion) is not None


def test_a_digest_is_remembered_until_the_file_changes(tmp_path: Path, slmtui_home: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    first = describe([file], Cancel())
    notes = slmtui_home / "cache" / "digests.json"
    known = json.loads(notes.read_text())
    state = next(state for state, sha in known.items() if sha == first["a"]["sha256"])
    notes.write_text(json.dumps({state: "remembered"}))
    assert describe([file], Cancel())["a"]["sha256"] == "remembered"
    moved = file.rename(tmp_path / "b")
    os.utime(moved, ns=(1, 1))
    assert describe([moved], Cancel())["b"]["sha256"] == first["a"]["sha256"]
    file.write_bytes(b"two")
    assert describe([file], Cancel())["a"]["sha256"] != first["a"]["sha256"]
