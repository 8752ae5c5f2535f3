"""The house stands: floors, what the app's process loads, what travels in the wheel, what the files say."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import slmtui

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "slmtui"
HEAVY = ("torch", "transformers", "olive", "onnxruntime_genai", "foundry_local_sdk")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program; pytest's own settings of Python's path do not reach it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def module_name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(name: str) -> set[str]:
    """What a module imports at any time, be it inside a function; not what only a type checker does."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively, which says less"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(MODULES[name].read_text(encoding="utf-8")))
    return found


def is_worker(name: str) -> bool:
    """Whether a module is run by `python -m`, as the child processes are."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    tests = [ast.unparse(node.test) for node in tree.body if isinstance(node, ast.If)]
    return "__name__ == '__main__'" in tests and name != "slmtui.__main__"


def reachable(roots: list[str]) -> set[str]:
    """These modules and all of ours that they import, directly or not."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in seen:
            seen.add(name)
            waiting += [*imports(name), name.rpartition(".")[0]]
    return seen


SCREENS = [name for name in MODULES if name.split(".")[:2] == ["slmtui", "tui"]]  # loaded by name
WORKERS = {name for name in MODULES if is_worker(name)}
APP = reachable(["slmtui.__main__", *SCREENS])


def heavy(names: set[str]) -> list[str]:
    return sorted({name.partition(".")[0] for name in names} & set(HEAVY))


def test_the_heavy_libraries_stand_in_the_workers_alone() -> None:
    assert len(WORKERS) >= 3  # conversion, model host, Foundry SDK
    assert len(APP) > 50
    assert not APP & WORKERS, "a worker belongs into a child process"
    assert {name: found for name in sorted(APP) if (found := heavy(imports(name)))} == {}


def test_every_module_is_part_of_the_app_or_of_a_worker() -> None:
    assert sorted(set(MODULES) - APP - reachable(sorted(WORKERS))) == []


def test_outside_the_screens_nothing_loads_textual_or_the_heavy_libraries() -> None:
    ours = sorted(APP - set(SCREENS))
    program = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = run(sys.executable, "-c", program, json.dumps(ours))
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert set(ours) <= loaded
    assert heavy(loaded) == []
    assert not {"textual", "rich"} & loaded


def test_the_command_line_alone_loads_no_station() -> None:
    program = (
        "import sys, slmtui.cli.entry, slmtui.cli.parser\n"
        "print(*sorted(m for m in sys.modules if m.startswith('slmtui.') and not m.startswith('slmtui.cli')))"
    )
    done = run(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["slmtui.units"]


def test_every_import_points_down() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = run(sys.executable, "-c", program, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def repository_files() -> list[Path]:
    done = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if done.returncode != 0:
        pytest.skip("not a checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_speaks_of_the_machine_it_was_made_on() -> None:
    hosts = (
        rb"(?i)https?://(?:[^/\s\"'<>@]*@)?(?!127\.0\.0\.1|localhost)(?:\d{1,3}(?:\.\d{1,3}){3}|[\w.-]+:\d+)"
    )
    patterns = [rb"(?<![\w.~*-])/(?:work|root)/", rb"(?<![\w.~])/(?:home|Users)/\w+/", hosts]
    configured = run(sys.executable, "-m", "pip", "config", "list").stdout + json.dumps(dict(os.environ))
    for url in re.findall(r"https?://[^\s'\"]*/simple", configured):
        host = urlsplit(url).hostname or ""
        if host not in ("", "pypi.org", "localhost", "127.0.0.1"):
            patterns.append(re.escape(host.encode()))
    found = []
    for path in repository_files():
        content = path.read_bytes()
        found += [
            f"{path.relative_to(ROOT)}: {match.group().decode('utf-8', 'replace')}"
            for pattern in patterns
            for match in re.finditer(pattern, content)
        ]
    assert not found


def test_the_version_is_stated_once_and_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == slmtui.__version__


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of an empty virtual environment that has the wheel, with its dependencies lent."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder, ROOT
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    assert run(sys.executable, "-m", "venv", "--without-pip", folder / "venv").returncode == 0
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / ("python.exe" if sys.platform == "win32" else "python")
    pip = run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", wheel)
    assert pip.returncode == 0, pip.stderr
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    lent = run(sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout
    # A path file's folder is searched after the environment's own, and its own path files (that of an
    # editable slmtui among them) are not read: so slmtui comes from the wheel.
    (Path(own) / "lent.pth").write_text(lent, encoding="utf-8")
    return scripts


def test_the_installed_wheel_finds_its_sample_and_themes_from_anywhere(
    installed: Path, tmp_path: Path
) -> None:
    done = run(installed / "slmtui", "samples", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    samples = {sample["name"]: sample for sample in json.loads(done.stdout)["samples"]}
    tiny = samples["fernlight-support"]
    assert tiny["available"]
    path = Path(tiny["path"])
    assert path.is_relative_to(installed.parent)
    assert (path / "config.json").is_file()
    program = (
        "import slmtui; from slmtui.config import locations\n"
        "print(slmtui.__file__); print(*sorted(locations.shipped_dir('themes').glob('*.toml')), sep='\\n')"
    )
    module, *themes = run(installed / "python", "-c", program, cwd=tmp_path).stdout.splitlines()
    assert Path(module).is_relative_to(installed.parent)
    assert len(themes) >= 2
    assert all(Path(theme).is_relative_to(installed.parent) for theme in themes)


def test_the_man_page_is_installed_where_man_looks(installed: Path) -> None:
    page = installed.parent / "share" / "man" / "man1" / "slmtui.1"
    assert ".SH NAME\nslmtui" in page.read_text(encoding="utf-8")


def test_the_installed_wheel_inspects_its_sample(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "slmtui", "inspect", "fernlight-support", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["parameters"] > 1_000_000
