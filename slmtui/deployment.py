"""Deployment: the thing that moves through the stations, saved as TOML after every step.

It lets slmtui quit at any moment and go on where it stopped: each station writes its state and its record
(plain values: text, numbers, lists) into it.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from slmtui.config.files import write_atomic
from slmtui.config.locations import deployments_dir
from slmtui.events import Failure

Station: TypeAlias = Literal["source", "conversion", "prompt", "foundry", "runtime"]
State: TypeAlias = Literal["waiting", "running", "verified", "failed"]

STATIONS: tuple[Station, ...] = ("source", "conversion", "prompt", "foundry", "runtime")
# What is to be done at each station, in a person's words; None is the end.
NEXT_WORDS: Mapping[Station | None, str] = {
    "source": "inspect the source",
    "conversion": "convert",
    "prompt": "write the template",
    "foundry": "deploy",
    "runtime": "chat",
    None: "deployed and verified",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Devices on Windows, with any ending: no folder can be called so.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """What one station has recorded: its state, when, and its plain-valued record."""

    state: State = "waiting"
    at: str = ""
    record: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Deployment:
    """A model on its way from `source` to a chat, under one name."""

    name: str
    source: str
    created: str
    steps: Mapping[Station, Step]

    @classmethod
    def new(cls, name: str, source: str | Path) -> Deployment:
        """A deployment at its start.

        Raises:
            Failure: the name cannot be a folder's name everywhere.
        """
        return cls(check_name(name), str(source), _now(), {s: Step() for s in STATIONS})

    @property
    def path(self) -> Path:
        """The file it is saved in."""
        return deployments_dir() / f"{self.name}.toml"

    def step(self, station: Station) -> Step:
        """What `station` has recorded so far."""
        return self.steps.get(station, Step())

    def next_station(self) -> Station | None:
        """The first station that is not verified yet, None when all are."""
        return next((s for s in STATIONS if self.step(s).state != "verified"), None)

    def with_step(self, station: Station, state: State, **record: Any) -> Deployment:
        """A copy in which `station` has this state and record; later stations wait again.

        What was proved about the old result says nothing about a new one.
        """
        index = STATIONS.index(station)
        steps = {s: self.step(s) for s in STATIONS[:index]}
        steps[station] = Step(state, _now(), {k: v for k, v in record.items() if v is not None})
        # What they have made is still there, and whoever makes it anew has to know that it is ours.
        steps |= {s: Step("waiting", "", self.step(s).record) for s in STATIONS[index + 1 :]}
        return dataclasses.replace(self, steps=steps)

    def save(self) -> Deployment:
        """Write it to its file; returns itself, so that calls chain."""
        import tomlkit  # only who writes pays for it; every start reads

        document = tomlkit.document()
        document.update({"name": self.name, "source": self.source, "created": self.created})
        stations: dict[str, Any] = {}
        for station in STATIONS:
            step = self.step(station)
            if step.state != "waiting" or step.record:
                # In a table of their own: the first station is called source, as the model's path is.
                stations[station] = {
                    "state": step.state,
                    "at": step.at,
                    "record": dict(step.record),
                }
        document["stations"] = stations
        write_atomic(self.path, tomlkit.dumps(document))
        return self

    def delete(self) -> None:
        """Forget it; what its stations made stays where it is."""
        self.path.unlink(missing_ok=True)


def load(name: str) -> Deployment:
    """The deployment saved under `name`.

    Raises:
        Failure: there is none, or its file is damaged.
    """
    path = deployments_dir() / f"{check_name(name)}.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        steps: dict[Station, Step] = {}
        for station in STATIONS:
            saved = document.get("stations", {}).get(station, {})
            # A job that was running when the program ended is not running now.
            state = saved.get("state", "waiting")
            steps[station] = Step(
                "waiting" if state not in ("verified", "failed") else state,
                str(saved.get("at", "")),
                dict(saved.get("record", {})),
            )
        return Deployment(
            str(document["name"]), str(document["source"]), str(document.get("created", "")), steps
        )
    except FileNotFoundError as error:
        raise Failure(
            f"There is no deployment called {name}.", "`slmtui list` shows those there are."
        ) from error
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Failure(
            f"The deployment file {path} cannot be read: {error}",
            "Mend or delete that file; the models it speaks of stay where they are.",
        ) from error


def saved() -> tuple[list[Deployment], list[Failure]]:
    """All saved deployments, the latest touched first, and what is wrong with those that are damaged."""
    found: list[tuple[float, Deployment]] = []
    damaged: list[Failure] = []
    for path in deployments_dir().glob("*.toml"):
        try:
            found.append((path.stat().st_mtime, load(path.stem)))
        except Failure as failure:
            damaged.append(failure)
        except OSError:
            continue  # deleted between the listing and the look
    return [d for _, d in sorted(found, key=lambda pair: -pair[0])], damaged


def check_name(name: str) -> str:
    """`name`, if it can be a folder and a model's name on every system.

    Raises:
        Failure: it cannot, with the reason.
    """
    device = _DEVICE.fullmatch(name)
    if _NAME.fullmatch(name) and not name.endswith(".") and not device:
        return name
    if not name:
        why = "it is empty"
    elif bad := sorted(set(re.findall(r"[^A-Za-z0-9._-]", name))):
        why = "it contains " + " ".join(repr(c) for c in bad[:5])
    elif len(name) > 64:
        why = f"it has {len(name)} characters"
    elif device:
        why = "it is a device's name on Windows"
    else:
        why = "it has to start with a letter or a digit and must not end with a dot"
    raise Failure(
        f"The name {name!r} cannot be used: {why}.",
        "Use up to 64 letters, digits, dots, dashes and underscores, such as my-model-int4.",
    )


def usable_name(wanted: str) -> str:
    """A valid name like `wanted`, whether it is taken or not: `My model (v2)` becomes `My-model-v2`."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._")[:64].rstrip(".")
    return "model" if not name or _DEVICE.fullmatch(name) else name


def free_name(wanted: str, taken_elsewhere: Iterable[str] = ()) -> str:
    """A valid name like `wanted` that no saved deployment has: `model`, `model-2`, `model-3`…"""
    base = usable_name(wanted)[:56].rstrip(".")
    taken = {path.stem.lower() for path in deployments_dir().glob("*.toml")}
    taken |= {name.lower() for name in taken_elsewhere}
    name, number = base, 2
    while name.lower() in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
