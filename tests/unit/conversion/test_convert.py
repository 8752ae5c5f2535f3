"""The flow around Olive, with a worker that stands in for it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmtui.config.locations import log_dir
from slmtui.conversion import gate
from slmtui.conversion.convert import convert
from slmtui.conversion.plan import ConversionPlan
from slmtui.environment import container
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Usage, Verdict, drain
from tests.waiting import LONG_BEFORE

Worker = Callable[[str], None]

MAKES_A_MODEL = """
out = Path(request["config"]["output_dir"])
source = Path(request["config"]["input_model"]["model_path"])
config = {"model": {"type": "llama", "vocab_size": 64, "decoder": {"filename": "model.onnx"}}}
(out / "genai_config.json").write_text(json.dumps(config))
(out / "model.onnx").write_bytes(bytes(10))
(out / "model.onnx.data").write_bytes(bytes(100))
for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
    (out / name).write_bytes((source / name).read_bytes())
(out / "footprint.json").write_text("{}")
(out / "modeling_odd.py").write_text("")
print("Running Olive on accelerator: cpu-cpu")
print("Saving ONNX model in somewhere")
files = {"model.onnx": {"nodes": 5, "tensors": 7, "external": {"model.onnx.data": 100}}}
link.send("converted", files=files, peak_rss_bytes=123_000_000_000)
"""
NEVER_ENDS = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
(Path(request["config"]["output_dir"]) / "half").write_bytes(bytes(1000))
print("started", os.getpid(), child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def runtime_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "loads", lambda host, cancel: Verdict("loads", "loads", "ok", "loaded"))


def events_of(plan: ConversionPlan, cancel: Cancel | None = None) -> tuple[list[Event], Any]:
    service, events = convert(plan, cancel or Cancel()), []
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            return events, end.value


def nothing_is_left(plan: ConversionPlan) -> bool:
    """Neither the output nor the folder that was made for it."""
    return not plan.output.exists() and not plan.output.parent.exists()


@pytest.mark.usefixtures("runtime_loads")
def test_the_output_appears_whole_with_its_manifest(conversion: ConversionPlan, worker: Worker) -> None:
    worker(MAKES_A_MODEL)
    events, result = events_of(conversion)
    names = {path.name for path in conversion.output.iterdir()}
    assert names == {
        "genai_config.json", "model.onnx", "model.onnx.data", "tokenizer.json", "tokenizer_config.json",
        "chat_template.jinja", "slmtui.json",
    }  # fmt: skip
    assert list(conversion.output.parent.iterdir()) == [conversion.output]
    manifest = json.loads((conversion.output / "slmtui.json").read_text(encoding="utf-8"))
    data = manifest["files"]["model.onnx.data"]
    assert data == {"bytes": 100, "sha256": hashlib.sha256(bytes(100)).hexdigest()}
    assert set(manifest["files"]) == names - {"slmtui.json"}
    assert manifest["source"]["path"] == str(conversion.source.path)
    assert "model.safetensors" in manifest["source"]["files"]
    assert manifest["precision"] == "int4"
    assert result.output == conversion.output
    assert result.bytes == sum(path.stat().st_size for path in conversion.output.iterdir())
    assert result.peak_rss_bytes == 123_000_000_000
    assert result.log.parent == log_dir()
    assert "Saving ONNX model" in result.log.read_text(encoding="utf-8")
    assert [v for v in events if isinstance(v, Verdict)] == list(result.verdicts)
    assert [v.id for v in result.verdicts] == ["weights", "config", "onnx", "tokenizer", "template", "loads"]
    assert any(isinstance(event, Usage) for event in events)
    fractions = [event.fraction or 0.0 for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.usefixtures("runtime_loads")
def test_an_old_output_stays_until_the_new_one_is_proved(
    conversion: ConversionPlan, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversion = dataclasses.replace(conversion, replace=True)
    conversion.output.mkdir(parents=True)
    (conversion.output / "old").touch()
    worker("print('no model', flush=True)")
    with pytest.raises(Failure):
        drain(convert(conversion, Cancel()))
    assert [path.name for path in conversion.output.iterdir()] == ["old"]
    worker(MAKES_A_MODEL)
    drain(convert(conversion, Cancel()))
    assert not (conversion.output / "old").exists()
    assert list(conversion.output.parent.iterdir()) == [conversion.output]


def test_an_output_that_appeared_since_the_plan_is_not_touched(
    conversion: ConversionPlan, worker: Worker
) -> None:
    worker("raise SystemExit('must not start')")
    conversion.output.mkdir(parents=True)
    (conversion.output / "precious").touch()
    with pytest.raises(Failure, match="exists and is not empty"):
        drain(convert(conversion, Cancel()))
    assert [path.name for path in conversion.output.iterdir()] == ["precious"]


def test_cancelling_ends_the_whole_tree_at_once_and_leaves_nothing(
    conversion: ConversionPlan, worker: Worker
) -> None:
    worker(NEVER_ENDS)
    cancel = Cancel()
    service = convert(conversion, cancel)
    pids = _pids(service)
    assert all(_runs(pid) for pid in pids)
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    asked = time.monotonic() + 0.2
    with pytest.raises(Cancelled):
        drain(service)
    assert time.monotonic() - asked < LONG_BEFORE
    assert not any(_runs(pid) for pid in pids)
    assert nothing_is_left(conversion)


@pytest.mark.usefixtures("runtime_loads")
def test_cancels_at_random_moments_never_leave_half_an_output(
    conversion: ConversionPlan, worker: Worker
) -> None:
    worker("time.sleep(0.05)\n" + MAKES_A_MODEL.replace("print(", "time.sleep(0.05); print("))
    chance, cancelled, before = random.Random(4), False, set(_children())  # noqa: S311
    drain(convert(conversion, Cancel()))
    wanted = {path.name for path in conversion.output.iterdir()}
    shutil.rmtree(conversion.output.parent)
    for _ in range(15):
        cancel = Cancel()
        timer = threading.Timer(chance.uniform(0.0, 0.6), cancel.set)
        timer.start()
        try:
            drain(convert(conversion, cancel))
        except Cancelled:
            cancelled = True
            assert nothing_is_left(conversion)
        else:
            assert {path.name for path in conversion.output.iterdir()} == wanted
            shutil.rmtree(conversion.output.parent)
        timer.cancel()
        assert set(_children()) <= before
    assert cancelled


def test_leaving_the_generator_ends_the_worker_too(conversion: ConversionPlan, worker: Worker) -> None:
    worker(NEVER_ENDS)
    service = convert(conversion, Cancel())
    pids = _pids(service)
    service.close()
    assert not any(_runs(pid) for pid in pids)
    assert nothing_is_left(conversion)


def test_a_wish_spoken_before_the_start_starts_nothing(conversion: ConversionPlan, worker: Worker) -> None:
    worker("raise SystemExit('must not start')")
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        drain(convert(conversion, cancel))
    assert nothing_is_left(conversion)


@pytest.mark.skipif("sys.platform == 'win32'", reason="there is no SIGKILL")
def test_a_worker_killed_by_the_system_is_explained_with_the_memory(
    conversion: ConversionPlan, worker: Worker
) -> None:
    worker("print('loading', flush=True); time.sleep(0.3); os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(Failure, match="for want of memory") as failure:
        drain(convert(conversion, Cancel()))
    assert "It last said: loading" in failure.value.cause
    assert "of memory; this computer has" in failure.value.cause
    assert failure.value.fix
    assert failure.value.log is not None
    assert "loading" in failure.value.log.read_text(encoding="utf-8")
    assert nothing_is_left(conversion)


@pytest.mark.skipif("sys.platform == 'win32'", reason="there is no SIGKILL")
def test_the_systems_out_of_memory_killer_is_recognised(
    conversion: ConversionPlan, worker: Worker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With control groups of the test's own, as the kernel writes them."""
    group = tmp_path / "cgroups"
    group.mkdir()
    (tmp_path / "own").write_text("0::/\n")
    (group / "memory.events").write_text("low 0\nhigh 0\nmax 7\noom 1\noom_kill 3\n")
    monkeypatch.setattr(container, "CGROUPS", group)
    monkeypatch.setattr(container, "OWN_CGROUP", tmp_path / "own")
    events = str(group / "memory.events")
    worker(
        f"Path({events!r}).write_text('low 0\\nhigh 0\\nmax 9\\noom 2\\noom_kill 4\\n')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with pytest.raises(Failure, match="Memory ran out, and the system ended the worker") as failure:
        drain(convert(conversion, Cancel()))
    assert "container" in failure.value.fix
    assert nothing_is_left(conversion)


def test_exit_code_0_without_a_model_is_a_failure(conversion: ConversionPlan, worker: Worker) -> None:
    worker("print('FP16 is not supported on CPU.'); link.send('converted', files={}, peak_rss_bytes=1)")
    with pytest.raises(Failure, match="no FP16 models"):
        drain(convert(conversion, Cancel()))
    assert nothing_is_left(conversion)


def test_a_crash_is_diagnosed_from_what_was_printed(conversion: ConversionPlan, worker: Worker) -> None:
    worker("raise OSError(28, 'No space left on device')")
    with pytest.raises(Failure, match="disk was full") as failure:
        drain(convert(conversion, Cancel()))
    assert failure.value.log is not None
    assert "Traceback" in failure.value.log.read_text(encoding="utf-8")


def test_weights_the_loader_made_up_fail_the_gate(conversion: ConversionPlan, worker: Worker) -> None:
    worker("print('model.layers.1.mlp.up_proj.weight | MISSING | ')\n" + MAKES_A_MODEL)
    with pytest.raises(Failure, match=r"up_proj\.weight"):
        drain(convert(conversion, Cancel()))
    assert nothing_is_left(conversion)


def test_a_model_that_the_runtime_does_not_load_is_not_kept(
    conversion: ConversionPlan, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = Verdict("loads", "The runtime loads it", "fail", "no logits", "another recipe")
    monkeypatch.setattr(gate, "loads", lambda host, cancel: verdict)
    worker(MAKES_A_MODEL)
    with pytest.raises(Failure, match="no logits") as failure:
        drain(convert(conversion, Cancel()))
    assert failure.value.fix == "another recipe"
    assert failure.value.log is not None
    assert nothing_is_left(conversion)


def test_a_progress_bar_moves_while_the_worker_works_and_stays_out_of_the_log_lines(
    conversion: ConversionPlan, worker: Worker
) -> None:
    worker(
        "print('Running Olive on accelerator: cpu-cpu', flush=True)\n"
        "for n in range(4):\n"
        "    sys.stderr.write(f'\\rLoading weights: {n}0%|#| {n}/3 [00:00<00:00]'); sys.stderr.flush()\n"
        "    time.sleep(0.2)\n"
        "print('\\nthe end', flush=True)\n"
    )
    seen: list[tuple[float, str]] = []
    lines: list[str] = []

    def look() -> None:
        for event in convert(conversion, Cancel()):
            if isinstance(event, Progress) and event.text.startswith("Loading tensor"):
                seen.append((time.monotonic(), event.text))
            elif isinstance(event, LogLine):
                lines.append(event.text)

    with pytest.raises(Failure):
        look()
    assert len({text for _, text in seen}) >= 3
    assert seen[-1][0] - seen[0][0] > 0.3
    assert "the end" in lines
    assert not any("Loading weights" in line for line in lines)


def _pids(service: Iterator[Event]) -> list[int]:
    """The worker's and its child's, once both run."""
    line = next(e for e in service if isinstance(e, LogLine) and e.text.startswith("started"))
    return [int(number) for number in line.text.split()[1:]]


def _children() -> list[int]:
    return [process.pid for process in psutil.Process().children(recursive=True)]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
