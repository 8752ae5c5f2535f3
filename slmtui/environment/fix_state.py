"""What a fix may change, looked at before and after it, so that the difference can be told."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slmtui.config import toolchain
from slmtui.environment.fix_plan import FixPlan
from slmtui.environment.interpreter import examine
from slmtui.environment.inventory import Inventory, changes, inventory, set_aside
from slmtui.events import Failure


@dataclass(frozen=True, slots=True)
class State:
    """Packages, what pip has set aside among them, and other facts by their names."""

    packages: Inventory
    aside: frozenset[Path]
    facts: Mapping[str, str]

    def changes_since(self, before: State) -> tuple[str, ...]:
        """One line a change."""
        others = tuple(
            f"{name}: {before.facts[name]} → {now}"
            for name, now in self.facts.items()
            if before.facts.get(name, now) != now
        )
        return changes(before.packages, self.packages) + others


def look(plan: FixPlan) -> State:
    """How it stands now with what `plan` changes; a few folders are listed, nothing is run."""
    paths: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    if plan.kind in ("install", "source-build") and plan.interpreter is not None:
        try:
            paths = examine(plan.interpreter).paths
        except Failure:
            paths = ()
    elif plan.kind == "folder":
        facts = {str(folder): _folder(folder) for step in plan.steps for folder in [Path(step.command[-1])]}
    else:
        now = toolchain.current()
        facts = {"Olive runs with": f"{now.python} ({now.kind})"}
    return State(inventory(paths), set_aside(paths), facts)


def _folder(folder: Path) -> str:
    try:
        return f"there, mode {stat.S_IMODE(folder.stat().st_mode):o}"
    except OSError:
        return "not there"
