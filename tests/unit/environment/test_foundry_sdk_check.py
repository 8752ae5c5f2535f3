"""The SDK and its runtime: the installed ones, and damaged ones made for the test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.environment.foundry_sdk_check import foundry_sdk

Install = Callable[..., Path]
LIBRARY = {"win32": "{}.dll", "darwin": "lib{}.dylib"}.get(sys.platform, "lib{}.so")


def test_the_installed_sdk_is_described_with_its_runtime_and_library():
    check = foundry_sdk()
    assert (check.id, check.status) == ("foundry-sdk", "ok")
    assert check.found == "2.2.1, runtime 0.18.0"
    assert check.needed == "onnxruntime-genai-core==0.18.0"
    assert "foundry_local" in check.reason
    assert "foundry_local_sdk._native" not in sys.modules


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site-packages with an SDK and its runtime, as their wheels unpack."""
    folder = tmp_path / "site-packages"
    for name, version, library in (
        ("foundry-local-sdk", "9.1.0", ("foundry_local_sdk/_native/some-x64", "foundry_local")),
        ("onnxruntime-genai-core", "7.0.0", ("onnxruntime_genai_core/bin", "onnxruntime-genai")),
        ("onnxruntime", "5.0.0", ("onnxruntime/capi", "onnxruntime")),
    ):
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        requires = "Requires-Dist: onnxruntime-genai-core==7.0.0\n" if name == "foundry-local-sdk" else ""
        text = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{requires}"
        (info / "METADATA").write_text(text, encoding="utf-8")
        place = folder / library[0]
        place.mkdir(parents=True)
        (place / LIBRARY.format(library[1])).write_bytes(b"a library")
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


def test_what_the_sdk_asks_for_is_read_from_the_sdk_itself(site: Path):
    check = foundry_sdk()
    assert (check.status, check.found) == ("ok", "9.1.0, runtime 7.0.0")
    assert check.needed == "onnxruntime-genai-core==7.0.0"


def test_without_an_sdk_there_is_no_deploying(site: Path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    check = foundry_sdk()
    assert (check.status, check.found) == ("fail", "not installed")
    assert "foundry-local-sdk" in check.fix


def test_a_missing_runtime_is_named(site: Path):
    (site / "onnxruntime_genai_core-7.0.0.dist-info").rename(site / "gone")
    check = foundry_sdk()
    assert (check.status, check.found) == ("fail", "9.1.0, without its runtime")
    assert "onnxruntime-genai-core==7.0.0" in check.fix


def test_a_runtime_of_another_version_is_named(site: Path):
    info = site / "onnxruntime_genai_core-7.0.0.dist-info" / "METADATA"
    info.write_text(info.read_text(encoding="utf-8").replace("7.0.0", "6.9.0"), encoding="utf-8")
    check = foundry_sdk()
    assert (check.status, check.found) == ("fail", "9.1.0, runtime 6.9.0")


@pytest.mark.parametrize(
    ("folder", "package"),
    [
        ("foundry_local_sdk/_native", "foundry-local-sdk==9.1.0"),
        ("onnxruntime_genai_core/bin", "onnxruntime-genai-core==7.0.0"),
        ("onnxruntime/capi", "onnxruntime==5.0.0"),
    ],
)
def test_a_library_that_is_gone_is_named_with_the_package_that_brings_it(
    site: Path, folder: str, package: str
):
    for library in (site / folder).rglob("*.*"):
        library.unlink()
    check = foundry_sdk()
    assert check.status == "fail"
    assert f"without the library of {package.partition('==')[0]}" in check.found
    assert package in check.fix
    assert "reinstall" in check.fix


def test_damaged_metadata_is_a_finding_and_no_crash(site: Path):
    for info in site.glob("*.dist-info"):
        (info / "METADATA").write_bytes(b"\xff\xfe\x00")
    check = foundry_sdk()
    assert check.status == "ok"
    assert check.found == "unknown version, runtime unknown version"
