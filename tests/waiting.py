"""What tests wait for: never for a time that a slow machine can miss.

How fast something is, is measured in `tests/benchmarks`, beside something else on the same machine. A test
says that it is not waited for what never comes: its stand-ins sleep for `ENDLESS` seconds or longer, and what
does not wait for them is over long before.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds that the stand-ins sleep which nobody shall wait for.
ENDLESS = 60
# Less than they sleep, and more than a machine needs for anything that is done at once, be it ever so busy.
LONG_BEFORE = ENDLESS / 2


def comes(condition: Callable[[], object], seconds: float = LONG_BEFORE) -> bool:
    """Whether `condition` comes true; what it waits for has been begun already."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True
