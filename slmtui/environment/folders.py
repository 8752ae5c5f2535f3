"""The folders slmtui and Foundry Local write to."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from slmtui.config import locations
from slmtui.environment.check import Check
from slmtui.environment.demand import Demand
from slmtui.environment.system import existing

_FILE_SYSTEM = r"SYSTEM\CurrentControlSet\Control\FileSystem"


def own_folders() -> Check:
    """Whether settings, deployments, downloads and logs can be written; nothing is created."""
    return _writable(
        "folders",
        "Own folders",
        {
            "settings": locations.config_dir(),
            "deployments and models": locations.data_dir(),
            "downloads": locations.cache_dir(),
            "logs": locations.log_dir(),
        },
        "Without them slmtui cannot keep what it makes.",
    )


def foundry_folders() -> Check:
    """Whether the Foundry caches that slmtui deploys into can be written; nothing is created."""
    folders = {"slmtui's Foundry cache": locations.foundry_home() / "cache" / "models"}
    standard = Path.home() / ".foundry" / "cache" / "models"
    if standard.is_dir():
        folders["Foundry Local's cache"] = standard
    return _writable(
        "foundry-folders", "Foundry caches", folders, "Deploying copies the model into one of them."
    )


def output_folder(demand: Demand) -> Check:
    """Whether the output can be made where it is wanted; nothing is created."""
    return _writable(
        "output",
        "Output folder",
        {"the output": demand.output},
        "The converted model is built there.",
        "choose an output folder you may write to",
    )


def long_paths() -> Iterator[Check]:
    """Whether Windows takes paths longer than 260 characters; no check on other systems."""
    enabled = _long_paths_enabled()
    if enabled is None:
        return
    yield Check(
        "long-paths",
        "Long paths",
        "ok" if enabled else "warn",
        "enabled" if enabled else "disabled",
        "enabled",
        "Files of a deployed model can lie deeper than 260 characters.",
        ""
        if enabled
        else f"As administrator: reg add HKLM\\{_FILE_SYSTEM} /v LongPathsEnabled /t REG_DWORD /d 1 /f",
    )


def _long_paths_enabled() -> bool | None:
    enabled: bool | None = None
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _FILE_SYSTEM) as key:
                enabled = winreg.QueryValueEx(key, "LongPathsEnabled")[0] == 1
        except OSError:
            enabled = False
    return enabled


def _writable(
    check_id: str,
    title: str,
    folders: dict[str, Path],
    reason: str,
    instead: str = "set SLMTUI_HOME to a folder of yours",
) -> Check:
    refused = {purpose: path for purpose, path in folders.items() if not _can_write(path)}
    if not refused:
        places = ", ".join(sorted({str(path) for path in folders.values()}))
        return Check(check_id, title, "ok", "writable", "writable", f"{reason} {places}")
    purposes, paths = " and ".join(refused), ", ".join(str(path) for path in refused.values())
    return Check(
        check_id,
        title,
        "fail",
        f"not writable: {purposes}",
        "writable",
        reason,
        f"Make writable: {paths}; or {instead}.",
    )


def _can_write(folder: Path) -> bool:
    """Tried, not asked: permissions alone do not tell (read-only mounts, access lists, full quotas)."""
    try:
        place = existing(folder)
        if not place.is_dir():
            return False
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"slmtui")
    except OSError:
        return False
    return True
