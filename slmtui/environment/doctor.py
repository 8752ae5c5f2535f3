"""Is this machine ready? All checks, in the order of a reader's interest, the quick ones first.

None imports a heavy package, none changes anything, and none can hold up or break the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import NamedTuple

from slmtui.environment import folders, packages, system, terminal, tools
from slmtui.environment.accelerators import accelerators
from slmtui.environment.check import Check
from slmtui.environment.demand import Demand
from slmtui.environment.foundry_check import foundry
from slmtui.environment.foundry_sdk_check import foundry_sdk
from slmtui.environment.hub import hub
from slmtui.environment.privacy import telemetry
from slmtui.environment.providers import execution_providers
from slmtui.environment.settings_check import settings_file
from slmtui.environment.toolchain_check import tool_chain
from slmtui.events import Cancel

_QUICK: tuple[Callable[..., Check | Iterator[Check]], ...] = (
    system.python,
    system.machine,
    system.cpu,
    system.memory,
    system.disk,
    terminal.terminal,
    folders.own_folders,
    folders.foundry_folders,
    folders.long_paths,
    settings_file,
    tool_chain,  # another Python has to be asked, and may take its time
    packages.packages,
    packages.package_requirements,
    foundry_sdk,
)
# Those of them that are held against what a chosen source takes.
_BY_SOURCE = (system.memory, system.disk)


class _Slow(NamedTuple):
    """A check that waits for another program or reads much; `rows` are ids and titles of what it finds."""

    examine: Callable[[Cancel], Check | Iterator[Check]]
    rows: tuple[tuple[str, str], ...]


# All at the same time, the longest first.
_SLOW = (
    _Slow(execution_providers, (("providers", "Execution providers"),)),
    _Slow(foundry, (("foundry-command", "foundry command"),)),
    _Slow(accelerators, (("gpu", "GPU"), ("npu", "NPU"))),
    _Slow(telemetry, (("telemetry", "Telemetry"),)),
    _Slow(tools.cmake, (("cmake", "CMake"),)),
    _Slow(tools.git, (("git", "Git"),)),
    _Slow(tools.compiler, (("compiler", "C++ compiler"),)),
)
_HUB = ("hub", "Hugging Face hub")


def pending(model_on_hub: str | None = None) -> tuple[tuple[str, str], ...]:
    """Ids and titles of the rows that take a moment, for whoever shows a place for them meanwhile."""
    rows = tuple(row for slow in _SLOW for row in slow.rows)
    return (*rows, _HUB) if model_on_hub else rows


def checks(
    cancel: Cancel | None = None, demand: Demand | None = None, model_on_hub: str | None = None
) -> Iterator[Check]:
    """Each check as it finishes. Programs it asks are ended when it is closed or cancelled.

    With a `demand` memory and disk are held against that source's, and its output folder is looked at. The
    hub is asked only about a `model_on_hub` (`org/name`).

    Raises:
        Cancelled: `cancel` was set.
    """
    cancel = cancel or Cancel()
    stop = Cancel()
    waiting: tuple[_Slow, ...] = _SLOW
    if model_on_hub:
        waiting = (_Slow(partial(hub, model=model_on_hub), (_HUB,)), *waiting)
    with cancel.calling(stop.set), ThreadPoolExecutor(len(waiting), "check") as pool:
        try:
            slow = [pool.submit(_all, partial(one.examine, stop), one.rows[0][0]) for one in waiting]
            for quick, name in _quick(demand):
                cancel.check()
                yield from _safely(quick, name)
            for done in as_completed(slow):
                cancel.check()
                yield from done.result()
        finally:
            stop.set()


def _quick(demand: Demand | None) -> Iterator[tuple[Callable[[], Check | Iterator[Check]], str]]:
    """The quick checks with their names."""
    for check in _QUICK:
        by_source = demand is not None and check in _BY_SOURCE
        yield (partial(check, demand) if by_source else check), check.__name__
    if demand is not None:
        yield partial(folders.output_folder, demand), "output"


def ready(checks: Iterable[Check]) -> bool:
    """Whether nothing stops a deployment."""
    return all(check.status != "fail" for check in checks)


def _all(examine: Callable[[], Check | Iterator[Check]], name: str) -> list[Check]:
    return list(_safely(examine, name))


def _safely(examine: Callable[[], Check | Iterator[Check]], name: str) -> Iterator[Check]:
    """What `examine` finds; if it breaks on a machine nobody has thought of, that is a finding, too."""
    try:
        found = examine()
        if isinstance(found, Check):
            yield found
        else:
            yield from found
    except Exception as error:
        yield Check(
            name.replace("_", "-"),
            name.replace("_", " ").capitalize(),
            "warn",
            f"could not be examined: {type(error).__name__}: {error}",
            "",
            "Something on this machine is unlike anything slmtui was tried on.",
            "Report it with this line; the other checks hold.",
        )
