"""Parity by the real source and the real result: what is right, what is damaged, what is wrong."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmtui import pipeline
from slmtui.conversion.plan import plan
from slmtui.conversion.recipe import recipe
from slmtui.events import Cancel, Cancelled, Failure, Progress, Verdict, drain
from slmtui.measure.parity import Parity, parity
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource

HERE = Path(__file__).parent


def helper(script: str, *arguments: str | Path) -> str:
    """Run one of the scripts beside this file; the heavy libraries stay out of pytest's process."""
    command = [sys.executable, HERE / script, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compare(source: Path, model: Path, tmp_path: Path, precision: str = "int4", **more: Any) -> Parity:
    log, work = tmp_path / "parity.log", tmp_path / "travail 工"
    return drain(parity(inspect(source), model, precision, Cancel(), log=log, work=work, **more))


def test_the_sample_is_verified_and_the_same_kl_comes_out_by_other_means(
    sample_dir: Path, converted_sample: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    service = parity(inspect(sample_dir), converted_sample, "int4", Cancel(), log=tmp_path / "log", work=work)
    next(event for event in service if isinstance(event, Progress) and "the result reads" in event.text)
    readings = json.loads((work / "pieces.json").read_text(encoding="utf-8"))["readings"]
    found = drain(service)
    assert found.verdict == "verified", found
    assert not work.exists()
    pieces = tmp_path / "tokens.json"
    pieces.write_text(json.dumps([piece for reading in readings for piece in reading["pieces"]]))
    plain = json.loads(helper("plain_kl.py", sample_dir, converted_sample, pieces))
    assert plain["tokens"] == found.tokens > 300
    assert found.kl_mean == pytest.approx(plain["kl_mean"], rel=0.01)
    assert found.kl_p99 == pytest.approx(plain["kl_p99"], rel=0.01)


def test_the_users_own_text_is_read_in_place_of_ours(
    sample_dir: Path, converted_sample: Path, tmp_path: Path
) -> None:
    found = compare(sample_dir, converted_sample, tmp_path, text="How do I water the lamp? " * 3)
    assert found.verdict == "verified", found
    assert 15 < found.tokens < 100


def test_other_tokens_are_a_finding(sample_dir: Path, converted_sample: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(converted_sample, tmp_path / "model"))
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["merges"] = tokenizer["model"]["merges"][:-200]
    (model / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    found = compare(sample_dir, model, tmp_path)
    assert found.verdict == "degraded", found
    assert "other tokens" in found.reason


def test_another_models_weights_are_wrong(
    converted_sample: Path, random: RandomModels, tmp_path: Path
) -> None:
    """The tokens are the same and the runtime loads it: nothing else would notice."""
    found = compare(random("llama"), converted_sample, tmp_path)
    assert found.verdict == "wrong", found


def test_a_damaged_result_is_unverified_with_the_reason(
    sample_dir: Path, converted_sample: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(converted_sample, tmp_path / "model"))
    (model / "model.onnx").write_bytes(b"not a graph")
    found = compare(sample_dir, model, tmp_path)
    assert found.verdict == "unverified"
    assert "The result could not read the probe" in found.reason


class RandomModels:
    """Random two-layer checkpoints, made when they are asked for."""

    def __init__(self, sample: Path, folder: Path) -> None:
        self.sample, self.folder = sample, folder

    def __call__(self, kind: str) -> Path:
        checkpoint = self.folder / kind
        if not checkpoint.exists():
            helper("random_model.py", kind, self.sample, checkpoint)
        return checkpoint


@pytest.fixture(scope="module")
def random(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> RandomModels:
    return RandomModels(sample_dir, tmp_path_factory.mktemp("random"))


def unwarned(source: ModelSource) -> ModelSource:
    """As if nothing were known of its architecture: the measurement alone has to notice."""
    return dataclasses.replace(source, problems=())


def test_a_right_fp32_export_is_verified_and_recorded(random: RandomModels, tmp_path: Path) -> None:
    output = tmp_path / "out"
    service = pipeline.make_model(plan(inspect(random("llama")), output, "fp32"), Cancel())
    events = []
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            result = end.value
            break
    assert result.parity["verdict"] == "verified", result.parity
    assert result.parity["kl_mean"] < 1e-6
    assert result.verdicts[-1].id == "parity"
    assert result.verdicts[-1].status == "ok"
    manifest = json.loads((output / "slmtui.json").read_text(encoding="utf-8"))
    assert manifest["parity"] == dict(result.parity)
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    fractions = [event.fraction or 0.0 for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("kind", ["olmo", "gpt_oss"])
def test_an_fp32_export_that_is_silently_wrong_fails_the_conversion(
    kind: str, random: RandomModels, tmp_path: Path
) -> None:
    source = unwarned(inspect(random(kind)))
    service = pipeline.make_model(plan(source, tmp_path / "out", "fp32"), Cancel())
    verdicts = []
    with pytest.raises(Failure, match="does not say what its source says") as failure:
        verdicts += [event for event in service if isinstance(event, Verdict)]
    assert failure.value.fix
    assert failure.value.log is not None
    assert list(tmp_path.iterdir()) == []


def test_cancelling_while_the_models_are_compared_leaves_nothing(sample_dir: Path, tmp_path: Path) -> None:
    cancel = Cancel()
    service = pipeline.make_model(plan(inspect(sample_dir), tmp_path / "out"), cancel)
    next(event for event in service if isinstance(event, Progress) and event.stage == "parity")
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(Cancelled):
        drain(service)
    assert list(tmp_path.iterdir()) == []
    assert not [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]


def test_smollm2_is_measured_against_its_unpacked_gguf(smollm2: Path, tmp_path: Path) -> None:
    result = drain(pipeline.make_model(plan(inspect(smollm2), tmp_path / "out"), Cancel()))
    assert result.parity["verdict"] == "verified", result.parity
    assert 0.1 < result.parity["kl_mean"] < 0.6
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_the_recipe_that_makes_smollm2_babble_comes_out_degraded(smollm2: Path, tmp_path: Path) -> None:
    coarse = recipe("int4", options={"block_size": "128", "symmetric": "false"})
    planned = plan(inspect(smollm2), tmp_path / "out", recipe=coarse)
    result = drain(pipeline.make_model(planned, Cancel()))
    assert result.parity["verdict"] == "degraded", result.parity
    assert result.verdicts[-1].status == "warn"
    assert result.verdicts[-1].fix
    assert result.output.is_dir()
