"""The machine in general terms: what figures depend on, and nothing that names it or its user."""

from __future__ import annotations

import platform

import psutil

from slmtui.environment import system
from slmtui.report.document import Machine
from slmtui.units import size


def machine() -> Machine:
    """This machine."""
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        processor=system.cpu().found,
        memory=size(psutil.virtual_memory().total),
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )
