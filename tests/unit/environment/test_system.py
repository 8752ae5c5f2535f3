"""The machine's checks, with memory, disk and processor simulated at the probe."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from slmtui.config import locations
from slmtui.environment import container, folders, processor, system, terminal
from slmtui.environment.demand import Demand

GB = 10**9


class Memory(NamedTuple):
    total: int
    available: int


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "status"), [(22, "ok"), (8, "ok"), (7.9, "warn"), (2, "warn"), (0.9, "fail")]
)
def test_free_memory_is_held_against_the_guides_rule(monkeypatch, free: float, status: str):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(32 * GB, int(free * GB)))
    monkeypatch.setattr(container, "memory", lambda: None)
    check = system.memory()
    assert (check.status, check.needed) == (status, "8.0 GB free")
    assert f"{free:.1f}".rstrip("0").rstrip(".") in check.found or "900 MB" in check.found
    assert bool(check.fix) == (status != "ok")


def test_a_containers_limit_counts(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(64 * GB, 50 * GB))
    monkeypatch.setattr(container, "memory", lambda: container.Limit(4 * GB, 3 * GB))
    check = system.memory()
    assert check.status == "warn"
    assert check.found == "3.0 GB free of 4.0 GB in this container"


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of /sys/fs/cgroup, and this process in its group a/b."""
    monkeypatch.setattr(container, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(container, "OWN_CGROUP", tmp_path / "own")
    (tmp_path / "own").write_text("0::/a/b\n", encoding="utf-8")
    (tmp_path / "cgroup" / "a" / "b").mkdir(parents=True)
    return tmp_path / "cgroup"


def limit(group: Path, most: str, used: int, cached: int) -> None:
    (group / "memory.max").write_text(most, encoding="utf-8")
    (group / "memory.current").write_text(str(used), encoding="utf-8")
    (group / "memory.stat").write_text(f"anon 1\ninactive_file {cached}\nfile 9\n", encoding="utf-8")


def test_the_tightest_limit_above_this_process_holds(groups: Path):
    limit(groups / "a" / "b", "max", 100, 0)
    limit(groups / "a", "4000", 3000, 1000)
    limit(groups, "9000", 0, 0)
    assert container.memory() == (4000, 2000)


def test_without_a_limit_there_is_none(groups: Path):
    limit(groups / "a" / "b", "max", 100, 0)
    assert container.memory() is None


def test_without_control_groups_there_is_no_limit(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(container, "OWN_CGROUP", tmp_path / "nothing")
    assert container.memory() is None


def demand(
    memory: float | None = 3, disk: float = 6, result: float = 3, output: Path | None = None
) -> Demand:
    """What a source takes, in GB."""
    bytes_ = None if memory is None else int(memory * GB)
    return Demand("a-model", bytes_, int(disk * GB), int(result * GB), output or locations.models_dir() / "x")


@pytest.mark.parametrize(
    ("free", "swap", "status"),
    [(3, 0, "ok"), (2, 0, "fail"), (2, 0.9, "fail"), (2, 1, "warn"), (0.5, 9, "warn")],
)
def test_free_memory_is_held_against_what_the_source_takes(monkeypatch, free, swap, status: str):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(32 * GB, int(free * GB)))
    monkeypatch.setattr(psutil, "swap_memory", lambda: Disk(9 * GB, 0, int(swap * GB)))
    monkeypatch.setattr(container, "memory", lambda: None)
    check = system.memory(demand())
    assert (check.status, check.needed) == (status, "3.0 GB free")
    assert "a-model" in check.reason
    assert bool(check.fix) == (status != "ok")


def test_a_source_whose_memory_is_not_known_is_held_against_the_guides_rule(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(32 * GB, 7 * GB))
    monkeypatch.setattr(container, "memory", lambda: None)
    check = system.memory(demand(memory=None))
    assert (check.status, check.needed) == ("warn", "8.0 GB free")


@pytest.mark.parametrize(("free", "status"), [(80, "ok"), (6, "ok"), (5.9, "fail"), (0, "fail")])
def test_a_disk_is_held_against_what_the_source_takes(monkeypatch, free: float, status: str):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(100 * GB, 0, int(free * GB)))
    check = system.disk(demand())
    assert (check.status, check.needed) == (status, "6.0 GB free")
    assert bool(check.fix) == (status != "ok")
    if status == "fail":
        assert "a-model" in check.reason
        assert "output folder on another disk" in check.fix


def test_each_volume_is_held_against_what_goes_onto_it(monkeypatch, tmp_path: Path):
    """The output's disk has room, the one of the deployed copy has not: simulated by device numbers."""
    output, cache = tmp_path / "output", locations.foundry_home() / "cache" / "models"
    output.mkdir()
    cache.mkdir(parents=True)
    free = {output: 7, cache: 2}
    devices = {output: 1, cache: 2}

    class Stat(NamedTuple):
        st_dev: int

    monkeypatch.setattr(system, "existing", lambda path: Place(path, Stat(devices.get(path, 3))))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Disk(0, 0, free.get(place.path, 50) * GB))
    check = system.disk(demand(output=output))
    assert check.status == "fail"
    assert check.found == (
        "7.0 GB for the output, 2.0 GB for the deployed copy, 50.0 GB for downloads and temporary files"
    )
    assert check.needed == "3.0 GB free"
    assert "for the deployed copy" in check.reason
    assert str(cache) in check.fix


class Place(NamedTuple):
    """A folder on a volume of the test's choice."""

    path: Path
    volume: object

    def stat(self) -> object:
        return self.volume


def test_the_output_folder_is_looked_at_and_not_made(tmp_path: Path):
    output = tmp_path / "new" / "output"
    check = folders.output_folder(demand(output=output))
    assert (check.id, check.status) == ("output", "ok")
    assert not output.parent.exists()
    output.parent.write_text("a file in the folder's place", encoding="utf-8")
    check = folders.output_folder(demand(output=output))
    assert check.status == "fail"
    assert str(output) in check.fix
    assert "choose an output folder" in check.fix


@pytest.mark.parametrize(("free", "status"), [(80, "ok"), (4.9, "warn"), (0.4, "fail"), (0, "fail")])
def test_a_full_disk_is_told(monkeypatch, free: float, status: str):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(100 * GB, 0, int(free * GB)))
    check = system.disk()
    assert check.status == status
    assert bool(check.fix) == (status != "ok")


def test_looking_at_the_disk_makes_no_folder(slmtui_home: Path):
    system.disk()
    folders.own_folders()
    folders.foundry_folders()
    assert not slmtui_home.exists()


@pytest.mark.parametrize(
    ("version", "status"),
    [((3, 10, 9), "fail"), ((3, 11, 0), "ok"), ((3, 14, 2), "ok"), ((3, 15, 0), "warn")],
)
def test_the_python_version_is_held_against_the_wheels(
    monkeypatch, version: tuple[int, int, int], status: str
):
    monkeypatch.setattr(sys, "version_info", version)
    check = system.python()
    assert check.status == status
    assert ".".join(map(str, version)) in check.found
    assert bool(check.fix) == (status != "ok")


def test_another_implementation_of_python_has_no_wheels(monkeypatch):
    monkeypatch.setattr(platform, "python_implementation", lambda: "PyPy")
    assert system.python().status == "fail"


@pytest.mark.parametrize(
    ("name", "machine", "libc", "status", "says"),
    [
        ("Linux", "x86_64", "glibc", "ok", "wheel"),
        ("Linux", "aarch64", "glibc", "ok", "wheel"),
        ("Linux", "x86_64", "", "warn", "Alpine"),
        ("Linux", "riscv64", "glibc", "warn", "no wheels"),
        ("Darwin", "arm64", "", "ok", "wheel"),
        ("Darwin", "x86_64", "", "warn", "Intel Macs"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows names its system by the interpreter alone")
def test_a_system_without_wheels_is_told(monkeypatch, name, machine, libc, status, says):
    monkeypatch.setattr(platform, "system", lambda: name)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: (libc, "2.39"))
    check = system.machine()
    assert check.status == status
    assert says in check.reason


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("processor : 0\nflags : fpu avx2 avx512f avx512_vnni\n", ("AVX-512 VNNI", "AVX-512", "AVX2")),
        ("flags\t\t: fpu avx\n", ()),
        ("Features\t: fp asimd asimddp i8mm\n", ("I8MM", "dot product")),
        ("hart : 0\n", None),
    ],
)
def test_the_instruction_sets_are_read_on_linux(tmp_path, monkeypatch, lines, found):
    (tmp_path / "cpuinfo").write_text(lines, encoding="utf-8")
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(sys, "platform", "linux")
    assert processor.instruction_sets() == found


