"""The user's key map as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.config import keymap


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLMTUI_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()


def written(text: str, encoding: str = "utf-8") -> tuple[dict[str, str], list[str]]:
    keymap.keymap_file().write_bytes(text.encode(encoding))
    keys, wrong = keymap.load()
    return keys, [failure.cause for failure in wrong]


def test_without_a_file_nothing_is_changed() -> None:
    assert keymap.load() == ({}, [])


def test_tables_and_dotted_names_say_the_same() -> None:
    expected = {"chat.regenerate": "ctrl+r,f11"}
    assert written('[chat]\nregenerate = "ctrl+r, f11"\n') == (expected, [])
    assert written('chat.regenerate = "ctrl+r,f11"\n', "utf-8-sig") == (expected, [])
    assert written('"chat.regenerate" = "ctrl+r,f11"\n') == (expected, [])


@pytest.mark.parametrize("value", ["3", '""', '"ctrl+"', '"a,,b"', '["x"]', '"two words"'])
def test_what_is_no_key_is_named_and_the_rest_holds(value: str) -> None:
    keys, wrong = written(f'chat.export = {value}\nchat.clear = "f11"\n')
    assert keys == {"chat.clear": "f11"}
    assert len(wrong) == 1
    assert "chat.export" in wrong[0]


@pytest.mark.parametrize(("text", "encoding"), [("chat = [", "utf-8"), ("chat.clear = 'x'", "utf-16")])
def test_a_damaged_file_leaves_the_usual_keys(text: str, encoding: str) -> None:
    keys, wrong = written(text, encoding)
    assert keys == {}
    assert "damaged" in wrong[0]
