"""What another Python is and has, told without importing anything of it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.config import settings
from slmtui.config.toolchain import venv_python
from slmtui.environment import installed, interpreter, packages
from slmtui.environment.interpreter import examine
from slmtui.environment.providers import execution_providers
from slmtui.environment.toolchain_check import tool_chain
from slmtui.events import Cancel, Failure
from slmtui.process import Child


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment, in a folder with a space and another script in its name."""
    folder = tmp_path_factory.mktemp("другая среда")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return venv_python(folder)


def site(python: Path) -> Path:
    return next(Path(path) for path in examine(python).paths if path.endswith("site-packages"))


def metadata_of(python: Path, name: str, text: str) -> None:
    folder = site(python) / f"{name.replace('-', '_')}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(text, encoding="utf-8")


def test_our_own_is_known_at_once() -> None:
    own = examine(Path(sys.executable))
    assert own.is_own
    assert own.version == sys.version_info[:3]
    assert own.paths == tuple(path for path in sys.path if path)


def test_another_is_asked_and_shares_nothing_with_ours(other: Path) -> None:
    found = examine(other)
    assert found.version == sys.version_info[:3]
    assert found.is_venv
    assert found.writable
    assert not found.externally_managed
    assert not found.has_pip
    assert installed.version("textual", found) is None
    assert installed.version("textual") is not None
    assert not installed.has_module("textual", found)


def test_its_packages_are_judged_for_it(other: Path) -> None:
    settings.save(toolchain_python=str(other))
    (site(other) / "olive").mkdir(exist_ok=True)
    (site(other) / "olive" / "__init__.py").touch()
    metadata_of(other, "olive-ai", "Name: olive-ai\nVersion: 0.13.0\n\n")
    (site(other) / "onnxruntime_genai").mkdir(exist_ok=True)
    (site(other) / "onnxruntime_genai" / "__init__.py").touch()
    metadata_of(other, "onnxruntime-genai", "Name: onnxruntime-genai\nVersion: 0.18.0\n\n")
    (site(other) / "requests").mkdir(exist_ok=True)
    (site(other) / "requests" / "__init__.py").touch()
    metadata_of(other, "requests", "\xff\x00 rubbish")
    found = {check.id: check for check in packages.packages()}
    assert found["package-olive-ai"].status == "ok"
    genai = found["package-onnxruntime-genai"]
    assert genai.status == "fail"
    assert "No module named 'onnxruntime_genai.models.quantized_model'" in genai.reason
    assert str(other) in genai.fix
    assert found["package-requests"].found == "installed, with damaged metadata"
    assert found["package-torch"].found == "not installed"
    assert found["package-textual"].status == "ok"  # the screens run with ours


def test_it_is_asked_again_when_something_was_installed_in_it(other: Path, tmp_path: Path) -> None:
    assert str(tmp_path) not in examine(other).paths
    path_file = site(other) / "editable.pth"
    path_file.write_text(f"{tmp_path}\n", encoding="utf-8")
    assert str(tmp_path) in examine(other).paths
    path_file.unlink()
    assert str(tmp_path) not in examine(other).paths


def test_nothing_is_asked_twice(other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = examine(other)
    monkeypatch.setattr(interpreter, "ask", None)
    assert examine(other, Cancel()) == told


@pytest.mark.parametrize("content", ["#!/bin/sh\necho rubbish\n", "#!/bin/sh\nexit 3\n", "no program"])
@pytest.mark.skipif(sys.platform == "win32", reason="scripts do not pass for programs there")
def test_what_is_no_python_is_named(tmp_path: Path, content: str) -> None:
    pretender = tmp_path / "python"
    pretender.write_text(content, encoding="utf-8")
    pretender.chmod(0o755)
    settings.save(toolchain_python=str(pretender))
    with pytest.raises(Failure, match=r"python does not run as a Python"):
        examine(pretender)
    check = tool_chain()
    assert check.status == "fail"
    assert "[toolchain] python" in check.fix


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings.save(toolchain_python=str(tmp_path / "nowhere"))
    assert tool_chain().status == "fail"
    assert "No such file" in tool_chain().found


def test_a_worker_runs_there_with_slmtui_and_nothing_else_of_ours(
    other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    # The pipe needs psutil, which the tool chain has and this empty environment has not.
    with Child("slmtui.runtime.host", python=other) as child:
        lines = [message for message in child.messages() if message is not None]
    said = "\n".join(getattr(line, "text", "") for line in lines)
    assert "No module named 'psutil'" in said
    assert "slmtui/runtime/host.py" in said.replace("\\", "/")


@pytest.mark.skipif(sys.platform == "win32", reason="scripts do not pass for programs there")
def test_one_that_hangs_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    sleeper.chmod(0o755)
    monkeypatch.setattr(interpreter, "_SECONDS", 0.3)
    with pytest.raises(Failure, match="gave no answer"):
        examine(sleeper)
    monkeypatch.setattr(interpreter, "_SECONDS", 60)
    with pytest.raises(Failure, match="gave no answer"):  # every other row of the page
        examine(sleeper)
    sleeper.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")  # another one is asked anew
    with pytest.raises(Failure, match="does not run as a Python"):
        examine(sleeper)


def test_the_folder_of_an_environment_is_led_to_its_interpreter(other: Path) -> None:
    with pytest.raises(Failure, match="is a folder") as caught:
        examine(other.parent.parent)
    assert str(other) in caught.value.fix


def test_nothing_is_said_about_packages_where_the_interpreter_cannot_be_used(tmp_path: Path) -> None:
    settings.save(toolchain_python=str(tmp_path / "nowhere"))
    assert packages.package_requirements().status == "skipped"
    assert execution_providers(Cancel()).status == "skipped"


def test_the_systems_own_python_is_left_alone(other: Path) -> None:
    systems = dataclasses.replace(examine(other), externally_managed=True)
    assert installed.install_command("gguf==0.19.0", interpreter=systems) == "slmtui toolchain build"
