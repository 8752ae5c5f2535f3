"""One home for all tests of the real command, so that the sample is converted once."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import published

SAMPLE = "fernlight-support"


@dataclasses.dataclass(frozen=True)
class Done:
    """How a command ended; what it said with --json is `objects`, which fails on anything but JSON lines,
    and on events and objects that are not as their schemas say."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        published.hold(self.out.splitlines(), self.command)
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.objects[-1]

    def failed_clearly(self) -> dict[str, Any]:
        """The last object of a command that failed as it should: with cause and fix, without a traceback."""
        assert self.code == 1, self
        end = self.last
        assert end["status"] == "failed", self
        assert end["cause"], self
        assert end["fix"], self
        assert f"error: {end['cause']}" in self.err
        for word in ("Traceback", "made a mistake"):
            assert word not in self.out + self.err, self
        return end


class Command:
    """`slmtui` in a process of its own, its files and the user's home below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        user = folder / "user"
        user.mkdir()
        home = {"SLMTUI_HOME": str(folder / "slmtui home"), "HOME": str(user), "USERPROFILE": str(user)}
        self._environment = {**os.environ, **home}

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "slmtui", *map(str, arguments)],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def __call__(self, *arguments: str | Path) -> Done:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=300)
        return Done(tuple(map(str, arguments)), process.returncode, out, err)


@pytest.fixture(scope="session")
def slmtui(tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(tmp_path_factory.mktemp("Büro 办公室"))


@pytest.fixture(scope="session")
def converting(slmtui: Command) -> Done:
    """What `slmtui convert` of the tiny sample said; its output is the folder `model int4`."""
    return slmtui("convert", SAMPLE, "--output", "model int4", "--json")


@pytest.fixture(scope="session")
def converted(converting: Done) -> Path:
    """The tiny sample as `slmtui convert` has made it, with its template."""
    assert converting.code == 0, converting
    return Path(converting.last["output"])


@pytest.fixture(scope="session")
def deploying(slmtui: Command, converted: Path) -> Done:
    """What `slmtui deploy` of it said."""
    written = slmtui("template", converted, "--name", "fern", "--write", "--json")
    assert written.code == 0, written
    return slmtui("deploy", converted, "--name", "fern", "--json")
