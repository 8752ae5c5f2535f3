"""Fetch a model from the Hugging Face hub: only when the user asks for one, and whole or not at all.

huggingface_hub does it in a child process, because it knows the user's token, endpoint, proxy and
certificates. Every file is compared with what the hub says it is before the folder is renamed into place.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slmtui.config import locations, toolchain
from slmtui.config.files import building, folder_bytes, put_in_place, unwritable
from slmtui.events import Cancel, Event, Failure, LogLine, Progress, Service
from slmtui.process import Child
from slmtui.source import hub_cache
from slmtui.source.hub_cache import HubId
from slmtui.source.hub_files import HubFile, choose, differs
from slmtui.units import size

WORKER = "slmtui.source.hub_worker"
_LOOK_SECONDS = 0.1
_DOWNLOADED = 0.97
_PATIENCE_SECONDS = 30.0  # with a hub that takes the call and says nothing
# huggingface_hub's own settings: no telemetry, no bars in the log, and the plain protocol, whose bytes can be
# watched on the disk as they come. A connection that says nothing is given up.
_SETTINGS = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_ETAG_TIMEOUT": "10",
    "HF_HUB_DOWNLOAD_TIMEOUT": "30",
    "DO_NOT_TRACK": "1",
}
_UNREACHABLE = ("ConnectError", "ConnectionError", "ConnectTimeout", "TimeoutException", "ProxyError")
_OFFLINE = ("OfflineModeIsEnabled",)
_BROKEN_OFF = ("ReadError", "ReadTimeout", "RemoteProtocolError", "ChunkedEncodingError", "IncompleteRead")


def fetch(identifier: HubId, cancel: Cancel, *, allow_pickle: bool = False) -> Service[Path]:
    """The folder with the model, downloaded unless that very commit is here already.

    Without a connection, what is here of that revision is taken, and a log line says so.

    Raises:
        Failure: no such model, no permission, no connection and nothing here, no room, or damaged files.
        Cancelled: nothing is left of the attempt.
    """
    cancel.check()
    log = locations.log_dir() / f"hub-{identifier.repository.replace('/', '--')}.log"
    log.unlink(missing_ok=True)
    yield Progress("ask", f"asking the hub for {identifier}", 0.0)
    python = toolchain.current().python  # it has huggingface_hub, as a part of transformers
    with (
        Child(WORKER, python=python, environment=_SETTINGS, log=log) as child,
        cancel.calling(child.kill),
    ):
        asked = {"repository": identifier.repository, "revision": identifier.revision}
        child.send({**asked, "patience": _PATIENCE_SECONDS})
        conversation = _Conversation(child, cancel, identifier, log)
        try:
            found = yield from conversation.reply("found")
        except _Unreachable as failure:
            here = hub_cache.find(identifier)
            if here is None:
                raise
            yield LogLine(f"{failure.cause} The copy of {identifier} that is here already is taken.")
            return here
        commit = str(found["commit"])
        files = choose(identifier, [HubFile(**each) for each in found["files"]], allow_pickle=allow_pickle)
        here = hub_cache.find(HubId(identifier.repository, commit))
        if here is not None and all((here / f.name).is_file() for f in files):
            sizes = all((here / f.name).stat().st_size == f.bytes for f in files)
            if sizes:
                yield Progress("check", f"{identifier} is here already", 1.0, 0.0)
                return here
        destination = hub_cache.snapshot_folder(identifier, commit)
        whole = sum(file.bytes for file in files)
        _check_room(identifier, destination, whole)
        with building(destination) as staging:
            names = [file.name for file in files]
            child.send({"folder": str(staging / "model"), "commit": commit, "names": names})
            yield from conversation.reply("finished", _Watch(staging, whole))
            child.kill()
            yield from _check(identifier, staging / "model", files, cancel)
            shutil.rmtree(staging / "model" / ".cache", ignore_errors=True)
            cancel.check()
            put_in_place(staging / "model", destination)
    hub_cache.remember(identifier, commit)
    yield Progress("check", f"{identifier} is here and checked", 1.0, 0.0)
    return destination


class _Unreachable(Failure):
    """The hub cannot be asked."""


class _Watch:
    """How far the download is, from the bytes on the disk."""

    def __init__(self, folder: Path, whole: int) -> None:
        self._folder, self._whole = folder, max(whole, 1)
        self._began, self._shown = time.monotonic(), -1

    def look(self) -> Iterator[Event]:
        """A progress event, if there is more than before."""
        done = min(folder_bytes(self._folder), self._whole)
        if done <= self._shown:
            return
        self._shown = done
        left = (self._whole - done) * (time.monotonic() - self._began) / done if done else None
        text = f"{size(done)} of {size(self._whole)}"
        yield Progress("download", text, _DOWNLOADED * done / self._whole, left)


class _Conversation:
    """What the worker says, its refusals in a person's words."""

    def __init__(self, child: Child, cancel: Cancel, identifier: HubId, log: Path) -> None:
        self._child, self._cancel, self._identifier, self._log = child, cancel, identifier, log

    def reply(self, event: str, watch: _Watch | None = None) -> Service[dict[str, Any]]:
        """The reply called `event`.

        Raises:
            Failure: the worker refused or ended.
            Cancelled: the user asked for it.
        """
        for message in self._child.messages(timeout=_LOOK_SECONDS):
            self._cancel.check()
            if isinstance(message, LogLine):
                yield message
            elif message is not None and message["event"] == event:
                return message
            elif message is not None:
                raise _refusal(self._identifier, message, self._log)
            if watch is not None:
                yield from watch.look()
        self._cancel.check()
        raise self._child.death()


def _refusal(identifier: HubId, message: dict[str, Any], log: Path) -> Failure:
    """Why the hub or the connection did not give the model."""
    kinds, status = set(message.get("kinds", ())), message.get("status")
    page = f"https://huggingface.co/{identifier.repository}"
    token = "log in with `hf auth login`, or set HF_TOKEN"  # noqa: S105  (advice, no secret)
    if kinds & set(_OFFLINE):
        return _Unreachable(
            "The hub is switched off: HF_HUB_OFFLINE is set in the environment.",
            "Unset HF_HUB_OFFLINE, or give a folder on this machine.",
            log,
        )
    if "GatedRepoError" in kinds:
        return Failure(
            f"{identifier} is gated: its owner gives it only to those who have asked for it.",
            f"Ask for access on {page}; then {token}.",
            log,
        )
    if "RevisionNotFoundError" in kinds:
        return Failure(
            f"{identifier.repository} has no revision {identifier.revision or 'main'}.",
            f"See its branches and tags on {page}/tree/main.",
            log,
        )
    if "RepositoryNotFoundError" in kinds or status in (401, 403, 404):
        return Failure(
            f"The hub has no model {identifier.repository}, or it is private and your token does not"
            " open it.",
            f"Check the name; for a private model, {token}.",
            log,
        )
    if status == 429:
        return Failure("The hub asks to slow down (429).", "Wait a few minutes, then try again.", log)
    if isinstance(status, int) and status >= 500:
        return _Unreachable(f"The hub has trouble of its own ({status}).", "Try again later.", log)
    if "ENOSPC" in str(message.get("message")) or "No space left" in str(message.get("message")):
        return Failure("The disk is full.", "Free some room, or move slmtui's files with SLMTUI_HOME.", log)
    if kinds & set(_BROKEN_OFF) and not message.get("asking"):
        return Failure(f"The download of {identifier} broke off. Nothing of it is used.", "Try again.", log)
    if kinds & {*_UNREACHABLE, *_BROKEN_OFF}:
        return _Unreachable(
            f"{identifier} cannot be fetched: the Hugging Face hub cannot be reached from here.",
            "Check the connection and the proxy; or copy the model's folder here and give its path.",
            log,
        )
    said = str(message.get("message") or "no reason").strip().splitlines()[0][:300]
    return Failure(
        f"{identifier} could not be fetched. The hub's client said: {said}",
        "Try again; if it comes back, download it with `hf download` and give the folder.",
        log,
    )


def _check(identifier: HubId, folder: Path, files: tuple[HubFile, ...], cancel: Cancel) -> Service[None]:
    """Compare every file with the hub's description.

    Raises:
        Failure: one is another.
    """
    for file in files:
        yield Progress("check", f"checking {file.name}", _DOWNLOADED)
        try:
            fault = differs(folder / file.name, file, cancel)
        except OSError as error:
            raise unwritable(folder, error) from error
        if fault:
            raise Failure(
                f"{file.name} of {identifier} did not come as the hub has it: it {fault}. Nothing is used.",
                "Try again.",
            )


def _check_room(identifier: HubId, destination: Path, whole: int) -> None:
    folder = next(parent for parent in destination.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < whole:
        raise Failure(
            f"There is not enough room in {folder} for {identifier}: {size(whole)} are needed,"
            f" {size(free)} are free.",
            "Free some room, or move slmtui's files elsewhere with SLMTUI_HOME.",
        )
