from __future__ import annotations

import subprocess
import sys

import pytest

from slmtui.foundry.locks import Busy, holding

_HOLD = """
import sys
from slmtui.foundry.locks import holding
with holding("x"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_held_by_another_process_is_busy_until_that_dies() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"

        with pytest.raises(Busy), holding("x"):
            pass
        with holding("y"):
            pass
        holder.kill()
        holder.wait()

    with holding("x", wait_seconds=5):
        pass


def test_a_lock_held_in_this_process_is_busy_too() -> None:
    with holding("x"), pytest.raises(Busy), holding("x", wait_seconds=0.05):
        pass
    with holding("x"):
        pass