@pytest.mark.parametrize(("found", "status"), [(("AVX2",), "ok"), ((), "warn"), (None, "skipped")])
def test_a_slow_processor_is_a_warning_and_an_unknown_one_is_not(monkeypatch, found, status: str):
    monkeypatch.setattr(processor, "instruction_sets", lambda: found)
    assert system.cpu().status == status


class Screen:
    """A standard output that is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.encoding = encoding

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("encoding", "variables", "size", "status", "says"),
    [
        ("utf-8", {"TERM": "xterm-256color", "COLORTERM": "truecolor"}, (120, 40), "ok", "24-bit colours"),
        ("UTF8", {"TERM": "xterm-256color"}, (80, 24), "ok", "256 colours"),
        ("utf-8", {"TERM": "xterm-kitty"}, (80, 24), "ok", "24-bit colours"),
        ("utf-8", {"TERM": "xterm-256color", "NO_COLOR": "1"}, (80, 24), "ok", "no colours (NO_COLOR)"),
        ("utf-8", {"TERM": "linux"}, (80, 24), "warn", "16 colours"),
        ("utf-8", {"TERM": "xterm-256color"}, (79, 24), "warn", "79×24"),
        ("iso-8859-1", {"TERM": "xterm-256color"}, (80, 24), "warn", "ISO8859-1"),
        ("no-such", {"TERM": "xterm-256color"}, (80, 24), "warn", "no-such"),
    ],
)
def test_the_terminal_is_described(monkeypatch, encoding, variables, size, status, says):
    for name in ("NO_COLOR", "COLORTERM", "TERM_PROGRAM", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "__stdout__", Screen(encoding))
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda _: terminal.os.terminal_size(size))
    check = terminal.terminal()
    assert check.status == status
    assert says in check.found
    assert bool(check.fix) == (status == "warn")


@pytest.mark.parametrize("stream", [None, sys.stdin])
def test_in_a_script_there_is_no_terminal_to_check(monkeypatch, stream):
    monkeypatch.setattr(sys, "__stdout__", stream)
    if stream is not None:
        monkeypatch.setattr(stream, "isatty", lambda: False, raising=False)
    assert terminal.terminal().status == "skipped"


def test_a_folder_that_cannot_be_made_is_named_with_its_fix(slmtui_home: Path):
    slmtui_home.write_text("a file in the folder's place", encoding="utf-8")
    for check in (folders.own_folders(), folders.foundry_folders()):
        assert check.status == "fail"
        assert str(slmtui_home) in check.fix
        assert "SLMTUI_HOME" in check.fix


def test_folders_that_can_be_written_are_named(slmtui_home: Path):
    check = folders.own_folders()
    assert check.status == "ok"
    assert str(locations.data_dir()) in check.reason


def test_foundry_locals_own_cache_is_looked_at_where_there_is_one(tmp_path: Path):
    cache = Path.home() / ".foundry" / "cache" / "models"
    assert str(cache) not in folders.foundry_folders().reason
    cache.mkdir(parents=True)
    assert str(cache) in folders.foundry_folders().reason
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(("enabled", "status"), [(True, "ok"), (False, "warn")])
def test_long_paths_are_a_matter_of_windows(monkeypatch, enabled: bool, status: str):
    if sys.platform != "win32":
        assert list(folders.long_paths()) == []
    monkeypatch.setattr(folders, "_long_paths_enabled", lambda: enabled)
    (check,) = folders.long_paths()
    assert check.status == status
    assert ("reg add HKLM\\SYSTEM" in check.fix) == (not enabled)
