"""Working with one of this package's worker processes: one request, its progress, its last reply."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config import toolchain
from slmtui.events import Cancel, Failure, LogLine, Progress, Service, Usage
from slmtui.process import Child
from slmtui.process_tree import Meter
from slmtui.text import plain

# How often a worker's pipe is left to look for the wish to cancel, and its memory is told, in seconds.
_POLL = 0.1
_USAGE_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """A worker's part of a job, for its progress.

    `stage` is the job's, `doing` begins its texts ("Comparing"), `who` is the model that reads `what`. It
    takes the job from the fraction `begin` to `end`, and is at `loaded` once its model is in memory.
    """

    stage: str
    doing: str
    who: str
    begin: float
    loaded: float
    end: float
    what: str = "the probe"

    def progress(self, message: Mapping[str, Any], since: float) -> Iterator[Progress]:
        """What the worker's `message` says of its progress; it reads since then (`time.monotonic`)."""
        if message["event"] == "loaded":
            yield Progress(self.stage, f"{self.doing}: the {self.who} reads", self.loaded)
        elif message["event"] == "read":
            number, of = message["number"], message["of"]
            text = f"{self.doing}: the {self.who} reads, {number} of {of}"
            share = number / of
            # The next worker takes as long as its part is large, as far as anyone knows.
            left = (time.monotonic() - since) / number * (of - number)
            left += (time.monotonic() - since) / share * (1 - self.end) / (self.end - self.loaded)
            yield Progress(self.stage, text, self.loaded + share * (self.end - self.loaded), left)


def work(
    worker: str,
    part: Part,
    request: Mapping[str, Any],
    cancel: Cancel,
    log: Path | None,
    environment: Mapping[str, str],
) -> Service[dict[str, Any]]:
    """Let one worker do what `request` asks; returns its last reply. Yields `Progress`, `LogLine`, `Usage`.

    A worker says `loaded`, then `read` (`number`, `of`) after each piece; what else it says is its last word.

    Raises:
        Failure: it broke down or was ended.
        Cancelled: it is gone.
    """
    last: dict[str, Any] | None = None
    told = loaded_at = 0.0
    cancel.check()
    python = toolchain.current().python
    with Child(worker, python=python, environment=environment, log=log, yielding=True) as child:
        meter = Meter(child.pid)
        child.send(request)
        yield Progress(part.stage, f"{part.doing}: loading the {part.who}", part.begin)
        for message in child.messages(timeout=_POLL):
            cancel.check()
            if isinstance(message, LogLine):
                yield message
            elif message is not None:
                if message["event"] == "loaded":
                    loaded_at = time.monotonic()
                yield from part.progress(message, loaded_at)
                if message["event"] not in ("loaded", "read"):
                    last = message
            if time.monotonic() - told >= _USAGE_EVERY:
                told = time.monotonic()
                yield Usage(*meter.sample())
        cancel.check()
        if last is None:
            death = child.death()
            raise Failure(f"{death.cause} It was reading {part.what} with the {part.who}.", death.fix, log)
    if last["event"] == "crashed":
        said = plain(f"{last['kind']}: {last['message']}")[:300]
        raise Failure(f"The {part.who} could not read {part.what}: {said}", "", log)
    return last


def offline(work: Path) -> dict[str, str]:
    """The variables that keep the libraries from the network, and their caches inside the folder `work`."""
    return {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "HF_HOME": str(work / "huggingface"),
        "HF_HUB_CACHE": str(work / "huggingface" / "hub"),
        "HF_MODULES_CACHE": str(work / "huggingface" / "modules"),
    }
