"""Tab in real shells, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.foundry import ledger
from tests.calling import slmtui

SHELLS = ("bash", "zsh", "fish", "powershell")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these shells are started as POSIX has them")


@pytest.fixture
def place(tmp_path: Path, slmtui_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file and a folder, slmtui on the path, and a deployed model."""
    (tmp_path / "models").mkdir()
    (tmp_path / "fern.gguf").write_bytes(b"")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    cache = tmp_path / "cache"
    ledger.enter(ledger.Entry("fernlight", 1, cache / "fernlight", cache, cache / "fernlight", "deployed"))
    return tmp_path


def run(place: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=place,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# What is typed, and some of what Tab offers.
CASES = [
    ("slmtui conv", {"convert"}),
    ("slmtui samples get f", {"fernlight-support"}),
    ("slmtui convert fern", {"fernlight-support", "fern.gguf"}),
    ("slmtui chat fern", {"fernlight", "fern.gguf"}),
    ("slmtui verify ", {"fernlight"}),
    ("slmtui chat x --engine ", {"genai", "foundry"}),
    ("slmtui convert x --precision f", {"fp16", "fp32"}),
    ("slmtui locate the", {"themes"}),
    ("slmtui settings too", {"toolchain.python"}),
    ("slmtui schema verd", {"verdict"}),
    ("slmtui undeploy --j", {"--json"}),
    ("slmtui deploy mod", {"models/"}),
]


def offered(text: str) -> set[str]:
    return {line.partition("\t")[0].strip() for line in text.splitlines() if line.strip()}


def test_bash_completes_commands_models_and_files_and_changes_nothing(place: Path, slmtui_home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in slmtui_home.rglob("*") if path.is_file()}
    assert before
    bash = shutil.which("bash")
    assert bash is not None
    script = 'eval "$(slmtui completion bash)"\n' + "".join(
        f'COMP_LINE="{line}"; COMP_POINT={len(line)}; COMP_TYPE=9; COMPREPLY=()\n'
        f'echo "== {line}"; _python_argcomplete slmtui; printf "%s\\n" "${{COMPREPLY[@]}}"\n'
        for line, _ in CASES
    )
    answers = run(place, bash, "--norc", "-c", script).split("== ")[1:]
    for (line, wanted), answer in zip(CASES, answers, strict=True):
        assert answer.startswith(line)
        assert offered(answer.removeprefix(line)) == wanted
    bound = run(place, bash, "--norc", "-c", 'eval "$(slmtui completion bash)"; complete -p slmtui')
    assert "_python_argcomplete slmtui" in bound
    assert {path: path.stat().st_mtime_ns for path in slmtui_home.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_commands_and_models(place: Path) -> None:
    code = slmtui("completion", "fish").stdout
    (place / "slmtui.fish").write_text(code, encoding="utf-8")
    for line, wanted in CASES[:4:3]:
        said = run(place, "fish", "--no-config", "-c", f"source slmtui.fish; complete -C '{line}'")
        assert offered(said) >= wanted


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes_commands_and_models(place: Path) -> None:
    # Outside its line editor zsh has no completion to ask, so what it would be told is caught.
    for line, wanted in CASES[:4:3]:
        script = (
            "autoload -Uz compinit; compinit -u -D\n"
            'eval "$(slmtui completion zsh)"\n'
            "_describe() { print -l -- ${(P)2} }\n"
            f"BUFFER='{line}'; CURSOR={len(line)}; words=(${{(z)BUFFER}})\n"
            "print -r -- bound: $_comps[slmtui]\n"
            "$_comps[slmtui]\n"
        )
        bound, *said = run(place, "zsh", "--no-rcs", "-c", script).splitlines()
        assert bound == "bound: _python_argcomplete"
        assert {one.partition(":")[0] for one in said} >= wanted


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not installed")
def test_powershell_completes_commands(place: Path) -> None:
    script = (
        "slmtui completion powershell | Out-String | Invoke-Expression\n"
        "(TabExpansion2 -inputScript 'slmtui conv' -cursorColumn 11).CompletionMatches.CompletionText"
    )
    assert offered(run(place, "pwsh", "-NoProfile", "-Command", script)) == {"convert"}


@pytest.mark.parametrize("shell", SHELLS)
def test_standard_output_is_the_code_alone(shell: str) -> None:
    from slmtui.cli.commands.completion import WHERE

    done = slmtui("completion", shell)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "slmtui" in done.stdout
    assert WHERE[shell].split(":  ")[0] not in done.stdout
