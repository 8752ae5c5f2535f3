"""The version set against what is installed: real metadata folders, made for the test."""

from __future__ import annotations

import shlex
import sys
import sysconfig
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from slmtui.environment import installed, packages
from slmtui.environment.check import Check
from slmtui.environment.version_set import version_set

ROOT = Path(__file__).parents[3]
Install = Callable[..., Path]

# It reads a module of its own once, which is not found any more where a test has replaced the path.
sysconfig.get_config_vars()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty site-packages, the only place packages are found in."""
    folder = tmp_path / "site-packages"
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


@pytest.fixture
def install(site: Path) -> Install:
    """Installs a package with metadata and an empty module."""

    def do(name: str, version: str, *, module: str | None = None, requires: tuple[str, ...] = ()) -> Path:
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        headers = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {text}" for text in requires)]
        body = "\n\nVersion: 9.9\nRequires-Dist: of-the-description"
        (info / "METADATA").write_text(
            "Metadata-Version: 2.4\n" + "\n".join(headers) + body, encoding="utf-8"
        )
        folder = site / (module or name.replace("-", "_"))
        folder.mkdir()
        (folder / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
        return info

    return do


def of(name: str) -> Check:
    return packages.examine(next(package for package in version_set().packages if package.name == name))


def test_pyproject_and_the_version_set_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {r.name: r.specifier for r in map(Requirement, project["dependencies"])}
    assert {package.name: package.version for package in version_set().packages} == declared
    lowest = ".".join(map(str, version_set().python.minimum))
    assert SpecifierSet(project["requires-python"]) == SpecifierSet(f">={lowest}")


def test_everything_in_the_set_says_why():
    for package in version_set().packages:
        assert package.reason
        assert package.evidence or package.role == "base"
    for bad in version_set().known_bad:
        assert bad.message
        assert bad.consequence
        assert bad.evidence


def test_the_tested_set_is_not_among_the_known_bad_ones():
    tested = {package.name: package.version for package in version_set().packages}
    for bad in version_set().known_bad:
        assert bad.package in tested
        assert all(name in tested for name in bad.beside)
        assert not any(bad.versions.contains(s.version) for s in tested[bad.package] if s.operator == "==")


def test_a_package_of_the_tested_version_is_fine(install: Install):
    install("olive-ai", "0.13.0", module="olive")
    check = of("olive-ai")
    assert (check.id, check.status, check.found, check.needed) == (
        "package-olive-ai",
        "ok",
        "0.13.0",
        "0.13.0",
    )
    assert check.fix == ""


def test_a_local_build_counts_as_its_version(install: Install):
    install("torch", "2.13.0+cpu")
    assert of("torch").status == "ok"


def test_a_missing_package_stops_a_deployment_and_is_one_command_away(site: Path):
    check = of("onnxruntime-genai")
    assert (check.status, check.found) == ("fail", "not installed")
    if sys.platform != "win32":
        assert shlex.split(check.fix)[-1] == "onnxruntime-genai==0.14.1"


def test_a_missing_package_that_only_gguf_files_need_is_a_warning(site: Path):
    assert of("gguf").status == "warn"


def test_another_version_is_a_warning_that_says_it_was_not_tested(install: Install):
    install("transformers", "5.24.0")
    check = of("transformers")
    assert check.status == "warn"
    assert "not tested" in check.reason
    assert "transformers==5.23.0" in check.fix


@pytest.mark.parametrize("version", ["0.15.0", "0.15.2"])
def test_the_clash_of_015_is_named_with_its_message(install: Install, version: str):
    install("olive-ai", "0.13.0", module="olive")
    install("onnxruntime-genai", version)
    check = of("onnxruntime-genai")
    assert check.status == "fail"
    assert "Beside olive-ai 0.13.0" in check.reason
    assert "Hugging Face details not found in extra_options" in check.reason
    assert "onnxruntime-genai==0.14.1" in check.fix


@pytest.mark.parametrize("version", ["0.16.0", "0.17.1", "0.18.0"])
def test_the_clash_of_016_and_newer_is_named_with_its_message(install: Install, version: str):
    install("olive-ai", "0.13.0", module="olive")
    install("onnxruntime-genai", version)
    assert "No module named 'onnxruntime_genai.models.quantized_model'" in of("onnxruntime-genai").reason


def test_a_clash_needs_both_sides(install: Install):
    install("onnxruntime-genai", "0.18.0")
    assert of("onnxruntime-genai").status == "warn"


def test_the_crash_of_the_json_editor_is_named(install: Install):
    install("textual", "8.2.8")
    install("tree-sitter", "0.26.1")
    check = of("tree-sitter")
    assert check.status == "fail"
    assert "Segmentation fault" in check.reason


@pytest.mark.parametrize("metadata", [None, b"", b"\xff\xfe\x00", b"Name: olive-ai\n\nVersion: 0.13.0"])
def test_damaged_metadata_is_a_finding_and_not_a_crash(install: Install, metadata: bytes | None):
    file = install("olive-ai", "0.13.0", module="olive") / "METADATA"
    file.unlink() if metadata is None else file.write_bytes(metadata)
    check = of("olive-ai")
    assert (check.status, check.found) == ("warn", "installed, with damaged metadata")
    assert "--no-deps" in check.fix
    assert len(list(packages.packages())) > 10
    assert packages.package_requirements().status in ("ok", "fail")


def test_a_version_that_is_none_is_not_the_tested_one(install: Install):
    install("transformers", "latest")
    assert of("transformers").status == "warn"


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_package_whose_files_are_gone_is_told(
    install: Install, site: Path, left: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # another test may have imported the real one
    install("torch", "2.13.0")
    (site / "torch" / "__init__.py").unlink()
    if left == "nothing":
        (site / "torch").rmdir()
    check = of("torch")
    assert check.status == "fail"
    assert "files are gone" in check.found


def test_the_small_packages_share_a_row_that_names_the_faulty_ones(install: Install):
    for package in version_set().packages:
        if package.role == "base" and package.name != "jinja2":
            lowest = next(limit.version for limit in package.version if limit.operator == ">=")
            install(package.name, lowest, module=package.module)
    install("jinja2", "2.0")
    row = next(check for check in packages.packages() if check.id == "packages-base")
    assert row.found == "jinja2 2.0"
    assert "jinja2>=" in row.fix


def test_what_packages_declare_is_compared(install: Install):
    install(
        "foundry-local-sdk", "2.2.1", requires=("onnxruntime==1.31.0", 'pytest; extra == "dev"', "cffi>=1.16")
    )
    install("onnxruntime", "1.30.0")
    check = packages.package_requirements()
    assert check.status == "fail"
    assert "foundry-local-sdk needs onnxruntime==1.31.0, not 1.30.0" in check.found
    assert "foundry-local-sdk needs cffi>=1.16, which is not installed" in check.found
    assert "pytest" not in check.found
    assert "of-the-description" not in check.found
    assert "onnxruntime==1.31.0" in check.fix


def test_requirements_for_another_system_do_not_count(install: Install):
    install("torch", "2.13.0", requires=('winonly; sys_platform == "amiga"', "(((not a requirement"))
    check = packages.package_requirements()
    assert (check.status, check.found) == ("ok", "all 0 there")


def test_every_package_installed_here_can_be_read():
    assert {package.name: bool(installed.version(package.name)) for package in version_set().packages} == {
        package.name: True for package in version_set().packages
    }


def test_without_pip_the_command_is_uvs(monkeypatch, stand_in):
    stand_in("uv", {})
    monkeypatch.setattr(installed.importlib.util, "find_spec", lambda _: None)
    command = installed.install_command("torch>=2.6,<2.14")
    assert command.startswith("uv pip install --python ")


def test_without_pip_and_uv_pip_is_made_first(monkeypatch, empty_path):
    monkeypatch.setattr(installed.importlib.util, "find_spec", lambda _: None)
    assert "ensurepip" in installed.install_command("gguf==0.19.0")


def test_versions_are_quoted_where_a_shell_would_take_them_for_redirections(monkeypatch):
    assert installed.command_line("pip", "torch>=2.6,<2.14") in (
        "pip 'torch>=2.6,<2.14'",
        'pip "torch>=2.6,<2.14"',
    )
    monkeypatch.setattr(installed.os, "name", "nt")
    line = installed.command_line(r"C:\Program Files\python.exe", "-m", "pip", "cmake>=3.31")
    assert line == r'"C:\Program Files\python.exe" -m pip "cmake>=3.31"'
