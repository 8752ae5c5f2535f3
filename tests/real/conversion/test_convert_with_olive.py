"""Conversions by the real Olive, each with a look at what it left on the disk."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from slmtui.conversion.convert import ConversionResult, convert
from slmtui.conversion.plan import ConversionPlan, plan
from slmtui.conversion.recipe import recipe
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Usage, drain
from slmtui.source.inspect import inspect

Kind = TypeVar("Kind", bound=Event)


@pytest.fixture
def checkpoint(sample_dir: Path, tmp_path: Path) -> Path:
    """A copy of the sample in a folder whose name is hard on tools."""
    return Path(shutil.copytree(sample_dir, tmp_path / "modèle de 模型 v1.0"))


@dataclass(frozen=True)
class Converted:
    """One conversion of the sample, with a trap beside its weights, and where everything lay."""

    root: Path
    plan: ConversionPlan
    events: list[Event]
    result: ConversionResult

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def converted(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    root = tmp_path_factory.mktemp("whole")
    checkpoint = Path(shutil.copytree(sample_dir, root / "modèle de 模型 v1.0"))
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    (checkpoint / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (checkpoint / "evil.py").write_text(f"open({str(root / 'trap')!r}, 'w').close()\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLMTUI_HOME", str(root / "slmtui home"))
        for variable in ("HOME", "USERPROFILE"):
            patch.setenv(variable, str(root / "user"))
        (root / "user").mkdir()
        planned = plan(inspect(checkpoint), root / "résultat 結果" / "fern.int4")
        service, events = convert(planned, Cancel()), []
        while True:
            try:
                events.append(next(service))
            except StopIteration as end:
                return Converted(root, planned, events, end.value)


def test_the_output_is_whole_and_passed_every_check(converted: Converted) -> None:
    output = converted.plan.output
    names = {path.name for path in output.iterdir()}
    assert names == {
        "genai_config.json", "model.onnx", "model.onnx.data", "config.json", "generation_config.json",
        "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "slmtui.json",
    }  # fmt: skip
    assert {verdict.status for verdict in converted.result.verdicts} == {"ok"}
    manifest = json.loads((output / "slmtui.json").read_text(encoding="utf-8"))
    assert manifest["versions"]["olive-ai"]
    assert abs(converted.plan.output_bytes / converted.result.bytes - 1) < 0.03
    assert converted.result.peak_rss_bytes > 200_000_000


def test_nothing_is_left_anywhere_else(converted: Converted) -> None:
    output = converted.plan.output
    assert list(output.parent.iterdir()) == [output]
    assert _files(converted.root / "user") == [], "Olive wrote into the user's home"
    # slmtui's own: a few lines each, and the names of transformers' models.
    notes = {"digests.json", "conversions.json", "conversion-times.json", "imports.json"}
    ours = [file for file in _files(converted.root / "slmtui home") if file.name not in notes]
    assert ours == [converted.result.log]
    for path in output.iterdir():
        if path.suffix == ".json" and path.name != "slmtui.json":
            text = path.read_text(encoding="utf-8")
            assert str(converted.root) not in text, f"{path.name} names this machine"


def test_code_beside_the_weights_is_neither_run_nor_handed_on(converted: Converted) -> None:
    assert (converted.plan.source.path / "evil.py").is_file()
    assert not (converted.root / "trap").exists()


def test_the_progress_follows_what_olive_does(converted: Converted) -> None:
    progress = converted.of(Progress)
    stages = list(dict.fromkeys(event.stage for event in progress))
    assert stages == ["start", "load", "layers", "prepare", "quantize", "save", "finish", "gate"]
    fractions = [event.fraction or 0.0 for event in progress]
    assert fractions == sorted(fractions)
    assert progress[-1].fraction == 1.0
    assert progress[-2].seconds_left is not None
    texts = " ".join(event.text for event in progress)
    assert "Quantizing layer" in texts
    assert "of 4" in texts
    assert len(converted.of(Usage)) >= converted.result.seconds / 2


def test_the_log_is_told_live_and_kept_whole(converted: Converted) -> None:
    log = converted.result.log.read_text(encoding="utf-8")
    told = [event.text for event in converted.of(LogLine)]
    for line in ("Reading layer 2", "Quantizing /lm_head/MatMul"):
        assert line in told
        assert line in log
    assert "100%|" in log
    assert not any("100%|" in line for line in told)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_cancelling_in_the_middle_ends_it_and_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "int4"
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    cancel = Cancel()
    service = convert(plan(inspect(checkpoint), output), cancel)
    next(event for event in service if isinstance(event, Progress) and event.stage == "load")
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Cancelled):
        drain(service)
    assert not output.parent.exists()
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on a file's size to set")
def test_a_disk_that_fills_up_in_the_middle_is_named_and_nothing_is_left(
    checkpoint: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "int4"
    planned = plan(inspect(checkpoint), output)
    with _no_file_larger_than(1_000_000), pytest.raises(Failure, match="disk was full") as failure:
        drain(convert(planned, Cancel()))
    assert failure.value.fix
    assert failure.value.log is not None
    assert failure.value.log.is_file()
    assert not output.parent.exists()


@contextlib.contextmanager
def _no_file_larger_than(limit: int) -> Iterator[None]:
    """For this process and those it starts: a write beyond fails, as on a full disk."""
    import resource
    import signal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_weight_the_checkpoint_lacks_is_not_filled_with_noise(checkpoint: Path, tmp_path: Path) -> None:
    _rename_tensor(checkpoint / "model.safetensors", b"layers.1.mlp.up_proj", b"layers.1.mlp.xx_proj")
    output = tmp_path / "out"
    with pytest.raises(Failure, match=r"lacks 1 of its weights \(model\.layers\.1\.mlp\.up_proj\.weight\)"):
        drain(convert(plan(inspect(checkpoint), output), Cancel()))
    assert not output.exists()


def _rename_tensor(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    assert content.count(old) == 1
    assert len(old) == len(new)
    file.write_bytes(content.replace(old, new))


def test_a_precision_that_olive_drops_with_exit_code_0_is_a_failure(checkpoint: Path, tmp_path: Path) -> None:
    passes = {"builder": {"type": "ModelBuilder", "precision": "fp16"}}
    fp16 = dataclasses.replace(recipe("fp16"), passes=passes)
    with pytest.raises(Failure, match="no FP16 models for the CPU"):
        drain(convert(plan(inspect(checkpoint), tmp_path / "out", recipe=fp16), Cancel()))
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_worker_is_a_failure_that_says_so(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "int4"
    service = convert(plan(inspect(checkpoint), output), Cancel())
    next(event for event in service if isinstance(event, Usage))
    for process in psutil.Process().children():
        if "slmtui.conversion.worker" in process.cmdline():
            process.kill()
    with pytest.raises(Failure, match="SIGKILL"):
        drain(service)
    assert not output.parent.exists()
