"""What slmtui has put into which cache folder: `foundry.toml` among its data.

An entry is written before the deed (`placing`), after it (`deployed`) and before it is undone (`removing`),
so that whatever a killed process left behind can be put right (`repair.py`); `partial` is a copy that was
interrupted and goes on next time. For every cache folder it also knows which folders and files were slmtui's
own making, and the SDK's list of models as it was before slmtui came: undoing leaves the cache byte for byte
as it was. The files' SHA-256 are kept to verify them by, the last verdicts with the time of asking.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import tomlkit
from tomlkit.exceptions import TOMLKitError

from slmtui.config.files import write_atomic
from slmtui.config.locations import data_dir
from slmtui.events import Failure, Status, Verdict, jsonable
from slmtui.foundry.locks import Busy, holding
from slmtui.foundry.methods import METHODS, Method

State: TypeAlias = Literal["placing", "deployed", "removing", "partial"]
_STATES: tuple[State, ...] = get_args(State)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One model in one cache folder.

    A path has at most one entry of each state: while a model is replaced, the `deployed` one of the old and
    the `placing` one of the new stand beside each other. `path` is the model's place in the cache; one
    that is only registered has its files in `model_dir`, and nothing is at its place. `digests` are pairs of
    a path inside the folder and its SHA-256 when it was deployed.
    """

    name: str
    version: int
    path: Path
    cache_dir: Path
    model_dir: Path
    state: State
    at: str = ""
    method: Method = "link"
    verdicts: tuple[Verdict, ...] = ()
    checked_at: str = ""
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> Path:
        """Where the model's files are."""
        return self.model_dir if self.method == "register" else self.path

    @property
    def model_id(self) -> str:
        """The id it is registered under."""
        return f"{self.name}:{self.version}"


@dataclasses.dataclass(frozen=True, slots=True)
class Ledger:
    """The whole ledger: the entries, and per cache folder what slmtui made there, outermost first.

    `indexes` hold, per cache folder, the bytes of the SDK's list of models as they were before slmtui came.
    """

    entries: tuple[Entry, ...] = ()
    made: tuple[tuple[Path, tuple[Path, ...]], ...] = ()
    indexes: tuple[tuple[Path, bytes], ...] = ()

    def at(self, path: Path, *states: State) -> Entry | None:
        """The entry of `path` in one of `states` (any, if none is given)."""
        return next((e for e in self.entries if e.path == path and (not states or e.state in states)), None)

    def made_in(self, cache_dir: Path) -> tuple[Path, ...]:
        """What slmtui made in (and of) `cache_dir`, outermost first."""
        return next((paths for cache, paths in self.made if cache == cache_dir), ())

    def index_of(self, cache_dir: Path) -> bytes | None:
        """The SDK's list of models in `cache_dir`, as it was before slmtui came; None if there was none."""
        return next((content for cache, content in self.indexes if cache == cache_dir), None)


def ledger_file() -> Path:
    """The ledger's file."""
    return data_dir() / "foundry.toml"


def read() -> Ledger:
    """The ledger; an entry that makes no sense is left out, a file that is no TOML counts as empty."""
    try:
        document = tomlkit.parse(ledger_file().read_text("utf-8")).unwrap()
    except (FileNotFoundError, TOMLKitError, UnicodeDecodeError):
        return Ledger()
    except OSError as error:
        raise Failure(
            f"{ledger_file()} cannot be read: {error.strerror}.", "Give yourself access."
        ) from error
    entries = [entry for raw in _tables(document, "model") if (entry := _entry(raw)) is not None]
    made = [
        (Path(raw["path"]), tuple(map(Path, raw["made"])))
        for raw in _tables(document, "cache")
        if isinstance(raw.get("path"), str) and isinstance(raw.get("made"), list) and raw["made"]
    ]
    return Ledger(tuple(entries), tuple(made), tuple(_indexes(document)))


def enter(entry: Entry) -> None:
    """Write `entry` down, with the time; it takes the place of one with the same path and state."""

    def change(ledger: Ledger) -> Ledger:
        others = [e for e in ledger.entries if (e.path, e.state) != (entry.path, entry.state)]
        return dataclasses.replace(ledger, entries=(*others, _dated(entry)))

    _change(change)


def settle(path: Path, entry: Entry | None) -> None:
    """Make `entry` the only one of `path`, in one write; None strikes the path out.

    One that has a time already keeps it: it is an old one that stands again.
    """

    def change(ledger: Ledger) -> Ledger:
        others = tuple(e for e in ledger.entries if e.path != path)
        return dataclasses.replace(ledger, entries=(*others, _dated(entry)) if entry else others)

    _change(change)


