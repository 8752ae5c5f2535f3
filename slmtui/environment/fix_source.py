"""The plan that builds ONNX Runtime GenAI from source, as the guide does: clone, build, install the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

from slmtui.config import locations
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.installer import install, put_in_place
from slmtui.environment.interpreter import Interpreter
from slmtui.environment.version_set import version_set


def build_folder() -> Path:
    """Where the source is cloned and built; removed afterwards, however the build ended."""
    return locations.cache_dir() / "build" / version_set().build.package


def source_plan(interpreter: Interpreter, mends: tuple[str, ...] = ()) -> FixPlan:
    """Build the tested version and install the wheel that comes of it."""
    build = version_set().build
    package = next(package for package in version_set().packages if package.name == build.package)
    python, source = str(interpreter.python), build_folder() / "source"
    # Beside the interpreter, where pip puts it: an environment that is not activated is not on PATH.
    cmake = interpreter.python.parent / ("cmake.exe" if sys.platform == "win32" else "cmake")
    clone = ("git", "clone", "--depth", "1", "--branch", build.branch, build.repository, str(source))
    # The compiled part fits one Python: without the two definitions CMake would take the newest it finds.
    options = (
        *("--build_dir", str(build_folder()), "--config", "Release"),
        *("--parallel", "--skip_tests", "--skip_examples", "--cmake_path", str(cmake)),
        *("--cmake_extra_defines", f"Python_EXECUTABLE={python}", f"PYTHON_EXECUTABLE={python}"),
    )
    wheels = ("--no-index", "--find-links", str(build_folder() / "Release" / "wheel"))
    return FixPlan(
        id="build-from-source",
        title=f"Build {package.requirement} from source",
        mends=mends,
        interpreter=interpreter.python,
        steps=(
            *install(interpreter, "Install what the build needs", *build.needs),
            Step("Clone the source", clone),
            Step("Build it and make its wheel", (python, str(source / "build.py"), *options)),
            *put_in_place(interpreter, "Install the wheel that was built", package.requirement, flags=wheels),
        ),
        downloads=f"{', '.join(build.needs)}; the source from {build.repository}, and libraries it names. "
        "A C++ compiler and git have to be there.",
        changes=f"{interpreter.prefix} gets {package.requirement}, built for this machine. The folder of the "
        f"build, {build_folder()}, is removed at the end.",
        kind="source-build",
    )
