from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.config.files import building, put_in_place, write_bytes_atomic
from slmtui.events import Failure


def test_what_was_built_is_put_in_place_and_the_staging_is_gone(tmp_path: Path) -> None:
    destination = tmp_path / "new" / "folder"
    with building(destination) as staging:
        (staging / "model").mkdir()
        put_in_place(staging / "model", destination)
    assert list(destination.parent.iterdir()) == [destination]


def test_a_build_that_fails_leaves_no_folder_above_it_either(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="odd"):
        _fail_in(tmp_path / "new" / "er" / "folder")
    assert list(tmp_path.iterdir()) == []  # the tests' own home


def test_folders_that_were_there_before_stay(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(ValueError, match="odd"):
        _fail_in(tmp_path / "old" / "folder")
    assert (tmp_path / "old").is_dir()


def test_leftovers_of_a_process_that_was_killed_are_swept_and_those_of_a_living_one_are_not(
    tmp_path: Path,
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = tmp_path / f".folder.building-{ended.pid}-0123abcd"
    alive = tmp_path / f".folder.building-{os.getpid()}-0123abcd"
    other = tmp_path / f".folder-2.building-{ended.pid}-0123abcd"
    for folder in (dead, alive, other):
        folder.mkdir()
    with building(tmp_path / "folder"):
        assert not dead.exists()
        assert alive.exists()
        assert other.exists()


def _fail_in(destination: Path) -> None:
    with building(destination) as staging:
        (staging / "half").touch()
        raise ValueError("odd")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are none on Windows")
def test_what_is_no_file_is_never_replaced_by_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"  # stands for /dev/null, which root could replace
    os.mkfifo(pipe)
    with pytest.raises(Failure, match="is a device"):
        write_bytes_atomic(pipe, b"content")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
