"""One step of a fix, run: its output as events, its progress, and the diagnosis where it fails."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import IO

from slmtui.environment.fix_diagnosis import failure
from slmtui.environment.fix_plan import Step
from slmtui.environment.fix_progress import StepProgress
from slmtui.environment.running import run
from slmtui.events import Cancel, LogLine, Service

_LINES_KEPT = 400


def run_step(
    step: Step, progress: StepProgress, cancel: Cancel, log: IO[str], temporary: Path
) -> Service[None]:
    """Run a step's command; `log` is the open log, `temporary` the folder for what it unpacks.

    Raises:
        Failure: it failed, with the cause as far as what it printed tells it.
        Cancelled: its whole process tree is gone.
    """
    log.write(f"$ {step.line}\n")
    # English, so that what went wrong can be read out of it.
    environment = {"LANGUAGE": "C", "LC_MESSAGES": "C"} | dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP"), str(temporary)
    )
    lines: deque[str] = deque(maxlen=_LINES_KEPT)
    command = run(step.command, cancel, log, environment)
    code = 0
    while True:
        try:
            event = next(command)
        except StopIteration as end:
            code = end.value
            break
        yield event
        if isinstance(event, LogLine):
            lines.append(event.text)
            if (now := progress.read(event.text)) is not None:
                yield now
    if code:
        raise failure(step, code, lines, Path(log.name))
