"""What completes a path while it is typed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from slmtui.tui.widgets.path_input import PathSuggester


def suggested(text: str) -> str | None:
    return asyncio.run(PathSuggester().get_suggestion(text))


def test_paths_are_completed_also_without_a_folder_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mein text 文.txt").touch()
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    assert suggested("mein") == "mein text 文.txt"
    assert suggested("mo") == "models/"
    assert suggested(f"{tmp_path}/mei") == f"{tmp_path}/mein text 文.txt"
    assert suggested("none") is None


@pytest.mark.parametrize("text", ["~nobody-of-that-name/x", "/" + "x" * 5000 + "/y", "no/such/folder"])
def test_what_is_no_folder_completes_nothing_and_breaks_nothing(text: str) -> None:
    assert suggested(text) is None
