"""The text that quality is measured on: ours, the user's, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.events import Failure
from slmtui.measure.quality_text import read_text


def test_ours_is_long_enough() -> None:
    title, text = read_text(None)
    assert title == "built in"
    assert len(text.split()) > 1000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_users_in_any_unicode(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "mine.txt"
    file.write_bytes("Grüße\r\naus 東京".encode(encoding))
    assert read_text(file) == ("mine.txt", "Grüße\naus 東京")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"ok\nGr\xfc\xdfe", "line 2 has the byte 0xFC"),
        (b"PK\x00\x01", "no text|zero bytes"),
    ],
)
def test_what_is_no_text_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(Failure, match=said) as failure:
        read_text(tmp_path / "x")
    assert failure.value.fix


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(Failure, match="cannot be read"):
            read_text(path)
