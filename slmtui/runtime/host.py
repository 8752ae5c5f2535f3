"""The model host: a child process that holds one model in onnxruntime-genai and answers (see `protocol.py`).

It is a process of its own because the runtime holds the GIL while it works, may crash on a damaged model, and
gives its memory back only by ending.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from typing import Any

from slmtui.child import Link, run
from slmtui.events import Failure
from slmtui.runtime.context import Fitted, length_of, reply_fields
from slmtui.runtime.diagnosis import load_failure
from slmtui.runtime.engine import Engine
from slmtui.runtime.figures import tpot_ms
from slmtui.runtime.parameters import ChatParameters

Request = dict[str, Any]


class Inbox:
    """Requests in their order; a `stop` is heard even while another one is served."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._later: deque[Request] = deque()

    def next(self) -> Request | None:
        """The next request but for stops that came too late; blocks; None when the app is gone."""
        while True:
            request = self._later.popleft() if self._later else self._link.receive()
            if request is None or request["op"] != "stop":
                return request

    def stopped(self, number: int) -> bool:
        """Whether the request `number` is to stop; does not block."""
        while (request := self._link.waiting()) is not None:
            if request["op"] == "stop" and request["id"] == number:
                return True
            self._later.append(request)
        return False


def main(link: Link) -> None:
    """Load the model of the first request, then serve the others until the app is gone."""
    with contextlib.suppress(ImportError):  # told about when a model is to be loaded
        import onnxruntime_genai as og
    inbox = Inbox(link)
    request = inbox.next()
    if request is None:
        return
    folder = str(request["model"])
    started = time.perf_counter()
    try:
        import onnxruntime_genai as og

        print(f"onnxruntime-genai {og.__version__} loads {folder}", file=sys.stderr)
        engine = Engine(og, folder, request.get("options"))
        engine.warm_up()
    except (RuntimeError, ImportError, MemoryError, OSError, ValueError, KeyError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        failure = load_failure(folder, error)
        link.send("failed", id=request["id"], cause=failure.cause, fix=failure.fix)
        return
    link.send("loaded", id=request["id"], seconds=time.perf_counter() - started)
    while (request := inbox.next()) is not None:
        try:
            serve(link, inbox, engine, request)
        except Failure as failure:
            print(f"request {request['id']}: {failure.cause}", file=sys.stderr)
            link.send("failed", id=request["id"], cause=failure.cause, fix=failure.fix)


def serve(link: Link, inbox: Inbox, engine: Engine, request: Request) -> None:
    """Serve one request of a loaded model."""
    number = request["id"]
    if request["op"] == "chat":
        answer(link, inbox, engine, request)
    elif request["op"] == "render":
        text = engine.render(request["messages"], add_generation_prompt=request["add_generation_prompt"])
        link.send("rendered", id=number, text=text)
    elif request["op"] == "tokens":
        link.send("tokenized", id=number, ids=engine.encode(request["text"]))
    else:
        raise Failure(f"The model host does not know the request {request['op']!r}.")


def answer(link: Link, inbox: Inbox, engine: Engine, request: Request) -> None:
    """Answer one chat request, with its figures."""
    started, busy = time.perf_counter(), time.process_time()
    number, messages = request["id"], request["messages"]
    parameters = ChatParameters(**request["parameters"])
    if request.get("make_room"):
        fitted, limit = engine.fitting(messages, parameters.max_tokens, parameters.max_length)
    else:
        tokens, limit = engine.prompt(messages, parameters.max_tokens, parameters.max_length)
        fitted = Fitted(messages, tokens, 0)
    prompt = fitted.tokens
    room = bool(request.get("make_room"))
    whole = length_of(parameters, engine.context_length)
    link.send("started", id=number, **reply_fields(fitted, limit, whole, room))
    link.send("reading", id=number, cached_tokens=engine.prepare(prompt, limit, parameters))

    def send(text: str, tokens: int, at: float) -> None:
        link.send("token", id=number, text=text, tokens=tokens, seconds=at - started)

    reason, count = engine.answer(
        prompt,
        limit,
        send,
        lambda: inbox.stopped(number),
        stop=parameters.stop,
        looping=lambda period: link.send("loop", id=number, period=period),
    )
    link.send(
        "finished",
        id=number,
        finish_reason=reason,
        tokens=count,
        seconds=time.perf_counter() - started,
        prompt_seconds=engine.prompt_seconds,
        tpot_ms=tpot_ms(engine.generation.times),
        cpu_seconds=time.process_time() - busy,
    )


if __name__ == "__main__":
    run(main)
