"""The app's side of the model host: start it, talk to it, stop it.

A `ModelHost` holds one model at a time. Its methods block in the caller's thread while they wait for the
host; `chat` is a service like any other (`events.py`).
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeAlias

from slmtui.config import toolchain
from slmtui.config.locations import log_dir
from slmtui.events import Cancel, Cancelled, Failure, Service
from slmtui.process import Child
from slmtui.process_tree import Meter
from slmtui.runtime.answer import Answer, Consumption, Fill, GrowingAnswer, Loaded, Loop, Token
from slmtui.runtime.diagnosis import broke_down, died, does_not_end, hangs
from slmtui.runtime.folder import ConvertedModel, read_folder
from slmtui.runtime.memory import high_water
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.runtime.protocol import messages_json, parameters_json
from slmtui.runtime.tuned import tuned
from slmtui.runtime.watching import Cores, Pulse

__all__ = ["Answer", "EngineName", "Fill", "Loaded", "Loop", "ModelHost", "Token"]

EngineName: TypeAlias = Literal["genai", "foundry"]
HOST_MODULE = "slmtui.runtime.host"

# A stop is answered within 200 ms even where a single token takes longer: after this many seconds the answer
# ends here, and the host, which can hear only between two tokens, ends it as soon as it can.
STOP_PATIENCE = 0.1
_POLL = 0.02

# How long the next request waits for one that was stopped and does not end, as when its prompt takes minutes
# or its chat template goes on for ever. To load the model anew is quicker then.
ENDING_PATIENCE = 10.0


class ModelHost:
    """One converted model in a process of its own; a context manager that ends it.

    Args:
        model_dir: the converted model's folder.
        log: the file that receives what the host prints; by default one a model in `log_dir()`.
        python: the interpreter; by default that of the tool chain in use.
        options: session options of the runtime, over those of the model; by default what the tuning found
            best for it on this machine (`tuned.py`), if there was one.
    """

    engine: ClassVar[EngineName] = "genai"
    title: ClassVar[str] = "onnxruntime-genai"
    # What of `ChatParameters` it does not heed.
    ignores: ClassVar[tuple[str, ...]] = ()
    # Whether it can go on with an answer that broke off.
    can_continue: ClassVar[bool] = True

    def __init__(
        self,
        model_dir: Path,
        *,
        log: Path | None = None,
        python: Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._options = options
        self._load_seconds = 0.0
        self.model_dir = Path(model_dir).expanduser().absolute()
        self.python = python
        self.log = log or log_dir() / f"model-host-{self.model_dir.name}.log"
        self._child: Child | None = None
        self._ahead: Child | None = None  # one that has not been asked for anything yet
        self._meter: Meter | None = None
        self._peak = 0
        self._stopped = 0  # the request that was stopped and has not said yet that it ended
        self._numbers = itertools.count(1)
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether a host process runs."""
        return self._child is not None and self._child.alive

    def start(self) -> None:
        """Start the host ahead of `load`: it imports the runtime while the model is still being made.

        Nothing happens if one runs. An interpreter that cannot be started is told of by `load`.
        """
        if self._child is None and self._ahead is None:
            with contextlib.suppress(Failure):
                self._ahead = self._new_child()

    def load(self, cancel: Cancel | None = None) -> Loaded:
        """Start the host and load the model; one that ran already is ended first.

        Raises:
            Failure: it cannot be loaded; the cause names the file where it is known.
            Cancelled: `cancel` was set meanwhile; the process is gone.
        """
        model = read_folder(self.model_dir)
        ahead, self._ahead = self._ahead, None
        self.close()
        started = time.monotonic()
        child = ahead or self._new_child()
        try:
            self._wait_for_load(child, cancel or Cancel())
        except BaseException:
            child.kill()
            raise
        self._child, self._meter, self._peak = child, Meter(child.pid), 0
        self._load_seconds = time.monotonic() - started
        return self._loaded(model, self._load_seconds)

    def chat(
        self,
        messages: Sequence[Message],
        parameters: ChatParameters,
        cancel: Cancel,
        *,
        make_room: bool = False,
    ) -> Service[Answer]:
        """Answer a conversation: yields `Token`s, and `Loop` if it repeats itself; returns the `Answer`.

        One whose last message is the assistant's goes on with that message. With `make_room` the oldest turns
        are left out where the conversation does not fit the context; `Fill` says so before the first token.

        Setting `cancel` stops it: within 200 ms it ends normally with what there is, as "cancelled". Leaving
        the generator stops it too.

        Raises:
            Failure: the conversation does not fit the context or the chat template, no model is loaded, it is
                busy, or the host died. After the last, `load` starts anew.
        """
        answer = GrowingAnswer(self._load_seconds)
        cores, started = Cores(), time.monotonic()
        stopped_at: list[float] = []
        with self._request("chat") as (child, number):

            def stop() -> None:
                stopped_at.append(time.monotonic())
                with contextlib.suppress(Failure):  # a host that is gone needs no stop
                    child.send({"op": "stop", "id": number})

            child.send(
                {
                    "op": "chat",
                    "id": number,
                    "messages": messages_json(messages),
                    "parameters": parameters_json(parameters),
                    "make_room": make_room,
                }
            )
            try:
                with cancel.calling(stop):
                    for reply in self._replies(child, number):
                        if reply is not None and (event := answer.take(reply)) is not None:
                            yield event
                        late = stopped_at and time.monotonic() - stopped_at[0] > STOP_PATIENCE
                        if answer.finish_reason or late:
                            break
            except Failure:
                if not cancel.is_set:  # whoever cancels may end the host as well
                    raise
            finally:
                if not answer.finish_reason:
                    self._stopped = number
                    stop()
            # The host starts no processes, so its own high water mark is that of its tree.
            now = child.memory()
            self._peak = max(self._peak, high_water(child.pid) or now)
        seen = Consumption(now, self._peak, cores.percent())
        return answer.finished(time.monotonic() - started, seen)

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str:
        """The conversation as the prompt the model sees.

        Raises:
            Failure: the model has no chat template, or it refuses these messages; or as for `chat`.
        """
        request = {"messages": messages_json(messages), "add_generation_prompt": add_generation_prompt}
        return str(self._ask("render", **request)["text"])

    def token_ids(self, text: str) -> list[int]:
        """`text` as the model's token ids.

        Raises:
            Failure: as for `chat`.
        """
        return [int(token) for token in self._ask("tokens", text=text)["ids"]]

    def usage(self) -> tuple[int, float]:
        """Resident bytes and CPU percent (of one core, since the last call) of the host's process tree.

        (0, 0.0) without a host. May be called while an answer is under way.
        """
        meter = self._meter
        if meter is None:
            return 0, 0.0
        used = meter.sample()
        self._peak = max(self._peak, used[0])
        return used

    def close(self) -> None:
        """End the host; whoever waits for it gets a `Failure`. Without one nothing happens."""
        children, self._child, self._ahead, self._meter = (self._child, self._ahead), None, None, None
        self._stopped = 0
        for child in children:
            if child is not None:
                child.kill()

    def _new_child(self) -> Child:
        return Child(self._module(), python=self.python or toolchain.current().python, log=self.log)

    def _module(self) -> str:
        return HOST_MODULE

    def _load_fields(self) -> dict[str, Any]:
        """What the host has to know to load the model."""
        options = tuned(self.model_dir) if self._options is None else self._options
        return {"model": str(self.model_dir), "options": dict(options)}

    def _wait_for_load(self, child: Child, cancel: Cancel) -> None:
        with cancel.calling(child.kill):
            try:
                number = next(self._numbers)
                child.send({"op": "load", "id": number, **self._load_fields()})
                next(reply for reply in self._replies(child, number, patient=True) if reply is not None)
            except Failure:
                if cancel.is_set:
                    raise Cancelled from None
                raise

    def _loaded(self, model: ConvertedModel, seconds: float) -> Loaded:
        rss, _ = self.usage()
        return Loaded(seconds, model.context_length, rss, model.model_type)

    def _ask(self, op: str, **fields: Any) -> dict[str, Any]:
        with self._request(op) as (child, number):
            child.send({"op": op, "id": number, **fields})
            return next(reply for reply in self._replies(child, number) if reply is not None)

    @contextlib.contextmanager
    def _request(self, op: str) -> Iterator[tuple[Child, int]]:
        """The host and a number for a request, while no other one is under way."""
        child = self._child
        if child is None:
            raise Failure(f"No model is loaded to {op} with.", "Load it first.", self.log)
        if child.alive:
            child.tail.clear()  # what it has said about other requests is not why it may die of this one
        if not self._one_at_a_time.acquire(blocking=False):
            raise Failure("The model is busy with another request.", "Stop that one, or wait for its end.")
        try:
            yield child, next(self._numbers)
        finally:
            self._one_at_a_time.release()

    def _replies(
        self, child: Child, number: int, *, patient: bool = False
    ) -> Iterator[dict[str, Any] | None]:
        """Replies to the request `number`, and None now and then while there is nothing.

        `patient`: it may be silent and idle for long, as one that waits for a disk.

        Raises:
            Failure: the host says so, has crashed, hangs or is gone.
        """
        pulse, began = Pulse(child.pid), time.monotonic()
        for message in child.messages(timeout=_POLL):
            if message is not None:
                pulse.heard()
            if message is None:
                if not patient and pulse.hangs():
                    child.kill()
                    raise hangs(self.log)
                if self._held_up(time.monotonic() - began):
                    child.kill()
                    raise does_not_end(self.log)
                yield None
            elif not isinstance(message, dict):
                continue  # what it prints is in the log
            elif message["event"] == "crashed":
                child.kill()  # it is about to end; nobody shall take it for alive until then
                raise broke_down(message, self.log)
            elif message.get("id") != number:
                self._take_rest(message)
            elif message["event"] == "failed":
                raise Failure(message["cause"], message["fix"], self.log)
            else:
                yield message
        raise died(child.death())

    def _held_up(self, waited: float) -> bool:
        """Whether a request has waited for a stopped one for longer than loading the model anew takes."""
        return self._stopped > 0 and waited > max(ENDING_PATIENCE, self._load_seconds)

    def _take_rest(self, message: Mapping[str, Any]) -> None:
        """What still comes of a stopped request: only its end counts."""
        if message.get("id") == self._stopped and message["event"] in ("finished", "failed"):
            self._stopped = 0
