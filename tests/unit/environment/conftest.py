"""Stand-ins for programs: small scripts that replay recorded answers. None of them is the real program."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

# Answers by its whole command line, and keeps a record of what it was asked.
SCRIPT = """\
import json, pathlib, sys, time
folder = pathlib.Path(__file__).parent
asked = " ".join(sys.argv[1:])
with open(folder / "asked.txt", "a", encoding="utf-8") as file:
    file.write(asked + "\\n")
answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
code, out, err, seconds = answers.get(asked, [2, "", f"Unrecognized command or argument '{asked}'.", 0])
sys.stdout.buffer.write(out.encode("utf-8", "surrogateescape"))
sys.stdout.flush()
sys.stderr.write(err)
time.sleep(seconds)
sys.exit(code)
"""


@dataclass(frozen=True)
class StandIn:
    """A script on PATH under a program's name."""

    path: Path

    def asked(self) -> list[str]:
        """The command lines it was run with, in order."""
        record = self.path.parent / "asked.txt"
        return record.read_text(encoding="utf-8").splitlines() if record.exists() else []


Answers = dict[str, str | tuple[int, str, str, float]]
MakeStandIn = Callable[[str, Answers], StandIn]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeStandIn:
    """Puts a stand-in in front of PATH; an answer is its output, or (exit code, output, errors, seconds)."""

    def make(name: str, answers: Answers) -> StandIn:
        folder = tmp_path / f"a folder 海 for {name}"
        folder.mkdir()
        table = {line: (0, a, "", 0) if isinstance(a, str) else a for line, a in answers.items()}
        (folder / "answers.json").write_text(json.dumps(table), encoding="utf-8")
        script = folder / f"{name}_stand_in.py"
        script.write_text(SCRIPT, encoding="utf-8")
        if os.name == "nt":
            program = folder / f"{name}.cmd"
            program.write_text(f'@"{sys.executable}" "%~dp0{script.name}" %*\n', encoding="utf-8")
        else:
            program = folder / name
            # Not the interpreter in the first line: that cannot hold a path with a space in it.
            command = f'exec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"'
            program.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return StandIn(program)

    return make


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which there is no program at all."""
    folder = tmp_path / "no programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder
