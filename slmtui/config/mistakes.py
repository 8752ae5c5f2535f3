"""An exception nobody expected is our own mistake: it is kept in a file, and told like any other failure."""

from __future__ import annotations

import os
import time
import traceback
from pathlib import Path

from slmtui.config import locations
from slmtui.events import Failure


def mistake(error: BaseException) -> Failure:
    """The failure that stands for `error`; its traceback is in a log file of its own."""
    trace = "".join(traceback.format_exception(error))
    log: Path | None = locations.log_dir() / f"mistake-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    try:
        assert log is not None  # noqa: S101
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(trace, encoding="utf-8", errors="replace")
    except OSError:
        log = None  # nowhere to keep it; the cause still says what it was
    said = " ".join(str(error).split())[:300]
    cause = f"slmtui made a mistake: {type(error).__name__}: {said}"
    return Failure(cause, "Please report it with the traceback.", log)
