"""A workbench whose checks, plans and fixes are fixed: no machine shows through them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, cast

import slmtui.tui.app
from slmtui.deployment import Deployment
from slmtui.environment.check import Check, CheckDone
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.mend import StateLeft
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Service
from slmtui.pipeline import PlanStarted
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.environment import EnvironmentScreen
from slmtui.tui.workbench import Coming, Survey, ToolchainState, Workbench

PYTHON = cast("Any", PurePosixPath("/srv/models/.venv/bin/python"))
INSTALL = (str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
PINS = ("olive-ai==0.13.0", "onnxruntime==1.31.0", "onnxruntime-genai==0.14.1", "transformers==5.23.0")

FINE = (
    Check(
        "python", "Python", "ok", "CPython 3.11.7, 64-bit", "CPython 3.11 to 3.14, 64-bit", f"It is {PYTHON}."
    ),
    Check("machine", "System", "ok", "Linux 6.18, x86_64", "wheels for every package"),
    Check("cpu", "Processor", "ok", "8 cores, AVX2, AVX-512 VNNI", "AVX2, or dot product (Arm)"),
    Check(
        "memory",
        "Memory",
        "ok",
        "24.7 GB free of 31.2 GB",
        "8.0 GB free",
        "A conversion holds the model once or twice.",
    ),
    Check("disk", "Disk", "ok", "76.1 GB free", "5.0 GB free"),
    Check("terminal", "Terminal", "ok", "UTF-8, 16 million colours", "UTF-8, 256 colours, 80×24"),
    Check("own-folders", "Own folders", "ok", "writable", "writable"),
    Check("foundry-folders", "Foundry caches", "ok", "writable", "writable"),
    Check("package-olive-ai", "olive-ai", "ok", "0.13.0", "0.13.0", "It converts the model."),
    Check(
        "package-onnxruntime-genai",
        "onnxruntime-genai",
        "ok",
        "0.14.1",
        "0.14.1",
        "It builds and runs the model.",
    ),
    Check("package-onnxruntime", "onnxruntime", "ok", "1.31.0", "1.31.0"),
    Check("package-foundry-local-sdk", "foundry-local-sdk", "ok", "2.2.1", "2.2.1"),
    Check("package-transformers", "transformers", "ok", "5.23.0", "5.23.0"),
    Check("package-torch", "torch", "ok", "2.13.0+cpu", "2.6 to below 2.14"),
    Check(
        "packages-base", "Small packages", "ok", "8 as tested", "as tested", "slmtui itself is built on them."
    ),
    Check("package-requirements", "Package requirements", "ok", "all 65 there", "what the packages declare"),
    Check("git", "Git", "ok", "2.39.5", "to build from source"),
    Check("compiler", "C++ compiler", "ok", "/usr/bin/c++", "to build from source"),
    Check(
        "cmake",
        "CMake",
        "skipped",
        "3.25.1",
        "3.31, to build from source",
        "Only needed to build from source.",
    ),
    Check(
        "foundry",
        "foundry command",
        "skipped",
        "not installed",
        "any version, optional",
        "slmtui deploys with the SDK.",
    ),
)
SLOW = {
    "git": "Git",
    "compiler": "C++ compiler",
    "cmake": "CMake",
    "foundry": "foundry command",
}

MEMORY = Check(
    "memory",
    "Memory",
    "warn",
    "6.2 GB free of 15.6 GB",
    "8.0 GB free",
    "With less, the system swaps or ends the conversion of a model of 3 or more billion parameters.",
    "Close what needs much memory, a browser for example.",
)
CMAKE = Check(
    "cmake",
    "CMake",
    "warn",
    "3.25.1",
    "3.31, to build from source",
    "Only needed to build ONNX Runtime GenAI from source.",
    f"{PYTHON} -m pip install 'cmake>=3.31'",
)
GENAI = Check(
    "package-onnxruntime-genai",
    "onnxruntime-genai",
    "fail",
    "0.18.0",
    "0.14.1",
    "Beside olive-ai 0.13.0 it ends in “No module named 'onnxruntime_genai.models.quantized_model'”: "
    "every conversion to INT4 fails.",
    f"{PYTHON} -m pip install onnxruntime-genai==0.14.1",
)
TORCH = Check(
    "package-torch",
    "torch",
    "fail",
    "not installed",
    "2.6 to below 2.14",
    "Olive reads the checkpoint with it.",
    f"{PYTHON} -m pip install 'torch>=2.6,<2.14'",
)

PACKAGES = FixPlan(
    "packages",
    "Install the tested version set into /srv/models/.venv",
    (GENAI.id, TORCH.id),
    PYTHON,
    (Step("Install the tested versions", (*INSTALL, *PINS, "torch>=2.6,<2.14")),),
    "About 230 MB from the package index.",
    "onnxruntime-genai 0.18.0 becomes 0.14.1, torch is added; nothing outside /srv/models/.venv.",
    "install",
)
BUILD_TOOL = FixPlan(
    "cmake",
    "Install CMake 3.31 or newer into /srv/models/.venv",
    (CMAKE.id,),
    PYTHON,
    (Step("Install CMake", (*INSTALL, "cmake>=3.31")),),
    "About 30 MB from the package index.",
    "cmake is added to /srv/models/.venv; the system's own 3.25.1 stays.",
    "install",
)

BUILD = FixPlan(
    "toolchain",
    "Build slmtui's own tool chain",
    (),
    None,
    (Step("Build a tool chain", (str(PYTHON), "-m", "slmtui", "toolchain", "build", "--yes"), "build"),),
    "About 500 MB from the package index.",
    "A virtual environment is made in /srv/slmtui/toolchain, and Olive runs with it. No other is changed.",
    "toolchain",
)
FOLDER = cast("Any", PurePosixPath("/srv/slmtui/toolchain"))
OWN = ToolchainState(PYTHON, "slmtui itself runs with it, and nothing else is set.", FOLDER, False, BUILD)
MANAGED = ToolchainState(
    cast("Any", FOLDER / "20261124/bin/python"),
    "slmtui made it, and proved it by converting a small model.",
    FOLDER,
    True,
    BUILD,
)


def with_these(*changed: Check) -> tuple[Check, ...]:
    """All checks, these instead of the fine ones."""
    new = {check.id: check for check in changed}
    return tuple(new.get(check.id, check) for check in FINE)


ALL_FINE = Survey(FINE, (), OWN)
WARNINGS = Survey(with_these(MEMORY, CMAKE), (BUILD_TOOL,), OWN)
BLOCKED = Survey(with_these(MEMORY, CMAKE, GENAI, TORCH), (PACKAGES, BUILD_TOOL), OWN)
WITH_TOOLCHAIN = Survey(FINE, (), MANAGED)


CHANGES = {
    "packages": ("onnxruntime-genai 0.18.0 → 0.14.1", "torch 2.13.0 added"),
    "cmake": ("cmake 4.1.0 added",),
}


class FixedBench(Workbench):
    """Finds what it is told to find; a fix goes on until it is let go."""

    def __init__(self, *surveys: Survey) -> None:
        self.surveys = list(surveys)
        self.looks = 0
        self.looked_for: list[str] = []
        self.mended: list[str] = []
        self.slow_may_go = threading.Event()
        self.slow_may_go.set()
        self.fix_may_go = threading.Event()
        self.failure: Failure | None = None
        self.stage = "Downloading torch, 184 MB"

    def examine(self, deployment: Deployment | None, cancel: Cancel) -> Service[Survey]:
        survey = self.surveys[min(self.looks, len(self.surveys) - 1)]
        self.looks += 1
        self.looked_for.append(deployment.name if deployment else "")
        yield Coming(tuple(SLOW.items()))
        for check in survey.checks:
            if check.id in SLOW:
                self._wait(self.slow_may_go, cancel)
            yield CheckDone(check)
        return survey

    def mend(
        self, plans: Sequence[FixPlan], deployment: Deployment | None, cancel: Cancel
    ) -> Service[Survey]:
        for number, plan in enumerate(plans, 1):
            yield PlanStarted(plan, number, len(plans))
            yield from _at_work(self.stage)
            try:
                self._wait(self.fix_may_go, cancel)
                if self.failure is not None:
                    raise self.failure
            except (Failure, Cancelled):
                yield StateLeft("Nothing was changed.")
                raise
            self.mended.append(plan.id)
            yield StateLeft("", CHANGES.get(plan.id, ()))
        return (yield from self.examine(deployment, cancel))

    def remove_toolchain(self, deployment: Deployment | None, cancel: Cancel) -> Service[Survey]:
        self.mended.append("removed")
        yield StateLeft("", ("/srv/slmtui/toolchain is removed",))
        return (yield from self.examine(deployment, cancel))

    def let_go(self) -> None:
        """Hold nothing up any longer."""
        self.slow_may_go.set()
        self.fix_may_go.set()

    @staticmethod
    def _wait(event: threading.Event, cancel: Cancel) -> None:
        while not event.wait(0.01):
            cancel.check()


def _at_work(stage: str) -> Sequence[Event]:
    pip = (
        "Collecting onnxruntime-genai==0.14.1",
        "  Downloading onnxruntime_genai-0.14.1-cp311-cp311-manylinux_2_28_x86_64.whl (4.1 MB)",
        "Collecting torch<2.14,>=2.6",
        "  Downloading torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl (184.2 MB)",
    )
    return (*map(LogLine, pip), Progress("install", stage, 0.5, 21.0))


def app_with(bench: Workbench) -> SlmtuiApp:
    """slmtui, opened on the Environment screen with this bench."""

    class BenchApp(SlmtuiApp):
        CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
        MODES: ClassVar = {**SlmtuiApp.MODES, "environment": lambda: EnvironmentScreen(bench)}
        DEFAULT_MODE = "environment"

    return BenchApp()
