"""One test a rule of Foundry Local's scanner, with the reason that it keeps to itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slmtui.foundry.scanner import scan


def model(folder: Path, name: object = "phi") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "genai_config.json").write_text("{}")
    (folder / "inference_model.json").write_text(json.dumps({"Name": name}))
    return folder


def ids(root: Path) -> list[str]:
    return sorted(listed.model_id for listed in scan(root).listed)


def why(root: Path, folder: Path) -> str:
    assert scan(root).at(folder) is None
    skipped = scan(root).why_not(folder)
    assert skipped is not None
    assert skipped.fix
    return skipped.reason


@pytest.mark.parametrize("place", ["phi", "custom/phi", "a/b/c/d/phi", ".hidden/phi"])
def test_a_folder_is_found_at_any_depth_below_the_root(tmp_path: Path, place: str) -> None:
    folder = model(tmp_path / place)

    assert scan(tmp_path).at(folder) is not None


def test_a_name_without_a_version_counts_as_version_0(tmp_path: Path) -> None:
    model(tmp_path / "a", "phi")
    model(tmp_path / "b", "phi-4:3")

    assert ids(tmp_path) == ["phi-4:3", "phi:0"]


def test_the_root_itself_is_no_model(tmp_path: Path) -> None:
    model(tmp_path)

    assert "cache folder itself" in why(tmp_path, tmp_path)


def test_a_model_is_a_leaf(tmp_path: Path) -> None:
    model(tmp_path / "outer", "outer")
    model(tmp_path / "outer" / "inner", "inner")

    assert ids(tmp_path) == ["outer:0"]


def test_a_folder_without_its_config_is_skipped_but_looked_into(tmp_path: Path) -> None:
    outer = model(tmp_path / "outer", "outer")
    (outer / "genai_config.json").unlink()
    model(outer / "inner", "inner")

    assert ids(tmp_path) == ["inner:0"]
    assert "no genai_config.json" in why(tmp_path, outer)


def test_a_folder_without_inference_model_is_skipped(tmp_path: Path) -> None:
    folder = model(tmp_path / "phi")
    (folder / "inference_model.json").unlink()

    assert "no inference_model.json" in why(tmp_path, folder)


def test_the_two_files_one_level_apart_make_no_model(tmp_path: Path) -> None:
    folder = model(tmp_path / "phi")
    (folder / "onnx").mkdir()
    (folder / "genai_config.json").rename(folder / "onnx" / "genai_config.json")

    assert "no genai_config.json" in why(tmp_path, folder)
    assert "no inference_model.json" in why(tmp_path, folder / "onnx")


def test_an_unfinished_download_is_skipped(tmp_path: Path) -> None:
    folder = model(tmp_path / "phi")
    (folder / "download.tmp").touch()

    assert "not finished" in why(tmp_path, folder)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "no JSON"),
        (b"", "no JSON"),
        (b'{"Name": "phi"} {}', "no JSON"),
        (b'{"Name": "phi", // comment\n}', "no JSON"),
        ('{"Name": "phi"}'.encode("utf-16"), "UTF-16"),
        ('{"Name": "é"}'.encode("latin-1"), "no JSON"),
        (b'{"Name": "phi", "x": NaN}', "NaN"),
        (b'{"Name": "phi", "x": 1e999}', "too large"),
        (b'{"Name": "phi", "x": "\\ud800"}', "no JSON"),
        (b"[" * 5000 + b"]" * 5000, "no JSON"),
        (b'["phi"]', "not an object"),
        (b"{}", "no Name"),
        (b'{"name": "phi"}', '"name"'),
        (b'{"Name": ""}', "empty"),
        (b'{"Name": 4}', "no text"),
    ],
)
def test_what_the_runtimes_parser_refuses_is_skipped(tmp_path: Path, content: bytes, reason: str) -> None:
    folder = model(tmp_path / "phi")
    (folder / "inference_model.json").write_bytes(content)

    assert reason in why(tmp_path, folder)


def test_a_byte_order_mark_is_overlooked(tmp_path: Path) -> None:
    folder = model(tmp_path / "phi")
    (folder / "inference_model.json").write_bytes(b'\xef\xbb\xbf{"Name": "phi"}')

    assert ids(tmp_path) == ["phi:0"]


def test_of_two_folders_with_one_name_only_one_is_listed(tmp_path: Path) -> None:
    first, second = model(tmp_path / "a", "phi"), model(tmp_path / "b", "phi")

    assert ids(tmp_path) == ["phi:0"]
    assert str(first) in why(tmp_path, second)


def test_a_missing_root_has_no_models(tmp_path: Path) -> None:
    assert scan(tmp_path / "nowhere").listed == ()


def test_a_link_that_leads_back_is_followed_once(tmp_path: Path) -> None:
    model(tmp_path / "custom" / "phi")
    try:
        (tmp_path / "custom" / "round").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("links need a privilege on this Windows")

    assert ids(tmp_path) == ["phi:0"]


def test_an_unreadable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    real = os.scandir

    def scandir(path: object = ".") -> object:
        if Path(str(path)) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "iterdir", lambda self: (Path(e.path) for e in scandir(self)))  # type: ignore[attr-defined]

    assert "cannot be read" in why(tmp_path, closed)


def test_other_folders_are_not_spoken_of(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()

    assert scan(tmp_path).skipped == ()
