"""Is this machine ready? All checks, in the order of a reader's interest, the quick ones first.

None imports a heavy package, none changes anything, and none can hold up or break the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial

from slmtui.environment import folders, packages, system, terminal, tools
from slmtui.environment.check import Check
from slmtui.environment.foundry_check import foundry
from slmtui.events import Cancel

_QUICK: tuple[Callable[[], Check | Iterator[Check]], ...] = (
    system.python,
    system.machine,
    system.cpu,
    system.memory,
    system.disk,
    terminal.terminal,
    folders.own_folders,
    folders.foundry_folders,
    folders.long_paths,
    packages.packages,
    packages.package_requirements,
)
# They wait for other programs, at the same time.
_SLOW: tuple[Callable[[Cancel], Check], ...] = (tools.cmake, tools.git, tools.compiler, foundry)


def checks(cancel: Cancel | None = None) -> Iterator[Check]:
    """Each check as it finishes. Programs it asks are ended when it is closed or cancelled.

    Raises:
        Cancelled: `cancel` was set.
    """
    cancel = cancel or Cancel()
    stop = Cancel()
    with cancel.calling(stop.set), ThreadPoolExecutor(len(_SLOW), "check") as pool:
        try:
            slow = [pool.submit(_first, partial(check, stop), check.__name__) for check in _SLOW]
            for quick in _QUICK:
                cancel.check()
                yield from _safely(quick, quick.__name__)
            for done in as_completed(slow):
                cancel.check()
                yield done.result()
        finally:
            stop.set()


def ready(checks: Iterable[Check]) -> bool:
    """Whether nothing stops a deployment."""
    return all(check.status != "fail" for check in checks)


def _first(examine: Callable[[], Check | Iterator[Check]], name: str) -> Check:
    return next(_safely(examine, name))


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
