"""Plans for slmtui's own folders: one that is not there is made, one that is ours but locked is unlocked."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from slmtui.environment.fix_plan import FixPlan, Step


def folder_plan(check_id: str, folders: Iterable[Path], whose: str = "slmtui's folders") -> FixPlan | None:
    """The plan that makes `folders` writable; None where that is not ours to do."""
    steps = tuple(step for folder in folders for step in _steps(folder))
    if not steps:
        return None
    return FixPlan(
        id=f"fix-{check_id}",
        title=f"Make {whose} writable",
        mends=(check_id,),
        interpreter=None,
        steps=tuple(dict.fromkeys(steps)),
        downloads="Nothing.",
        changes="Only the permissions of these folders, or that they exist; no file in them.",
        kind="folder",
    )


def _steps(folder: Path) -> Iterator[Step]:
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if nearest is None or not nearest.is_dir():
        return  # a drive that is not there, or a file in the way: only the user knows what is meant
    if _locked(nearest):
        yield Step(f"Let yourself write to {nearest}", ("chmod", "u+rwx", str(nearest)))
    elif not os.access(nearest, os.W_OK | os.X_OK):
        return
    if nearest != folder:
        make = (
            ("cmd", "/c", "mkdir", str(folder)) if sys.platform == "win32" else ("mkdir", "-p", str(folder))
        )
        yield Step(f"Make {folder}", make)


def _locked(folder: Path) -> bool:
    """Whether the folder is this user's, who has taken the right to write to it from themselves."""
    if sys.platform == "win32":
        return False  # folders there have access lists, which only their owner should touch
    else:  # noqa: RET505  (a type checker follows the platform only through an else)
        state = folder.stat()
        return state.st_uid == os.getuid() and state.st_mode & stat.S_IRWXU != stat.S_IRWXU
