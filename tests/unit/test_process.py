"""A child process does its work where its log cannot be written, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.events import LogLine
from slmtui.process import Child


def said(child: Child) -> str:
    return "\n".join(line.text for line in child.messages() if isinstance(line, LogLine))


@pytest.mark.parametrize("later", [False, True], ids=["named at once", "named later"])
def test_a_log_in_no_folder_keeps_nobody_from_the_work(tmp_path: Path, later: bool) -> None:
    in_the_way = tmp_path / "logs"
    in_the_way.write_text("a file where the folder would be", encoding="utf-8")
    log = in_the_way / "child.log"
    with Child("platform", log=None if later else log) as child:
        if later:
            child.log_to(log)
        assert said(child).strip()
    assert child.log is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_log_on_a_full_disk_ends_with_the_child_and_not_in_an_error() -> None:
    with Child("platform", log=Path("/dev/full")) as child:
        assert said(child).strip()
    assert not child.alive
