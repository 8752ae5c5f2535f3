"""The flow of a comparison, with workers that stand in for the two that load models."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from slmtui.events import Cancel, Cancelled, Event, Progress, drain
from slmtui.measure import parity as station
from slmtui.measure import source_reading
from slmtui.measure.parity import Parity, parity
from slmtui.measure.probe import probe
from slmtui.source.model_source import ModelSource
from tests.waiting import LONG_BEFORE

Put = Callable[[str, str], None]
READS = "link.send('loaded')\nlink.send('read', number=1, of=1)\nlink.send('saved', pieces=1)"
COMPARES = (
    "link.send('loaded')\nlink.send('read', number=1, of=1)\n"
    "link.send('compared', tokens=600, finite={'source': True, 'result': True}, other_tokens=[],"
    " cosine=1.0, top1=1.0, kl_mean=0.0, kl_p99=0.0)"
)


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Put these two bodies of `main(link, request)` in the workers' places."""

    def both(source: str, result: str) -> None:
        for name, body in (("source", source), ("result", result)):
            lines = "\n".join(f"    {line}" for line in body.splitlines())
            (tmp_path / f"stand_in_{name}.py").write_text(
                "import os, signal, time\nfrom pathlib import Path\nfrom slmtui.child import run\n\n"
                f"def main(link):\n    request = link.receive()\n{lines}\n\nrun(main)\n",
                encoding="utf-8",
            )
        monkeypatch.setattr(source_reading, "SOURCE_WORKER", "stand_in_source")
        monkeypatch.setattr(station, "RESULT_WORKER", "stand_in_result")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return both


@pytest.fixture
def source(tmp_path: Path) -> ModelSource:
    return ModelSource(
        tmp_path / "source", "huggingface", "LlamaForCausalLM", "llama", 1, "F32", 128, 2, 32, 64, None, None,
        None, 1, "source", (),
    )  # fmt: skip


def compare(source: ModelSource, tmp_path: Path, cancel: Cancel | None = None) -> tuple[list[Event], Parity]:
    service = parity(
        source, tmp_path / "m", "int4", cancel or Cancel(), log=tmp_path / "log", work=tmp_path / "work"
    )
    events = []
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            return events, end.value


def test_the_workers_run_one_after_the_other_and_the_folder_between_them_is_gone(
    source: ModelSource, tmp_path: Path, put: Put
) -> None:
    hand_over = "(Path(request['folder']) / 'x').write_text(str(os.getpid()))\n"
    gone = (
        "import psutil\npid = int((Path(request['folder']) / 'x').read_text())\n"
        "assert not psutil.pid_exists(pid)\n"
    )
    put(hand_over + READS, gone + COMPARES)
    events, found = compare(source, tmp_path)
    assert found.verdict == "verified", found.reason
    assert found.tokens == 600
    assert found.seconds > 0
    assert not (tmp_path / "work").exists()
    fractions = [event.fraction or 0 for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {event.stage for event in events if isinstance(event, Progress)} == {"parity"}


def test_what_the_source_says_is_read_once_where_it_is_kept(
    source: ModelSource, tmp_path: Path, put: Put
) -> None:
    put("print('read once')\n" + READS, COMPARES)

    def again() -> Parity:
        log, work = tmp_path / "log", tmp_path / "kept"
        return drain(parity(source, tmp_path / "m", "int4", Cancel(), log=log, work=work, keep=True))

    assert [again().verdict, again().verdict] == ["verified", "verified"]
    assert (tmp_path / "log").read_text(encoding="utf-8").count("read once") == 1
    put("raise OSError(28, 'full')", COMPARES)
    (tmp_path / "kept" / "whole").unlink()  # the source was stopped in the middle: it reads anew
    assert again().verdict == "unverified"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise OSError(28, 'No space left on device')", "No space left"),
        ("raise MemoryError('15 GB')", "MemoryError: 15 GB"),
        ("print('loading'); os._exit(3)", "exit code 3"),
    ],
)
def test_what_cannot_be_compared_is_unverified_with_the_reason(
    source: ModelSource, tmp_path: Path, put: Put, body: str, said: str
) -> None:
    put(body, COMPARES)
    assert (found := compare(source, tmp_path)[1]).verdict == "unverified"
    assert said in found.reason
    put(READS, body)
    assert (found := compare(source, tmp_path)[1]).verdict == "unverified"
    assert said in found.reason
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("slow", [0, 1])
def test_cancelling_ends_either_worker_at_once(
    source: ModelSource, tmp_path: Path, put: Put, slow: int
) -> None:
    sleeps = "link.send('loaded')\ntime.sleep(60)"
    put(*((sleeps, COMPARES) if slow == 0 else (READS, sleeps)))
    cancel = Cancel()
    service = parity(source, tmp_path / "m", "int4", cancel, log=tmp_path / "log", work=tmp_path / "work")
    reading = "the source reads" if slow == 0 else "the result reads"
    next(event for event in service if isinstance(event, Progress) and reading in event.text)
    threading.Timer(0.1, cancel.set).start()
    asked = time.monotonic() + 0.1
    with pytest.raises(Cancelled):
        drain(service)
    assert time.monotonic() - asked < LONG_BEFORE
    assert not (tmp_path / "work").exists()
    assert not [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]


def test_the_probe_is_ours_or_the_users(source: ModelSource, tmp_path: Path) -> None:
    built_in = probe()
    assert len(built_in.texts) >= 5
    assert len(built_in.conversations) >= 2
    words = sum(len(text.split()) for text in built_in.texts)
    assert 150 < words < 600
    assert probe("Mine.").texts == ("Mine.",)
    assert probe("Mine.").conversations == ()
