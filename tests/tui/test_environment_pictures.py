"""What the Environment screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from tests.tui.bench import ALL_FINE, BLOCKED, WARNINGS, WITH_TOOLCHAIN, FixedBench, app_with
from tests.tui.walking import primary, screen_text, settled, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths and commands")

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "160x48": (160, 48)}


async def _looked(pilot: Pilot[int], bench: FixedBench) -> SlmtuiApp:
    app = pilot.app
    assert isinstance(app, SlmtuiApp)
    await until(pilot, lambda: bench.looks and primary(app))
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
    await until(pilot, lambda: bench.looks == 2 and primary(app))


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


def _shows(snap_compare: Callable[..., bool], state: str, size: tuple[int, int], theme: str) -> bool:
    make, reach = STATES[state]
    bench = make()
    app = app_with(bench)

    async def before(pilot: Pilot[int]) -> None:
        app.theme = theme
        await reach(pilot, bench)
        await settled(pilot)
        app.clear_notifications()

    try:
        return snap_compare(app, terminal_size=size, run_before=before)
    finally:
        bench.let_go()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_it_looks_as_it_did(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    assert _shows(snap_compare, state, SIZES[size], "slmtui-dark")


@pytest.mark.parametrize("state", ["warnings", "blocked", "fixing"])
def test_it_looks_as_it_did_in_the_light(snap_compare: Callable[..., bool], state: str) -> None:
    assert _shows(snap_compare, state, SIZES["120x40"], "slmtui-light")