def strike(path: Path, state: State) -> None:
    """Strike out the entry of `path` in that state; others of `path` stay."""

    def change(ledger: Ledger) -> Ledger:
        others = tuple(e for e in ledger.entries if (e.path, e.state) != (path, state))
        return dataclasses.replace(ledger, entries=others)

    _change(change)


def note_verdicts(path: Path, verdicts: Iterable[Verdict]) -> None:
    """Keep what was found about the deployed model at `path`, with the time."""
    found = tuple(verdicts)

    def change(ledger: Ledger) -> Ledger:
        entries = [
            dataclasses.replace(e, verdicts=found, checked_at=now())
            if (e.path, e.state) == (path, "deployed")
            else e
            for e in ledger.entries
        ]
        return dataclasses.replace(ledger, entries=tuple(entries))

    _change(change)


def note_made(cache_dir: Path, paths: Iterable[Path]) -> None:
    """Remember that slmtui made `paths` in (or of) `cache_dir`; an empty list forgets the cache folder."""
    new = tuple(paths)

    def change(ledger: Ledger) -> Ledger:
        others = tuple(pair for pair in ledger.made if pair[0] != cache_dir)
        return dataclasses.replace(ledger, made=(*others, (cache_dir, new)) if new else others)

    _change(change)


def keep_index(cache_dir: Path, content: bytes | None) -> None:
    """Remember the bytes of the SDK's list of models in `cache_dir`; None forgets them."""

    def change(ledger: Ledger) -> Ledger:
        others = tuple(pair for pair in ledger.indexes if pair[0] != cache_dir)
        return dataclasses.replace(
            ledger, indexes=others if content is None else (*others, (cache_dir, content))
        )

    _change(change)


def now() -> str:
    """This moment, as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _dated(entry: Entry) -> Entry:
    return entry if entry.at else dataclasses.replace(entry, at=now())


def _change(change: Callable[[Ledger], Ledger]) -> None:
    try:
        with holding("ledger", wait_seconds=5):
            _set_damaged_aside()
            write_atomic(ledger_file(), _as_toml(change(read())))
    except Busy as error:
        raise Failure(
            "Another slmtui has been writing its list of deployed models for five seconds.",
            "Wait for it to end, or end it; then try again.",
        ) from error


def _set_damaged_aside() -> None:
    """Keep a file that is no TOML under another name: it may still tell a person something."""
    path = ledger_file()
    try:
        tomlkit.parse(path.read_text("utf-8"))
    except (TOMLKitError, UnicodeDecodeError):
        path.replace(path.with_suffix(".damaged.toml"))
    except FileNotFoundError:
        return


def _tables(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = document.get(key)
    return [raw for raw in value if isinstance(raw, dict)] if isinstance(value, list) else []


def _entry(raw: dict[str, Any]) -> Entry | None:
    try:
        if raw["state"] not in _STATES:
            return None
        return Entry(
            str(raw["name"]),
            int(raw["version"]),
            Path(raw["path"]),
            Path(raw["cache_dir"]),
            Path(raw["model_dir"]),
            raw["state"],
            str(raw.get("at", "")),
            raw["method"] if raw.get("method") in METHODS else "link",
            tuple(_verdicts(raw.get("verdicts"))),
            str(raw.get("checked_at", "")),
            tuple(_pairs(raw.get("digests"))),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _verdicts(raw: Any) -> Iterator[Verdict]:
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, dict) and one.get("status") in get_args(Status):
            said = {field: str(one.get(field, "")) for field in ("id", "title", "evidence", "fix")}
            yield Verdict(status=one["status"], **said)


def _indexes(document: dict[str, Any]) -> Iterator[tuple[Path, bytes]]:
    for raw in _tables(document, "cache"):
        if isinstance(raw.get("path"), str) and isinstance(raw.get("index"), str):
            with suppress(ValueError):
                yield Path(raw["path"]), base64.b64decode(raw["index"], validate=True)


def _pairs(raw: Any) -> Iterator[tuple[str, str]]:
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, list) and len(one) == 2:
            yield str(one[0]), str(one[1])


def _as_toml(ledger: Ledger) -> str:
    document = tomlkit.document()
    document.add(tomlkit.comment("What slmtui has deployed into Foundry Local; `slmtui undeploy` undoes it."))
    models, caches = tomlkit.aot(), tomlkit.aot()
    for entry in ledger.entries:
        models.append(tomlkit.item(jsonable(entry)))
    made, indexes = dict(ledger.made), dict(ledger.indexes)
    for cache_dir in {**made, **indexes}:
        table: dict[str, Any] = {"path": str(cache_dir), "made": list(map(str, made.get(cache_dir, ())))}
        if cache_dir in indexes:
            table["index"] = base64.b64encode(indexes[cache_dir]).decode()
        caches.append(tomlkit.item(table))
    if ledger.entries:
        document.add("model", models)
    if made or indexes:
        document.add("cache", caches)
    return tomlkit.dumps(document)
