"""GPU and NPU: a /sys of the test's own, and programs played by stand-ins. None of them is real."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.environment import accelerators as module
from slmtui.environment.accelerators import accelerators
from slmtui.environment.check import Check
from slmtui.environment.command import Answer
from slmtui.environment.doctor import ready
from slmtui.events import Cancel

Device = Callable[..., Path]


def looked_at() -> dict[str, Check]:
    return {check.id: check for check in accelerators(Cancel())}


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_path: Path) -> Path:
    """A Linux with no device at all."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name, place in (("SYS", "sys"), ("NVIDIA", "nvidia"), ("WSL_GPU", "dxg")):
        monkeypatch.setattr(module, name, tmp_path / place)
    return tmp_path


@pytest.fixture
def device(linux: Path) -> Device:
    """Puts a device into /sys: on the PCI bus, and in the class of its driver."""

    def put(slot: str, kind: str, vendor: str, driver: str = "", also: str = "") -> Path:
        real = linux / "sys" / "devices" / slot
        real.mkdir(parents=True)
        if kind:
            (real / "class").write_text(f"{kind}\n", encoding="utf-8")
            (real / "vendor").write_text(f"{vendor}\n", encoding="utf-8")
            bus = linux / "sys" / "bus" / "pci" / "devices"
            bus.mkdir(parents=True, exist_ok=True)
            (bus / slot).symlink_to(real)
        if driver:
            (linux / "sys" / "drivers" / driver).mkdir(parents=True, exist_ok=True)
            (real / "driver").symlink_to(linux / "sys" / "drivers" / driver)
        if also:
            (linux / "sys" / "class" / also).mkdir(parents=True)
            (linux / "sys" / "class" / also / "device").symlink_to(real)
        return real

    return put


posix = pytest.mark.skipif(sys.platform == "win32", reason="/sys is made of links")


@posix
def test_without_any_device_none_is_seen_and_none_is_needed(linux: Path):
    found = looked_at()
    assert [(check.status, check.found) for check in found.values()] == [("skipped", "none seen")] * 2
    assert ready(found.values())


@posix
def test_each_device_is_named_once_with_its_driver(device: Device):
    device("0000:00:02.0", "0x030000", "0x8086", "i915", "drm/card0")
    device("0000:00:0b.0", "0x120000", "0x8086", "intel_vpu", "accel/accel0")
    device("0000:00:1f.0", "0x060100", "0x8086")
    found = looked_at()
    assert (found["gpu"].status, found["gpu"].found) == ("ok", "Intel (i915)")
    assert (found["npu"].status, found["npu"].found) == ("ok", "Intel (intel_vpu)")


@posix
def test_amds_npu_is_known_by_its_driver_and_a_gpu_without_one_is_seen_too(device: Device):
    device("0000:c5:00.1", "0x118000", "0x1022", "amdxdna")
    device("0000:01:00.0", "0x030200", "0x10de")
    found = looked_at()
    assert found["npu"].found == "AMD (amdxdna)"
    assert found["gpu"].found == "NVIDIA (no driver)"


@posix
def test_a_gpu_that_is_on_no_bus_is_seen(device: Device):
    device("soc-gpu", "", "", "panfrost", "drm/card1")
    assert looked_at()["gpu"].found == "unknown maker (panfrost)"


@posix
def test_nvidia_tells_the_names_of_its_gpus(device: Device, stand_in):
    device("0000:01:00.0", "0x030000", "0x10de", "nvidia")
    device("0000:02:00.0", "0x030000", "0x1002", "amdgpu")
    question = "--query-gpu=name,memory.total --format=csv,noheader"
    stand_in("nvidia-smi", {question: "NVIDIA GeForce RTX 4090, 24564 MiB\n"})
    assert looked_at()["gpu"].found == "NVIDIA GeForce RTX 4090, 24564 MiB, AMD (amdgpu)"


@posix
def test_nvidias_names_come_from_its_driver_where_its_program_has_nothing_to_say(linux: Path, stand_in):
    stand_in("nvidia-smi", {})
    folder = linux / "nvidia" / "0000:01:00.0"
    folder.mkdir(parents=True)
    (folder / "information").write_text("Model: \t Tesla T4\nIRQ: 5\n", encoding="utf-8")
    assert looked_at()["gpu"].found == "Tesla T4"


@posix
def test_wsl_lends_a_gpu_that_is_no_device(linux: Path):
    (linux / "dxg").touch()
    assert looked_at()["gpu"].found == "the one Windows lends to WSL"


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """What the system's own program says, which this machine may not have."""

    def say(answer: Answer) -> None:
        monkeypatch.setattr(module, "ask", lambda *_, **__: answer)
        monkeypatch.setattr(module.shutil, "which", lambda name: name)

    return say


def test_a_mac_is_asked_by_its_profiler(monkeypatch, answering):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(module.platform, "machine", lambda: "arm64")
    displays = {"SPDisplaysDataType": [{"_name": "Apple M3", "sppci_model": "Apple M3", "sppci_cores": "10"}]}
    answering(Answer(0, json.dumps(displays)))
    found = looked_at()
    assert (found["gpu"].found, found["npu"].found) == ("Apple M3, 10 cores", "Apple Neural Engine")


def test_windows_is_asked_for_the_devices_it_has_running(monkeypatch, answering):
    monkeypatch.setattr(sys, "platform", "win32")
    devices = [
        {"Name": "Qualcomm(R) Adreno(TM) X1-85 GPU", "PNPClass": "Display"},
        {"Name": "Snapdragon(R) X Elite NPU", "PNPClass": "ComputeAccelerator"},
    ]
    answering(Answer(0, json.dumps(devices)))
    found = looked_at()
    assert found["gpu"].found == "Qualcomm(R) Adreno(TM) X1-85 GPU"
    assert found["npu"].found == "Snapdragon(R) X Elite NPU"
    answering(Answer(0, json.dumps(devices[0])))  # PowerShell writes one device without a list around it
    assert looked_at()["gpu"].found == "Qualcomm(R) Adreno(TM) X1-85 GPU"


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_a_system_that_does_not_answer_is_told_and_stops_nothing(monkeypatch, answering, system: str):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    answering(Answer(None, "", "", "gave no answer within 10 s"))
    found = looked_at()
    assert found["gpu"].status == "skipped"
    assert "gave no answer within 10 s" in found["gpu"].found
    assert ready(found.values())


@pytest.mark.parametrize("rubbish", ["", "[1, 2", "null", '"text"', "[null, 7]", '{"SPDisplaysDataType": 3}'])
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_rubbish_is_no_device(monkeypatch, answering, system: str, rubbish: str):
    monkeypatch.setattr(sys, "platform", system)
    answering(Answer(0, rubbish))
    assert looked_at()["gpu"].status == "skipped"
