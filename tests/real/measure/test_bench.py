"""The benchmark on the real runtime: its figures, its end before the end, and what breaks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from slmtui import pipeline
from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, Service
from slmtui.measure import bench_worker
from slmtui.measure.bench import BenchMeasured, bench
from slmtui.measure.bench_figures import BenchPlan, BenchResult
from slmtui.process import Child
from slmtui.runtime.tuned import Tuned
from slmtui.runtime.tuned import keep as keep_tuned

PLAN = BenchPlan((16, 256), (8, 24), 3)
# What the sample answers with 30 tokens and the one that ends its turn, as its template puts it.
QUESTION = "<|im_start|>user\nHow do I reset my password?<|im_end|>\n<|im_start|>assistant\n"
TOKENS, END = 16, 1535


def followed(service: Service[BenchResult], found: list[BenchResult]) -> Iterator[Event]:
    """The service's events as they come; what it returns is put into `found`."""
    found.append((yield from service))


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture(scope="module")
def measured(converted_sample: Path) -> tuple[list[Event], BenchResult]:
    """All the events, and the result."""
    found: list[BenchResult] = []
    return list(followed(bench(converted_sample, PLAN, Cancel()), found)), found[0]


def test_every_pair_of_lengths_has_its_figures(measured: tuple[list[Event], BenchResult]) -> None:
    _, found = measured
    lengths = [(row.prompt_tokens, row.output_tokens) for row in found.rows]
    assert lengths == [(16, 8), (16, 24), (256, 8), (256, 24)]
    for row in found.rows:
        assert row.ttft_ms.n == row.prompt_tokens_per_second.n == row.tokens_per_second.n == 3
        assert 0 < row.tpot_ms_p50 <= row.tpot_ms_p95 <= row.tpot_ms_p99
        assert row.tokens_per_second.mean > 0
        assert row.cpu_percent > 0
        assert row.peak_rss_bytes > 20_000_000
    short, long = found.rows[0], found.rows[3]
    assert long.ttft_ms.mean > short.ttft_ms.mean
    # The longest was warmed up last, so that nothing of it is in the others' memory.
    assert long.peak_rss_bytes == max(row.peak_rss_bytes for row in found.rows) > short.peak_rss_bytes
    assert found.complete
    assert 0 < found.load_seconds < found.seconds
    assert found.noise > 0
    assert any("random order (seed 7)" in note for note in found.notes)
    assert "core" in found.machine
    assert BenchResult.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))).rows


def test_it_tells_how_far_it_is_and_every_run(measured: tuple[list[Event], BenchResult]) -> None:
    events, found = measured
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    left = [e.seconds_left for e in events if isinstance(e, Progress) if e.seconds_left is not None]
    assert left[-1] == 0
    assert 0 < left[-2] < left[len(left) // 3]
    rows = [event for event in events if isinstance(event, BenchMeasured)]
    assert [(row.number, row.of) for row in rows] == [(number, 12) for number in range(1, 13)]
    assert rows[0].row.ttft_ms.n == 1
    assert rows[-1].row in found.rows
    assert rows[0].as_json()["row"]["ttft_ms"]["n"] == 1


def test_the_output_is_exactly_as_long_as_asked_though_the_model_would_end(converted_sample: Path) -> None:
    with Child(bench_worker.__name__) as child:
        replies = (message for message in child.messages() if isinstance(message, dict))
        child.send({"model": str(converted_sample), "options": {}, "text": QUESTION})
        assert next(replies)["event"] == "loaded"
        for prompt, output in ((TOKENS, 300), (700, 1), (3, 2)):
            child.send({"prompt_tokens": prompt, "output_tokens": output})
            ran = next(replies)
            assert len(ran["tokens"]) == len(ran["gap_seconds"]) + 1 == output
            assert END not in ran["tokens"]
            assert ran["seconds"] == pytest.approx(ran["ttft_seconds"] + sum(ran["gap_seconds"]))
        child.send({"prompt_tokens": 2000, "output_tokens": 100})  # beyond the context
        assert next(replies)["event"] == "failed"


def test_a_stopped_benchmark_keeps_what_it_has(converted_sample: Path) -> None:
    before, cancel = children(), Cancel()
    end: list[BenchResult] = []
    for event in followed(pipeline.run_bench(converted_sample, BenchPlan((16, 32), (8,), 500), cancel), end):
        if isinstance(event, BenchMeasured) and event.number == 5:
            cancel.set()
    (found,) = end
    assert not found.complete
    assert sum(row.ttft_ms.n for row in found.rows) == 5
    assert "It was stopped after 5 of 1000 runs." in found.notes
    assert children() == before
    assert pipeline.measurements(converted_sample).bench.to_json() == found.to_json()


def test_one_that_is_stopped_before_it_has_anything_has_nothing(converted_sample: Path) -> None:
    before, cancel = children(), Cancel()
    service = bench(converted_sample, PLAN, cancel)
    next(event for event in service if isinstance(event, Progress))
    cancel.set()
    with pytest.raises(Cancelled):
        list(service)
    assert children() == before
    with pytest.raises(Cancelled):
        list(bench(converted_sample, PLAN, cancel))


def test_a_worker_that_dies_is_a_failure_with_its_cause(converted_sample: Path) -> None:
    before = children()
    service = bench(converted_sample, BenchPlan((16,), (8,), 500), Cancel())
    next(event for event in service if isinstance(event, BenchMeasured) and event.number == 3)
    (worker,) = set(children()) - set(before)
    worker.kill()
    with pytest.raises(Failure, match="The worker process") as failed:
        list(service)
    assert failed.value.fix
    assert failed.value.log is not None
    assert failed.value.log.is_file()
    assert children() == before


def test_a_damaged_model_is_a_failure_that_names_it(converted_sample: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(converted_sample, broken)
    onnx = broken / "model.onnx"
    onnx.write_bytes(onnx.read_bytes()[:5000])
    before = children()
    with pytest.raises(Failure, match=r"model\.onnx is damaged") as failed:
        list(bench(broken, PLAN, Cancel()))
    assert "convert" in failed.value.fix
    assert children() == before
    with pytest.raises(Failure, match="not a converted model"):
        list(bench(tmp_path, PLAN, Cancel()))


def test_it_loads_the_model_with_what_the_tuning_found(converted_sample: Path) -> None:
    """An option that the runtime does not know shows that it was asked for."""
    keep_tuned(converted_sample, Tuned({"no_such_option": 1}, 1.0, 2.0))
    with pytest.raises(Failure, match="no_such_option"):
        list(bench(converted_sample, PLAN, Cancel()))
