"""What was measured is found again for the same weights, wherever they lie, and for no others."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path

import pytest

from slmtui.config.locations import data_dir
from slmtui.events import Cancel, Failure, Progress, Service, drain
from slmtui.measure.bench_figures import BenchPlan, BenchResult, BenchRow, Spread
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.quality_figures import Quality
from slmtui.pipeline.measure import run_bench
from slmtui.pipeline.measurements import keep, measurements

FOUND = Quality(12.5, 12.0, 0.01, 0.005, 0.1, 0.97, 0.999, 100, "built in", 1.0)


def model(folder: Path, weights: bytes) -> Path:
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", encoding="utf-8")
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "model.onnx.data").write_bytes(weights)
    return folder


def test_a_copy_with_another_template_has_the_same_figures(slmtui_home: Path, tmp_path: Path) -> None:
    made = model(tmp_path / "made", b"\0" * 3_000_000)
    keep(made, FOUND)
    copy = shutil.copytree(made, tmp_path / "deployed")
    (copy / "inference_model.json").write_text("{}", encoding="utf-8")
    (copy / "genai_config.json").write_text('{"search": {}}', encoding="utf-8")
    assert measurements(copy).quality == FOUND


def test_a_checklist_is_that_of_the_chat_template_it_was_asked_with(tmp_path: Path) -> None:
    made = model(tmp_path / "made", b"weights")
    (made / "chat_template.jinja").write_text("one", encoding="utf-8")
    found = Checklist((), seconds=1.0)
    keep(made, found)
    keep(made, FOUND)
    assert measurements(made).checklist == found
    (made / "chat_template.jinja").write_text("another", encoding="utf-8")
    now = measurements(made)
    assert (now.checklist, now.quality, now.problems) == (None, FOUND, ())
    (made / "chat_template.jinja").write_text("one", encoding="utf-8")
    assert measurements(made).checklist == found


def test_other_weights_of_the_same_size_have_none(slmtui_home: Path, tmp_path: Path) -> None:
    keep(model(tmp_path / "one", b"\0" * 3_000_000), FOUND)
    assert measurements(model(tmp_path / "other", b"\1" * 3_000_000)).quality is None


def test_another_tokenizer_makes_another_model_of_the_same_weights(slmtui_home: Path, tmp_path: Path) -> None:
    made = model(tmp_path / "made", b"weights")
    (made / "tokenizer.json").write_text("one", encoding="utf-8")
    keep(made, FOUND)
    assert measurements(made).quality == FOUND
    (made / "tokenizer.json").write_text("two", encoding="utf-8")
    assert measurements(made).quality is None


def test_what_is_not_a_number_survives(slmtui_home: Path, tmp_path: Path) -> None:
    made = model(tmp_path / "made", b"weights")
    keep(made, dataclasses.replace(FOUND, kl_mean=math.nan, kl_p99=math.nan))
    found = measurements(made).quality
    assert found is not None
    assert math.isnan(found.kl_mean)


def test_a_damaged_file_is_a_problem_and_no_end(slmtui_home: Path, tmp_path: Path) -> None:
    made = model(tmp_path / "made", b"weights")
    keep(made, FOUND)
    kept = next(slmtui_home.rglob("quality.json"))
    kept.write_text(kept.read_text(encoding="utf-8")[:40], encoding="utf-8")
    found = measurements(made)
    assert found.quality is None
    assert "Delete that file" in found.problems[0].fix


def test_a_folder_that_is_gone_cannot_be_kept_for(slmtui_home: Path, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        keep(tmp_path / "gone", FOUND)


def test_a_stopped_benchmark_takes_no_whole_ones_place(
    slmtui_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model(tmp_path / "made", b"weights")

    def measured(*, complete: bool, repetitions: int, replace: bool = True) -> BenchResult:
        spread = Spread(1.0, 0.0, repetitions)
        row = BenchRow(8, 8, spread, 1.0, 1.0, 1.0, spread, spread, 1, 1.0)
        found = BenchResult((row,), 1.0, 0.0, ("noted",), complete, "", 1.0, "")

        def bench(*_: object) -> Service[BenchResult]:
            yield Progress("bench", "Measured")
            return found

        monkeypatch.setattr("slmtui.measure.bench.bench", bench)
        return drain(run_bench(made, BenchPlan(), Cancel(), replace=replace))

    def kept() -> int:
        found = measurements(made).bench
        assert found is not None
        return found.rows[0].ttft_ms.n

    # As long as there is no whole one, a part is better than nothing.
    assert measured(complete=False, repetitions=1).notes == ("noted",)
    assert kept() == 1
    measured(complete=True, repetitions=2)
    stopped = measured(complete=False, repetitions=3)
    assert kept() == 2
    assert stopped.rows[0].ttft_ms.n == 3
    assert "not kept" in stopped.notes[-1]
    measured(complete=True, repetitions=4)
    assert kept() == 4
    # The lab's, of few lengths, is a figure where there is none, and takes no other's place.
    assert measured(complete=True, repetitions=5, replace=False).rows[0].ttft_ms.n == 5
    assert kept() == 4

    # Where nothing can be kept, the figures are not lost.
    shutil.rmtree(data_dir() / "measurements")
    (data_dir() / "measurements").write_text("in the way", encoding="utf-8")
    shown = measured(complete=True, repetitions=6)
    assert shown.rows[0].ttft_ms.n == 6
    assert "not kept" in shown.notes[-1]
