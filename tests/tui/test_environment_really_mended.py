"""Real fixes from the screen: pip and a real virtual environment; cancelled, failed, and done."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from slmtui.config.toolchain import venv_python
from slmtui.deployment import Deployment
from slmtui.environment.check import Check, CheckDone
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.mend import mend
from slmtui.events import Cancel, Service
from slmtui.tui.workbench import Survey, Workbench
from tests.tui.bench import app_with
from tests.tui.test_environment import asked, looked
from tests.tui.walking import offered, screen_text, until

NAME = "requests"  # mending tells of the packages that the version set names, and pip asks no index here


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one wheel in it, made by hand."""
    folder = tmp_path_factory.mktemp("wheels")
    info = f"{NAME}-2.34.0.dist-info"
    with zipfile.ZipFile(folder / f"{NAME}-2.34.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{NAME}/__init__.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 2.34.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtual environment that stays empty until the last test."""
    folder = tmp_path_factory.mktemp("real") / "mein venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    return venv_python(folder)


class RealBench(Workbench):
    """One check, for whether the tiny package is there, and a plan that really runs."""

    def __init__(self, python: Path, command: Sequence[str]) -> None:
        self.python = python
        self.looks = 0
        self.plan = FixPlan(
            "tiny",
            f"Install {NAME} into {python.parent.parent}",
            ("package",),
            python,
            (Step(f"Install {NAME}", tuple(command)),),
            "Nothing.",
            f"{NAME} is added.",
            "install",
        )

    @property
    def there(self) -> bool:
        return any(self.python.parent.parent.rglob(f"{NAME}-2.34.0.dist-info"))

    def examine(self, deployment: Deployment | None, cancel: Cancel) -> Service[Survey]:
        status, found = ("ok", "2.34.0") if self.there else ("fail", "not installed")
        check = Check("package", NAME, status, found, "2.34.0")  # type: ignore[arg-type]
        yield CheckDone(check)
        self.looks += 1
        return Survey((check,), () if self.there else (self.plan,))

    def mend(
        self, plans: Sequence[FixPlan], deployment: Deployment | None, cancel: Cancel
    ) -> Service[Survey]:
        yield from mend(self.plan, cancel)
        return (yield from self.examine(deployment, cancel))


def install(python: Path, wheels: Path, name: str = NAME) -> list[str]:
    return [str(python), "-m", "pip", "install", "--no-index", "--find-links", str(wheels), name]


async def test_a_cancel_ends_its_process_and_leaves_nothing(python: Path, tmp_path: Path) -> None:
    began = tmp_path / "began"
    program = f"import pathlib, time; pathlib.Path({str(began)!r}).touch(); time.sleep(600)"
    bench = RealBench(python, [str(python), "-c", program])
    app = app_with(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.press("y")
        await until(pilot, began.exists)
        await pilot.press("escape")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Mend")
        assert "Cancelled. Nothing was changed." in screen_text(app)
        assert not bench.there


async def test_quitting_in_the_middle_tells_what_was_left(python: Path, tmp_path: Path) -> None:
    began = tmp_path / "began"
    program = (
        "import pathlib, sysconfig, time\n"
        "half = pathlib.Path(sysconfig.get_path('purelib'), 'half_way-1.0.dist-info')\n"
        "half.mkdir()\n"
        "(half / 'METADATA').write_text('Name: half-way\\nVersion: 1.0\\n')\n"
        f"pathlib.Path({str(began)!r}).touch()\n"
        "time.sleep(600)"
    )
    app = app_with(RealBench(python, [str(python), "-c", program]))
    async with app.run_test(size=(80, 24)) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.press("y")
        await until(pilot, began.exists)
        await pilot.press("ctrl+q")
        # The key has been taken; the app, which ends its children first, may still be at that.
        await until(pilot, lambda: app.last_words)
    assert len(app.last_words) == 1
    assert "left half done: half-way 1.0 installed" in app.last_words[0]


async def test_a_failure_says_what_it_left_and_why(python: Path, wheels: Path) -> None:
    bench = RealBench(python, install(python, wheels, "no-such-thing"))
    app = app_with(bench)
    async with app.run_test(size=(120, 40)) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "f")
        await pilot.press("y")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Mend")
        said = screen_text(app)
        assert "✗" in said
        assert "Nothing was changed." in said
        assert "→" in said
        assert "kept in" in said
        await pilot.press("l")
        await until(pilot, lambda: "no-such-thing" in screen_text(app))


async def test_a_yes_installs_it(python: Path, wheels: Path) -> None:
    bench = RealBench(python, install(python, wheels))
    app = app_with(bench)
    async with app.run_test(size=(120, 40)) as pilot:
        await looked(pilot, app)
        await asked(pilot, app, "enter")
        await pilot.press("y")
        await until(pilot, lambda: bench.looks == 2 and offered(app) == "Continue")
        assert bench.there
        assert f"{NAME} 2.34.0" in screen_text(app).split("Check")[0]
        await pilot.press("l")
        await until(pilot, lambda: f"Successfully installed {NAME}-2.34.0" in screen_text(app))
