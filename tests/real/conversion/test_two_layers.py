"""The proof of an interpreter: the real Olive converts a two-layer model with it, or it is refused."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from slmtui.config.toolchain import venv_python
from slmtui.conversion.two_layers import prove
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Verdict, drain


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The Python of an empty virtual environment, in a folder with a space and another script in its name."""
    folder = tmp_path / "other environment 海"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return venv_python(folder)


@pytest.fixture
def lent(bare: Path) -> Path:
    """The same, with our packages lent to it."""
    ask = [bare, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(ask, capture_output=True, encoding="utf-8", check=True).stdout.strip()
    Path(site, "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return bare


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, where nothing of a proof may stay."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_good_interpreter_passes_the_gate_and_nothing_is_kept(lent: Path, temporary: Path) -> None:
    events: list[Event] = list(prove(lent, Cancel()))
    verdicts = [event for event in events if isinstance(event, Verdict)]
    assert {verdict.status for verdict in verdicts} == {"ok"}
    assert [verdict.id for verdict in verdicts][-1] == "loads"
    assert list(temporary.iterdir()) == []


def test_one_that_cannot_convert_is_refused(bare: Path, temporary: Path) -> None:
    with pytest.raises(Failure) as failure:
        drain(prove(bare, Cancel()))
    assert "psutil" in failure.value.cause
    assert list(temporary.iterdir()) == []


def test_cancelling_leaves_nothing(lent: Path, temporary: Path) -> None:
    cancel = Cancel()
    proof = prove(lent, cancel)
    while not isinstance(next(proof), Progress | LogLine):
        pass
    cancel.set()
    with pytest.raises(Cancelled):
        drain(proof)
    assert list(temporary.iterdir()) == []
