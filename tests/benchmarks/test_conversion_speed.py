"""A conversion of SmolLM2 to INT4 against `olive auto-opt` of the same folder, in turn, in one run.

Olive's command runs with its telemetry off, as its documentation says to turn it off, the hub off, and in a
working folder of its own each time, for it finds its last result again in `.olive-cache` there. Ours is the
whole command, the check that the runtime loads the result included; the comparison with the source, which
Olive does not have, is left out and has its own time in the manifest. The fastest round of each counts.

Cold is to take at most half of Olive's time and warm three tenths; on two quiet cores it was 0.40 and 0.22.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from slmtui.conversion import warm
from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, drain
from slmtui.process import SILENT
from slmtui.process_tree import Meter
from slmtui.source.inspect import inspect
from tests.benchmarks.conftest import Goals

ROUNDS = 2
UNPACK = "import sys; from slmtui.conversion.gguf_checkpoint import unpack; from pathlib import Path;"
UNPACK += "unpack(Path(sys.argv[1]), Path(sys.argv[2]))"
OFFLINE = {"OLIVE_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


@dataclass
class Runner:
    """Seconds and most resident bytes of each of its runs."""

    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    def measure(self, run: Callable[[], object], pid: Callable[[], int]) -> None:
        """Time `run`; the process tree of `pid()` is looked at all the while."""
        over = threading.Event()
        meters: dict[int, Meter] = {}

        def look() -> None:
            while not over.wait(0.2):  # a look goes through all processes of the machine
                meters.setdefault(pid(), Meter(pid())).sample()

        watch = threading.Thread(target=look)
        began = time.monotonic()
        watch.start()
        try:
            run()
        finally:
            self.seconds.append(time.monotonic() - began)
            over.set()
            watch.join()
        self.bytes.append(max(meter.peak_rss_bytes for meter in meters.values()))


class Command(Runner):
    """A runner that starts a command, anew each time."""

    def run(self, words: list[str], folder: Path) -> None:
        folder.mkdir(parents=True)
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(
                words,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**{name: os.environ[name] for name in os.environ if name not in SILENT}, **OFFLINE},
            )
            self.measure(process.wait, lambda: process.pid)
        assert process.returncode == 0, (folder / "said").read_text(encoding="utf-8")[-2000:]


def _olive() -> str:
    """The command beside this interpreter."""
    name = "olive.exe" if sys.platform == "win32" else "olive"
    return str(Path(sys.executable).with_name(name))


def _in_waiting() -> None:
    """Let a worker import everything, as the screen does while its form is filled in."""
    assert warm.start()
    assert warm._waiting is not None
    process = psutil.Process(warm._waiting.child.pid)
    spent, still = -1.0, 0
    while still < 3:
        time.sleep(0.5)
        now = process.cpu_times().user
        still, spent = (still + 1 if now - spent < 0.05 else 0), now


@pytest.mark.timeout(1800)
def test_a_conversion_beside_olives_command(smollm2: Path, tmp_path: Path, goals: Goals) -> None:
    checkpoint = tmp_path / "smollm2"
    checkpoint.mkdir()
    subprocess.run([sys.executable, "-c", UNPACK, str(smollm2), str(checkpoint)], check=True, timeout=300)
    theirs, cold, warmed = Command(), Command(), Runner()
    output = itertools.count()
    for turn in range(ROUNDS):
        words = ["auto-opt", "--model_name_or_path", str(checkpoint), "--use_model_builder"]
        words += ["--device", "cpu", "--provider", "CPUExecutionProvider", "--precision", "int4"]
        words += ["--output_path", "out", "--log_level", "1"]
        theirs.run([_olive(), *words], tmp_path / f"olive {turn}")
        assert list((tmp_path / f"olive {turn}").rglob("genai_config.json"))
        words = ["convert", str(checkpoint), "--output", "out", "--no-parity", "--force", "--json"]
        cold.run([sys.executable, "-m", "slmtui", *words], tmp_path / f"ours {turn}")
        _in_waiting()
        planned = plan(inspect(checkpoint), tmp_path / f"warm {next(output)}")
        warmed.measure(lambda planned=planned: drain(convert(planned, Cancel())), os.getpid)
    best = min(theirs.seconds)
    print(
        f"\nolive auto-opt {best:.1f} s, {min(theirs.bytes) / 1e6:.0f} MB; cold {min(cold.seconds):.1f} s,"
        f" {min(cold.bytes) / 1e6:.0f} MB, ratio {min(cold.seconds) / best:.2f};"
        f" warm {min(warmed.seconds):.1f} s, {min(warmed.bytes) / 1e6:.0f} MB,"
        f" ratio {min(warmed.seconds) / best:.2f}"
    )
    goals.at_most("conversion, cold: seconds / olive auto-opt's", min(cold.seconds) / best, 0.5)
    goals.at_most("conversion, warm: seconds / olive auto-opt's", min(warmed.seconds) / best, 0.3)
    goals.at_most("conversion, cold: peak memory / olive auto-opt's", min(cold.bytes) / min(theirs.bytes), 1)
    goals.at_most(
        "conversion, warm: peak memory / olive auto-opt's", min(warmed.bytes) / min(theirs.bytes), 1
    )
