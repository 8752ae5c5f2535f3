"""What the Environment screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from tests.tui.bench import ALL_FINE, BLOCKED, WARNINGS, WITH_TOOLCHAIN, FixedBench, app_with
from tests.tui.pictures import pictured
from tests.tui.walking import offered, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths and commands")


async def _looked(pilot: Pilot[int], bench: FixedBench) -> SlmtuiApp:
    app = pilot.app
    assert isinstance(app, SlmtuiApp)
    await until(pilot, lambda: bench.looks and offered(app))
    return app


async def _looking(pilot: Pilot[int], bench: FixedBench) -> None:
    await until(pilot, lambda: bench.looks and "Processor" in _text(pilot))


async def _settled(pilot: Pilot[int], bench: FixedBench) -> None:
    await _looked(pilot, bench)


async def _asking(pilot: Pilot[int], bench: FixedBench) -> None:
    await _looked(pilot, bench)
    await pilot.press("a")
    await until(pilot, lambda: "Mend now" in _text(pilot))


async def _fixing(pilot: Pilot[int], bench: FixedBench) -> None:
    await _looked(pilot, bench)
    await pilot.press("enter")
    await until(pilot, lambda: "Mend now" in _text(pilot))
    await pilot.press("y")
    await until(pilot, lambda: "Downloading torch, 184 MB" in _text(pilot))


async def _toolchain(pilot: Pilot[int], bench: FixedBench) -> None:
    await _looked(pilot, bench)
    await pilot.press("t")
    await until(pilot, lambda: "Build" in _text(pilot))


async def _ended(pilot: Pilot[int], bench: FixedBench) -> None:
    bench.let_go()
    app = await _looked(pilot, bench)
    await pilot.press("enter")
    await until(pilot, lambda: "Mend now" in _text(pilot))
    await pilot.press("y")
    await until(pilot, lambda: bench.looks == 2 and offered(app))


def _text(pilot: Pilot[int]) -> str:
    return screen_text(pilot.app)


def _failing() -> FixedBench:
    bench = FixedBench(BLOCKED)
    bench.failure = Failure(
        "No package index answers. Nothing was changed.",
        "Look at the network, or set PIP_INDEX_URL to an index that can be reached.",
    )
    return bench


def _slow() -> FixedBench:
    bench = FixedBench(ALL_FINE)
    bench.slow_may_go.clear()
    return bench


State = tuple[Callable[[], FixedBench], Callable[[Pilot[int], FixedBench], Awaitable[None]]]
STATES: dict[str, State] = {
    "looking": (_slow, _looking),
    "fine": (lambda: FixedBench(ALL_FINE), _settled),
    "warnings": (lambda: FixedBench(WARNINGS), _settled),
    "blocked": (lambda: FixedBench(BLOCKED), _settled),
    "asking": (lambda: FixedBench(BLOCKED), _asking),
    "fixing": (lambda: FixedBench(BLOCKED), _fixing),
    "mended": (lambda: FixedBench(BLOCKED, WARNINGS), _ended),
    "failed": (_failing, _ended),
    "toolchain": (lambda: FixedBench(WITH_TOOLCHAIN), _toolchain),
}


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "seconds", property(lambda job: 12.0))


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(snapshot: SnapshotAssertion, state: str) -> None:
    make, walk = STATES[state]
    bench = make()

    async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
        await walk(pilot, bench)

    await pictured(snapshot, app_with(bench), reach, bench.let_go)
