"""The GPU and the NPU of this machine, as the system tells of them; no driver's library is loaded.

slmtui converts for the CPU and chats on it, so none is needed; whoever has one wants to see it told.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from slmtui.environment.check import Check
from slmtui.environment.command import ask
from slmtui.events import Cancel

SYS = Path("/sys")
NVIDIA = Path("/proc/driver/nvidia/gpus")
WSL_GPU = Path("/dev/dxg")

# PCI classes (pci.ids): 03 display controllers; 12 processing accelerators, where Intel's NPU is. AMD's NPU
# is a "signal processing controller" among others, 1180, and known by its driver.
_DISPLAY, _ACCELERATOR = "0x03", "0x12"
_NPU_DRIVERS = ("intel_vpu", "amdxdna")
_VENDORS = {
    "0x10de": "NVIDIA",
    "0x1002": "AMD",
    "0x1022": "AMD",
    "0x8086": "Intel",
    "0x106b": "Apple",
    "0x17cb": "Qualcomm",
    "0x1414": "Microsoft (virtual)",
    "0x1af4": "virtio (virtual)",
    "0x1b36": "QEMU (virtual)",
    "0x1234": "QEMU (virtual)",
    "0x15ad": "VMware (virtual)",
    "0x80ee": "VirtualBox (virtual)",
    "0x1d0f": "Amazon",
    "0x102b": "Matrox",
    "0x1a03": "ASPEED",
    "0x1e60": "Hailo",
}
# Present devices alone: the registry keeps those that were taken out, too.
_POWERSHELL = (
    "[Console]::OutputEncoding = [Text.Encoding]::UTF8; "
    "@(Get-CimInstance Win32_PnPEntity -Filter 'PNPClass=''Display'' OR PNPClass=''ComputeAccelerator''' "
    "| Select-Object Name, PNPClass) | ConvertTo-Json -Compress"
)


@dataclass(slots=True)
class Accelerators:
    """The names of what was seen; `problem` says why that may not be all."""

    gpus: list[str] = field(default_factory=list)
    npus: list[str] = field(default_factory=list)
    problem: str = ""


def accelerators(cancel: Cancel) -> Iterator[Check]:
    """One check for the GPU, one for the NPU."""
    found = {"win32": _windows, "darwin": _mac}.get(sys.platform, _linux)(cancel)
    yield _check("gpu", "GPU", found.gpus, found.problem)
    yield _check("npu", "NPU", found.npus, found.problem)


def _check(check_id: str, title: str, names: list[str], problem: str) -> Check:
    """Never a fault: what runs a model is the CPU."""
    reason = "slmtui converts for the CPU and chats on it; "
    if names:
        return Check(check_id, title, "ok", ", ".join(names), "none", f"{reason}this {title} is left alone.")
    found = f"not known: {problem}" if problem else "none seen"
    return Check(check_id, title, "skipped", found, "none", f"{reason}no {title} is needed.")


def _linux(cancel: Cancel) -> Accelerators:
    """From /sys; the names of NVIDIA's GPUs from `nvidia-smi`, or from what their driver tells in /proc."""
    found = Accelerators()
    seen: set[Path] = set()
    for device in _devices():
        place = device.resolve()
        if place in seen:
            continue
        seen.add(place)
        kind, driver = _read(device / "class"), (device / "driver").resolve().name
        vendor = _VENDORS.get(_read(device / "vendor"), "")
        driver = driver if (device / "driver").exists() else ""
        name = f"{vendor or 'unknown maker'} ({driver or 'no driver'})"
        if kind.startswith(_ACCELERATOR) or driver in _NPU_DRIVERS or "/accel/" in str(device):
            found.npus.append(name)
        elif kind.startswith(_DISPLAY) or "/drm/" in str(device):
            found.gpus.append(name)
    nvidia = _nvidia(cancel)
    if nvidia:
        found.gpus = nvidia + [name for name in found.gpus if not name.startswith("NVIDIA")]
    if not found.gpus and WSL_GPU.exists():
        found.gpus.append("the one Windows lends to WSL")
    return found


def _devices() -> Iterator[Path]:
    """All PCI devices, then what the graphics and accelerator drivers hold (on Arm not on a PCI bus)."""
    yield from sorted(SYS.glob("bus/pci/devices/*"))
    yield from sorted(SYS.glob("class/accel/accel*/device"))
    yield from sorted(SYS.glob("class/drm/card[0-9]/device"))


def _nvidia(cancel: Cancel) -> list[str]:
    """The names and memory of NVIDIA's GPUs."""
    program = shutil.which("nvidia-smi")
    if program is not None:
        question = ("--query-gpu=name,memory.total", "--format=csv,noheader")
        answer = ask(Path(program), *question, cancel=cancel)
        if answer.code == 0 and answer.stdout.strip():
            return [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    models = []
    for information in sorted(NVIDIA.glob("*/information")):
        lines = _read(information).splitlines()
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return models


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _mac(cancel: Cancel) -> Accelerators:
    """From `system_profiler`; every Mac with Apple silicon has a Neural Engine."""
    found = Accelerators(npus=["Apple Neural Engine"] if platform.machine() == "arm64" else [])
    answer = ask(Path("/usr/sbin/system_profiler"), "SPDisplaysDataType", "-json", timeout=10, cancel=cancel)
    for display in _objects(answer.stdout, "SPDisplaysDataType"):
        name = str(display.get("sppci_model") or display.get("_name") or "unnamed")
        cores = display.get("sppci_cores")
        found.gpus.append(f"{name}, {cores} cores" if cores else name)
    if not found.gpus:
        found.problem = f"system_profiler {answer.problem or 'told of none'}"
    return found


def _windows(cancel: Cancel) -> Accelerators:
    """From the devices Windows has running, asked through PowerShell."""
    program = shutil.which("powershell") or shutil.which("pwsh")
    if program is None:
        return Accelerators(problem="there is no PowerShell to ask")
    answer = ask(
        Path(program), "-NoProfile", "-NonInteractive", "-Command", _POWERSHELL, timeout=15, cancel=cancel
    )
    found = Accelerators()
    for device in _objects(answer.stdout):
        names = found.gpus if device.get("PNPClass") == "Display" else found.npus
        names.append(str(device.get("Name") or "unnamed"))
    if answer.code != 0:
        found.problem = f"PowerShell {answer.problem or 'ended with an error'}"
    return found


def _objects(text: str, key: str = "") -> list[dict[str, object]]:
    """The objects of a JSON list (under `key`); one alone stands without a list in PowerShell's answers."""
    try:
        data = json.loads(text)
    except ValueError:
        return []
    if key:
        data = data.get(key) if isinstance(data, dict) else None
    items = data if isinstance(data, list) else [data]
    return [item for item in items if isinstance(item, dict)]
