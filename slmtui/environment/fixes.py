"""What slmtui can mend, for the checks that found something; `mend.py` carries it out after a yes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slmtui.config import locations
from slmtui.environment.check import Check
from slmtui.environment.fix_folders import folder_plan
from slmtui.environment.fix_packages import package_plans, toolchain_plan
from slmtui.environment.fix_plan import FixPlan, PlanKind, Step

__all__ = ["FixPlan", "PlanKind", "Step", "for_check", "plans", "toolchain_plan"]


def plans(checks: Sequence[Check], *, from_source: bool = False) -> tuple[FixPlan, ...]:
    """The fixes for what `checks` found wrong, in the order they should run.

    `from_source` builds ONNX Runtime GenAI even where there is a wheel.
    """
    found = {check.id: check for check in checks if check.status in ("warn", "fail")}
    return (*_folders(found), *package_plans(found, from_source=from_source))


def for_check(check: Check, plans: Iterable[FixPlan]) -> FixPlan | None:
    """The plan that mends `check`; None where only its `fix` can be read."""
    return next((plan for plan in plans if check.id in plan.mends), None)


def _folders(found: dict[str, Check]) -> Iterator[FixPlan]:
    """First: what comes after them writes its log there."""
    own = (locations.config_dir(), locations.data_dir(), locations.cache_dir(), locations.log_dir())
    foundry = (locations.foundry_home() / "cache" / "models",)
    for check_id, folders, whose in (
        ("folders", own, "slmtui's folders"),
        ("foundry-folders", foundry, "slmtui's Foundry cache"),
    ):
        if check_id in found and (plan := folder_plan(check_id, folders, whose)) is not None:
            yield plan
