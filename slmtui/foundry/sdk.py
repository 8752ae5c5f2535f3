"""The Foundry Local SDK as the app sees it: a child process that is asked things (`sdk_worker.py`).

A child serves one cache folder. Ending it ends whatever it does, frees its memory and lets go of the model's
files, which it maps into memory while a model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from slmtui.config import toolchain
from slmtui.config.locations import foundry_home, log_dir
from slmtui.events import Cancel, Failure, LogLine, Service, Usage
from slmtui.process import Child
from slmtui.process_tree import Meter
from slmtui.runtime.parameters import Message

_USAGE_SECONDS = 1.0


class SdkUnusable(Failure):
    """The SDK cannot run on this machine at all; that says nothing about the model."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A model in the SDK's local catalog; `path` is None if its folder is gone."""

    model_id: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class SdkLoaded:
    """What loading took, in seconds; the model's context length in tokens, if it states one."""

    seconds: float
    context_length: int | None


@dataclass(frozen=True, slots=True)
class SdkAnswer:
    """An answer of the SDK; times in seconds, `ttft_seconds` None if no text came at all."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    ttft_seconds: float | None
    seconds: float
    finish_reason: Literal["stop", "length"]


class FoundrySdk:
    """The SDK, opened on one cache folder; a context manager that ends the child.

    Args:
        cache_dir: the folder whose `foundry.local.modelinfo.json` holds the registrations.
        cancel: ends the child, and with it whatever it does.
        serves: for `serve`: the `name` and `version` of the one model of its catalog, `max_output_tokens` for
            requests that name no limit, and the `port`, 0 for a free one.

    Raises:
        SdkUnusable: it cannot be imported or initialised here.
    """

    def __init__(
        self, cache_dir: Path, cancel: Cancel | None = None, serves: Mapping[str, object] | None = None
    ) -> None:
        self.log = log_dir() / "foundry-sdk.log"
        home = foundry_home()
        self._cancel = cancel or Cancel()
        self._child = Child("slmtui.foundry.sdk_worker", python=toolchain.current().python, log=self.log)
        try:
            reply = self._ask(
                "open",
                "opened",
                cache_dir=cache_dir,
                app_data_dir=home,
                logs_dir=home / "logs",
                serves=dict(serves) if serves else None,
            )
        except SdkUnusable:
            self.close()
            raise
        except Failure as failure:
            # It died of a library that cannot be loaded here.
            self.close()
            raise _unusable(failure.cause, self.log) from failure
        except BaseException:
            self.close()
            raise
        self.version = str(reply["version"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child; registrations stay, loaded models go."""
        self._child.kill()

    def models(self) -> tuple[Registered, ...]:
        """What the local catalog lists, every version on its own."""
        models = self._ask("list", "listed")["models"]
        return tuple(Registered(m["id"], Path(m["path"]) if m["path"] else None) for m in models)

    def register(self, model_id: str, folder: Path, display_name: str) -> None:
        """Register `folder`; nothing is copied, and the registration outlives this process."""
        self._ask("register", "registered", id=model_id, path=folder, display_name=display_name)

    def unregister(self, model_id: str) -> None:
        """Take a registration back; the folder stays."""
        self._ask("unregister", "unregistered", id=model_id)

    def load(self, model_id: str) -> Service[SdkLoaded]:
        """Load a registered model; yields its memory and CPU about once a second."""
        reply = yield from self._events("load", "loaded", id=model_id)
        return SdkLoaded(reply["seconds"], reply["context_length"])

    def answer(
        self, model_id: str, messages: Sequence[Message], max_output_tokens: int
    ) -> Service[SdkAnswer]:
        """Let a loaded model answer greedily, with at most `max_output_tokens` tokens."""
        said = [{"role": message.role, "content": message.content} for message in messages]
        reply = yield from self._events(
            "answer", "answered", id=model_id, messages=said, max_output_tokens=max_output_tokens
        )
        return SdkAnswer(**{field: reply[field] for field in SdkAnswer.__dataclass_fields__})

    def serve(self, model_id: str) -> Service[str]:
        """Load the model of the catalog of one and start the web service; returns its address."""
        reply = yield from self._events("serve", "serving", id=model_id)
        return str(reply["url"])

    def stay(self, until: Cancel) -> Service[None]:
        """Let the service run, with its memory and CPU about once a second, until `until` is set.

        Raises:
            Failure: the service has died.
        """
        with until.calling(self._child.kill):
            meter = Meter(self._child.pid)
            for message in self._child.messages(timeout=_USAGE_SECONDS):
                if message is None:
                    yield Usage(*meter.sample())
                elif isinstance(message, LogLine):
                    yield message
        if not until.is_set:
            raise self._child.death()

    def _ask(self, op: str, wanted: str, **fields: Any) -> dict[str, Any]:
        service = self._events(op, wanted, **fields)
        while True:
            try:
                next(service)
            except StopIteration as end:
                reply: dict[str, Any] = end.value
                return reply

    def _events(self, op: str, wanted: str, **fields: Any) -> Service[dict[str, Any]]:
        """Send a request and wait for its reply; a wish to stop ends the child, and with it the wait."""
        self._cancel.check()
        with self._cancel.calling(self._child.kill):
            meter = Meter(self._child.pid)
            self._send(op, fields)
            for message in self._child.messages(timeout=_USAGE_SECONDS):
                if message is None:
                    yield Usage(*meter.sample())
                elif isinstance(message, LogLine):
                    yield message
                elif message["event"] == wanted:
                    return message
                elif message["event"] != "token":
                    raise self._failure(message)
        self._cancel.check()
        raise self._child.death()

    def _send(self, op: str, fields: dict[str, Any]) -> None:
        try:
            self._child.send(
                {"op": op} | {key: str(v) if isinstance(v, Path) else v for key, v in fields.items()}
            )
        except Failure:
            self._cancel.check()
            raise

    def _failure(self, message: dict[str, Any]) -> Failure:
        if message["event"] == "unusable":
            return _unusable(str(message["cause"]), self.log)
        cause = str(message.get("cause") or message.get("message") or message["event"])
        return Failure(f"The Foundry Local SDK says: {cause}", "", self.log)


def _unusable(cause: str, log: Path) -> SdkUnusable:
    return SdkUnusable(
        f"The Foundry Local SDK cannot be used here: {cause}",
        "`slmtui doctor` says which package is missing or has another version.",
        log,
    )
