"""Which plan mends what, and what it says it would do; nothing is carried out here."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.config import locations
from slmtui.config.toolchain import Kind, Toolchain
from slmtui.environment import fix_packages, installer
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.fixes import FixPlan, for_check, plans
from slmtui.environment.interpreter import Interpreter
from slmtui.environment.interpreter import examine as really_examine
from slmtui.environment.version_set import version_set
from slmtui.events import Failure

Use = Callable[..., Interpreter]
INSTALLED = {p.name: next(iter(p.version)).version for p in version_set().packages if "==" in str(p.version)}


def failed(*ids: str, status: CheckStatus = "fail") -> list[Check]:
    return [Check(one, one, status, "something", "something else") for one in ids]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes an interpreter the one that runs Olive; its packages are folders made for the test."""

    def do(kind: Kind = "chosen", packages: dict[str, str] | None = None, **facts: object) -> Interpreter:
        site = tmp_path / "site-packages"
        site.mkdir(exist_ok=True)
        for name, version in (packages or {}).items():
            info = site / f"{name.replace('-', '_')}-{version}.dist-info"
            info.mkdir()
            text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            (info / "METADATA").write_text(text, encoding="utf-8")
            module = next(p.module for p in version_set().packages if p.name == name)
            (site / module).mkdir()
            (site / module / "__init__.py").touch()
        own = really_examine(Path(sys.executable))
        usual = {
            "python": own.python if kind == "own" else tmp_path / "venv" / "bin" / "python",
            "prefix": tmp_path / "venv",
            "version": (3, 12, 1),
            "paths": (str(site),),
            "is_venv": True,
            "externally_managed": False,
            "writable": True,
            "has_pip": True,
        }
        interpreter = dataclasses.replace(own, **{**usual, **facts})
        monkeypatch.setattr(fix_packages.toolchain, "current", lambda: Toolchain(interpreter.python, kind))
        monkeypatch.setattr(
            fix_packages, "examine", lambda python: interpreter if python == interpreter.python else own
        )
        return interpreter

    return do


def only(found: tuple[FixPlan, ...]) -> FixPlan:
    (plan,) = found
    return plan


def test_where_all_is_well_there_is_nothing_to_mend(use: Use):
    use()
    assert plans([Check("package-torch", "torch", "ok", "2.13.0", "")]) == ()
    assert plans(failed("terminal", "git", "memory", "foundry-command", status="warn")) == ()


def test_package_faults_become_one_command_with_exact_pins(use: Use):
    interpreter = use(packages={"onnxruntime-genai": "0.18.0", "olive-ai": "0.13.0"})
    checks = failed("package-onnxruntime-genai", "package-torch", "package-requirements")
    plan = only(plans(checks))
    assert (plan.kind, plan.interpreter) == ("install", interpreter.python)
    assert all(for_check(check, [plan]) is plan for check in checks)
    (step,) = plan.steps
    assert step.command[:4] == (str(interpreter.python), "-m", "pip", "install")
    wanted = {p.requirement for p in version_set().packages if p.for_workers}
    assert wanted == set(step.command[-len(wanted) :])
    assert "onnxruntime-genai 0.18.0 becomes 0.14.1" in plan.changes
    assert "olive-ai" not in plan.changes
    assert "onnxruntime-genai 0.14.1" in plan.downloads


def test_a_damaged_package_is_put_in_place_first(use: Use):
    interpreter = use(packages={"onnxruntime": "1.31.0"})
    (Path(interpreter.paths[0]) / "onnxruntime" / "__init__.py").unlink()
    plan = only(plans(failed("package-onnxruntime")))
    repair, install = plan.steps
    assert repair.command[-3:] == ("--force-reinstall", "--no-deps", "onnxruntime==1.31.0")
    assert "--force-reinstall" not in install.command
    assert "onnxruntime 1.31.0 is put in place of a damaged one" in plan.changes


@pytest.mark.parametrize(
    "facts",
    [
        {"externally_managed": True, "is_venv": False},
        {"is_venv": False},  # a system's Python, or conda's base
        {"writable": False},
        {"version": (3, 10, 4)},
        {"version": (3, 15, 0)},
    ],
)
def test_what_is_not_ours_to_change_is_left_alone_for_a_tool_chain_of_our_own(use: Use, facts):
    use(**facts)
    plan = only(plans(failed("package-olive-ai", "package-torch")))
    assert (plan.kind, plan.interpreter) == ("toolchain", None)
    assert plan.mends == ("package-olive-ai", "package-torch")
    assert [step.does for step in plan.steps] == ["build", "automatic"]  # the settings name that one
    assert plan.steps[0].command[-4:] == ("slmtui", "toolchain", "build", "--yes")


