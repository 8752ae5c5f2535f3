from __future__ import annotations

import os
from pathlib import Path

import pytest

from slmtui.conversion.cache_shim import _identity, _link


def test_what_is_copied_out_of_the_cache_is_the_same_file(tmp_path: Path) -> None:
    source, destination = tmp_path / "a", tmp_path / "b"
    source.write_text("weights", encoding="utf-8")
    _link(str(source), str(destination))
    assert destination.samefile(source)


def test_it_is_copied_where_a_file_has_one_name_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    source, destination = tmp_path / "a", tmp_path / "b"
    source.write_text("weights", encoding="utf-8")
    monkeypatch.setattr(os, "link", refuse)
    _link(str(source), str(destination))
    assert destination.read_text(encoding="utf-8") == "weights"
    assert not destination.samefile(source)


def test_a_file_goes_by_its_name_size_and_time(tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    for file in (one, other):
        file.write_text("weights", encoding="utf-8")
    known = _identity(one, block_size=4096)
    assert known == _identity(one)
    assert known != _identity(other)
    one.write_text("more weights", encoding="utf-8")
    assert known != _identity(one)
