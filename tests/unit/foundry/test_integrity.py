"""Verifying finds what a disk or a person did to a deployed model's files."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from slmtui.conversion import digests
from slmtui.events import Cancel, Verdict, drain
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed
from slmtui.foundry.methods import METHODS, Method
from slmtui.foundry.verify import verify


def files_of() -> Verdict:
    """What is said of the files of the model `small`."""
    return next(verdict for verdict in drain(verify("small", Cancel())) if verdict.id == "files")


def flip(path: Path) -> None:
    """Change one byte as a bad disk does: size, times and inode stay."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(before.st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("name", "status"), [("model.onnx.data", "fail"), ("tokenizer.json", "warn")])
def test_a_byte_that_changed_is_found(
    model_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, method: Method, name: str, status: str
) -> None:
    """Without a record of the conversion, and whatever digests are remembered by size and times."""
    drain(deploy(plan(model_dir, "small", cache, method=method), Cancel()))
    (model,) = deployed()
    assert files_of().status == "ok"
    flip(model.folder / name)
    monkeypatch.setattr(digests, "_state", lambda path: path.name)

    files = files_of()

    assert (files.status, name in files.evidence) == (status, True)
    assert "--replace" in files.fix


def test_a_file_that_is_gone_is_named(model_dir: Path, cache: Path) -> None:
    drain(deploy(plan(model_dir, "small", cache), Cancel()))
    (cache / "custom" / "small" / "tokenizer.json").unlink()

    files = files_of()

    assert files.status == "fail"
    assert files.evidence.startswith("tokenizer.json: no longer there")


def test_deploying_again_is_one_line_to_paste(model_dir: Path, cache: Path) -> None:
    """To the same place in the same way; folders have spaces in their names."""
    drain(deploy(plan(model_dir, "small", cache, method="copy", version=3), Cancel()))
    (model,) = deployed()

    words = shlex.split(model.again) if os.name != "nt" else []

    assert words[:3] == ["slmtui", "deploy", str(model_dir)]
    assert words[3:] == [
        *("--name", "small", "--cache-dir", str(cache), "--method", "copy", "--version", "3", "--replace")
    ]