def test_a_tool_chain_is_not_built_for_a_warning(use: Use):
    use(is_venv=False)
    assert plans(failed("package-gguf", status="warn")) == ()


def test_a_managed_tool_chain_that_was_changed_is_built_anew(use: Use):
    use("managed")
    plan = only(plans(failed("package-olive-ai")))
    assert plan.kind == "toolchain"
    assert [step.does for step in plan.steps] == ["build"]


def test_an_interpreter_that_is_gone_is_taken_out_of_the_settings(use: Use, monkeypatch):
    gone = use().python

    def examine(python: Path) -> Interpreter:
        if python == gone:
            raise Failure("gone")
        return really_examine(python)

    monkeypatch.setattr(fix_packages, "examine", examine)
    plan = only(plans(failed("toolchain")))
    assert (plan.kind, plan.mends) == ("settings", ("toolchain",))
    assert str(locations.settings_file()) in plan.steps[0].line


def test_the_screens_packages_are_mended_where_slmtui_runs(use: Use, monkeypatch):
    use(packages={})
    monkeypatch.setattr(fix_packages, "_ours_to_change", lambda interpreter: True)
    screens, workers = plans(failed("package-textual", "package-olive-ai"))
    assert (screens.interpreter, screens.mends) == (Path(sys.executable), ("package-textual",))
    assert "textual==8.2.8" in screens.steps[-1].command
    assert not any("torch" in word for word in screens.steps[-1].command)
    assert workers.mends == ("package-olive-ai",)
    assert "textual==8.2.8" not in workers.steps[-1].command


def test_without_a_wheel_the_runtime_is_built_from_source(use: Use, monkeypatch):
    interpreter = use(packages={})
    monkeypatch.setattr(fix_packages, "platform_tag", lambda: "linux-musl")
    install, build = plans(failed("package-onnxruntime-genai", "package-torch", "cmake"))
    assert not any("onnxruntime-genai" in word for word in install.steps[-1].command)
    assert (build.kind, build.mends) == ("source-build", ("package-onnxruntime-genai", "cmake"))
    tools, clone, compile_it, wheel = (step.command for step in build.steps)
    assert "cmake>=3.31" in tools
    assert clone[:2] == ("git", "clone")
    assert version_set().build.branch in clone
    assert compile_it[0] == str(interpreter.python)
    assert compile_it[compile_it.index("--config") + 1] == "Release"
    assert wheel[-1] == "onnxruntime-genai==0.14.1"
    assert "--no-index" in wheel


def test_building_from_source_can_be_asked_for(use: Use):
    use(packages=INSTALLED)
    assert only(plans([], from_source=True)).kind == "source-build"


@pytest.mark.parametrize(
    ("uv", "pip", "command"),
    [
        ("/bin/uv", True, ["/bin/uv", "pip", "install", "--python"]),
        (None, True, [sys.executable, "-m", "pip", "--python"]),
    ],
)
def test_an_environment_without_pip_borrows_one(use: Use, monkeypatch, uv, pip, command):
    interpreter = use(has_pip=False)
    monkeypatch.setattr(installer.shutil, "which", lambda name: uv)
    (step,) = installer.install(interpreter, "Install", "a==1")
    assert list(step.command[:4]) == command
    assert step.command[4] == str(interpreter.python)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have access lists there")
def test_a_locked_folder_of_ours_is_unlocked_and_the_missing_one_made(use: Use):
    use()
    home = locations.data_dir().parent
    home.mkdir(parents=True)
    home.chmod(0o500)
    plan = only(plans(failed("folders")))
    home.chmod(0o700)
    assert plan.kind == "folder"
    lines = [step.line for step in plan.steps]
    assert lines[0].startswith("chmod u+rwx ")
    assert any(line.startswith("mkdir -p ") and "data" in line for line in lines[1:])


def test_a_file_in_the_way_of_a_folder_is_the_user_s(use: Use):
    use()
    home = locations.data_dir().parent
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_text("mine", encoding="utf-8")
    assert plans(failed("folders")) == ()
