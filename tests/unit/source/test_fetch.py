"""Fetching a sample with the real pip, from an index on this machine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from slmtui.config import locations
from slmtui.events import Cancel, Cancelled, Failure, LogLine, Progress, drain
from slmtui.source import fetch, samples
from tests.waiting import LONG_BEFORE


def test_a_sample_is_fetched_whole_and_then_found(index):
    assert not samples.find("tiny").available
    assert samples.find("tiny").path is None
    path = drain(samples.get("tiny", Cancel()))
    assert path == index.fetched()
    assert path.read_bytes() == index.content
    assert samples.find("tiny").available
    assert samples.resolve("tiny") == path
    assert index.leftovers() == []


def test_progress_follows_the_bytes_and_ends_at_one(index):
    index.rate = 600_000
    events = [e for e in samples.get("tiny", Cancel()) if isinstance(e, Progress)]
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    downloading = [e for e in events if e.stage == "download" and 0.05 < e.fraction < 0.9]
    assert len(downloading) >= 3
    assert any(e.seconds_left is not None and 0 < e.seconds_left < 3 for e in downloading)
    assert [e.stage for e in events if e.stage != "download"] == ["check", "unpack", "check", "check"]


def test_a_sample_that_is_here_is_checked_and_not_fetched_again(index):
    drain(samples.get("tiny", Cancel()))
    drain(samples.get("tiny", Cancel()))
    assert index.downloads == 1


def test_cancelling_ends_pip_at_once_and_leaves_nothing(index):
    index.rate = 10_000  # a minute
    cancel = Cancel()
    asked: list[float] = []
    children: list[psutil.Process] = []

    def ask():
        children.extend(psutil.Process().children(recursive=True))
        asked.append(time.monotonic())
        cancel.set()

    def run():
        for event in samples.get("tiny", cancel):
            if isinstance(event, Progress) and event.fraction and not timer.is_alive() and not asked:
                timer.start()  # in the middle of the download, while the service waits for more bytes

    timer = threading.Timer(0.3, ask)
    with pytest.raises(Cancelled):
        run()
    assert time.monotonic() - asked[0] < LONG_BEFORE
    assert children
    assert not any(child.is_running() for child in children)
    assert index.leftovers() == []
    assert not index.fetched().exists()


def test_a_cancelled_wish_is_heard_while_checking_and_keeps_the_file(index):
    path = drain(samples.get("tiny", Cancel()))
    cancel = Cancel()
    service = samples.get("tiny", cancel)
    next(service)
    cancel.set()
    with pytest.raises(Cancelled):
        drain(service)
    assert path.read_bytes() == index.content


def test_when_slmtui_is_killed_pip_ends_too_and_nothing_half_done_is_used(index, monkeypatch):
    index.rate = 100_000
    program = (
        "import sys; from pathlib import Path; from slmtui.config import locations\n"
        "from slmtui.source import samples\n"
        "from slmtui.events import Cancel, drain\n"
        "locations.shipped_dir = lambda name: Path(sys.argv[1])\n"
        "drain(samples.get('tiny', Cancel()))"
    )
    killed = subprocess.Popen([sys.executable, "-c", program, str(index.shipped)])
    _until(lambda: any("pip-unpack" in str(path) for path in index.leftovers()))
    children = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    killed.wait()
    _until(lambda: not any(child.is_running() for child in children))
    assert children
    assert not samples.find("tiny").available
    index.rate = 1e9
    assert drain(samples.get("tiny", Cancel())).read_bytes() == index.content
    assert index.leftovers() == []


def _until(happened: Callable[[], bool], seconds: float = LONG_BEFORE) -> None:
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def test_a_broken_connection_is_a_failure_and_leaves_nothing(index):
    index.break_after = 200_000
    with pytest.raises(Failure, match="broke off") as failure:
        drain(samples.get("tiny", Cancel()))
    assert failure.value.fix
    assert index.leftovers() == []
    assert not samples.find("tiny").available
    index.break_after = None
    assert drain(samples.get("tiny", Cancel())).read_bytes() == index.content


def test_a_wheel_with_other_content_is_refused(index):
    wheel = next(index.folder.rglob("*.whl"))
    raw = bytearray(wheel.read_bytes())
    raw[5000] ^= 1
    wheel.write_bytes(raw)
    with pytest.raises(Failure, match="SHA-256"):
        drain(samples.get("tiny", Cancel()))
    assert index.leftovers() == []
    assert not index.fetched().exists()


def test_a_damaged_file_of_the_same_size_is_fetched_again(index):
    path = drain(samples.get("tiny", Cancel()))
    path.write_bytes(b"x" * len(index.content))
    events = list(samples.get("tiny", Cancel()))
    assert path.read_bytes() == index.content
    assert any(isinstance(event, LogLine) and "damaged" in event.text for event in events)


def test_a_damaged_file_never_passes_for_the_sample_when_it_cannot_be_fetched(index, monkeypatch):
    path = drain(samples.get("tiny", Cancel()))
    path.write_bytes(b"x" * len(index.content))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Failure):
        drain(samples.get("tiny", Cancel()))
    assert not samples.find("tiny").available


def test_a_file_cut_short_is_seen_at_a_look(index):
    path = drain(samples.get("tiny", Cancel()))
    path.write_bytes(index.content[:-1])
    sample = samples.find("tiny")
    assert (sample.available, sample.path) == (False, None)
    with pytest.raises(Failure) as failure:
        samples.resolve("tiny")
    assert "slmtui samples get tiny" in failure.value.fix
    assert drain(samples.get("tiny", Cancel())).read_bytes() == index.content


def test_without_a_connection_the_failure_says_so(index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(Failure, match="cannot be reached") as failure:
        drain(samples.get("tiny", Cancel()))
    assert "connection" in failure.value.fix
    assert "slmtui-test-tiny" in failure.value.log.read_text(encoding="utf-8")


def test_an_index_without_the_package_is_told_from_no_connection(index):
    (index.folder / "simple" / "slmtui-test-tiny" / "index.html").write_text("")
    with pytest.raises(Failure, match="No matching distribution"):
        drain(samples.get("tiny", Cancel()))


def test_a_full_disk_is_noticed_before_the_download(index, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(Failure, match="not enough room"):
        drain(samples.get("tiny", Cancel()))
    assert index.downloads == 0


def test_a_read_only_cache_is_a_failure(index):
    locations.cache_dir().parent.mkdir(parents=True, exist_ok=True)
    locations.cache_dir().write_text("a file where the folder should be")
    with pytest.raises(Failure, match="cannot be written"):
        drain(samples.get("tiny", Cancel()))


def test_what_a_killed_fetch_left_behind_is_swept(index):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    stale = locations.cache_dir() / "samples" / f".tiny.building-{int(ended.stdout)}-0123abcd"
    stale.mkdir(parents=True)
    (stale / "half").write_bytes(b"x")
    drain(samples.get("tiny", Cancel()))
    assert index.leftovers() == []


def test_an_environment_without_pip_borrows_pythons_own(index, tmp_path, monkeypatch):
    bare = _hide_pip(tmp_path, monkeypatch)
    assert drain(samples.get("tiny", Cancel())).read_bytes() == index.content
    assert bare.exists()


def test_a_python_without_any_pip_is_a_failure_with_its_fix(index, tmp_path, monkeypatch):
    bare = _hide_pip(tmp_path, monkeypatch)
    (bare / "ensurepip").mkdir()
    (bare / "ensurepip" / "__init__.py").write_text("")
    with pytest.raises(Failure, match="no pip") as failure:
        drain(samples.get("tiny", Cancel()))
    assert "ensurepip" in failure.value.fix


def _hide_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first on the child's path; its sitecustomize lets the environment look as if it had no pip."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "find, first = importlib.util.find_spec, iter(['pip'])\n"
        "def hidden(name, package=None):\n"
        "    return None if name == 'pip' and next(first, None) else find(name, package)\n"
        "importlib.util.find_spec = hidden\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(bare))
    return bare
