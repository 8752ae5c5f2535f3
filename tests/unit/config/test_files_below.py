"""The files below a folder, while others delete and rename in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from slmtui.config.files import files_below, folder_bytes


def test_what_vanishes_while_it_is_looked_at_is_passed_over(tmp_path: Path) -> None:
    model = tmp_path / "модель"
    (model / "inner" / "deep").mkdir(parents=True)
    for name in ("a", "inner/b", "inner/deep/c"):
        (model / name).write_bytes(b"12345")
    assert folder_bytes(model) == 15

    looking = files_below(model)
    assert next(looking)[0] == model / "a"
    shutil.rmtree(model)
    assert list(looking) == []
    assert folder_bytes(model) == 0


def test_a_file_that_is_gone_between_its_listing_and_its_look_is_none(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"123")
    looking = files_below(tmp_path)
    seen = next(looking)[0].name
    gone, stays = sorted({"a", "b", "c"} - {seen})
    (tmp_path / gone).unlink()
    assert [path.name for path, _ in looking] == [stays]


@pytest.mark.skipif(os.name == "nt", reason="needs the developer mode there")
def test_a_link_to_a_file_counts_as_the_file_and_one_to_nothing_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"123")
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "model").symlink_to(tmp_path / "weights")
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    assert folder_bytes(folder) == 3
