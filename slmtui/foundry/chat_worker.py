"""The child process that answers with the Foundry Local SDK's own runtime, by the protocol of `runtime/`.

The SDK keeps the conversation of a session, but reads all of it anew for every answer (measured: 0.54 s to
the first token of a second turn, 0.32 s with the same turns given to a new session). So a session lives for
one answer, and what was edited or taken back needs no bookkeeping.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from slmtui.child import Link, run
from slmtui.events import Failure
from slmtui.foundry.sdk_worker import Session, _in_short
from slmtui.runtime.context import Fitted, fit, length_of, reply_fields, too_long
from slmtui.runtime.figures import tpot_ms
from slmtui.runtime.host import Inbox, Request
from slmtui.runtime.pacing import Speaker
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.protocol import FinishReason
from slmtui.runtime.repetition import EVERY, repeating
from slmtui.runtime.stop_strings import StopStrings

MODEL_ID = "slmtui-chat:1"
# `search_options.cc` of the SDK refuses more.
_HOTTEST = 2.0
_LEAST_TOP_P = 1e-6


def main(link: Link) -> None:
    """Load the model of the first request, then serve the others until the app is gone."""
    inbox = Inbox(link)
    request = inbox.next()
    if request is None:
        return
    started = time.perf_counter()
    try:
        chat = Chat(request)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        fix = "`slmtui doctor` says whether the SDK is whole; else convert the model again."
        cause = f"The Foundry Local SDK cannot load {request['model']}: {_in_short(error)}"
        link.send("failed", id=request["id"], cause=cause, fix=fix)
        return
    link.send("loaded", id=request["id"], seconds=time.perf_counter() - started)
    while (request := inbox.next()) is not None:
        try:
            if request["op"] != "chat":
                raise Failure(
                    f"The Foundry Local SDK has no way to {request['op']}.",
                    "Take onnxruntime-genai for that.",
                )
            chat.answer(link, inbox, request)
        except Failure as failure:
            link.send("failed", id=request["id"], cause=failure.cause, fix=failure.fix)
        except chat.sdk.FoundryLocalException as error:
            cause = f"The Foundry Local SDK says: {_in_short(error)}"
            link.send("failed", id=request["id"], cause=cause, fix="Try again, or take onnxruntime-genai.")


class Chat:
    """The SDK with one model loaded, which is registered in a list of this process's own."""

    def __init__(self, request: Request) -> None:
        session = Session(request)
        session.register({"id": MODEL_ID, "path": request["model"], "display_name": MODEL_ID})
        loaded = session.load({"id": MODEL_ID})
        self.sdk = session.sdk
        self._model = session.model(MODEL_ID)
        self._context_length = int(loaded["context_length"] or request["context_length"])
        self._vocab_size = int(request["vocab_size"])

    def answer(self, link: Link, inbox: Inbox, request: Request) -> None:
        """Answer one chat request, with its figures."""
        started, busy = time.perf_counter(), time.process_time()
        number = request["id"]
        parameters = ChatParameters(**request["parameters"])
        fitted, limit = self._fitted(request["messages"], parameters, bool(request.get("make_room")))
        fields = reply_fields(
            fitted, limit, length_of(parameters, self._context_length), bool(request.get("make_room"))
        )
        link.send("started", id=number, **fields)
        link.send("reading", id=number, cached_tokens=0)
        asked_at = time.perf_counter()
        said = _Saying(
            parameters.stop,
            lambda text, tokens, at: link.send(
                "token", id=number, text=text, tokens=tokens, seconds=at - started
            ),
            lambda period: link.send("loop", id=number, period=period),
        )
        reason, tokens = self._generate(
            fitted.messages, parameters, limit, said, lambda: inbox.stopped(number)
        )
        link.send(
            "finished",
            id=number,
            finish_reason=reason,
            tokens=tokens,
            seconds=time.perf_counter() - started,
            prompt_seconds=said.times[0] - asked_at if said.times else 0.0,
            tpot_ms=tpot_ms(said.times),
            cpu_seconds=time.process_time() - busy,
        )

    def _fitted(
        self, messages: Sequence[dict[str, str]], parameters: ChatParameters, make_room: bool
    ) -> tuple[Fitted, int]:
        if messages and messages[-1]["role"] == "assistant":
            raise Failure(
                "The Foundry Local SDK cannot go on with an answer that broke off.",
                "Let it answer anew, or go on with onnxruntime-genai.",
            )
        if parameters.temperature > _HOTTEST:
            raise Failure(
                f"The Foundry Local SDK takes no temperature above {_HOTTEST:g}: {parameters.temperature:g}.",
                "Lower it, or take onnxruntime-genai.",
            )
        if make_room:
            fitted = fit(
                messages, self._counted, self._context_length, parameters.max_tokens, parameters.max_length
            )
        else:
            fitted = Fitted(list(messages), self._counted(messages), 0)
        room = length_of(parameters, self._context_length) - len(fitted.tokens)
        if room < 1:
            raise too_long(len(fitted.tokens), self._context_length, parameters.max_length)
        return fitted, min(parameters.max_tokens, room)

    def _counted(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """As many zeros as the conversation has tokens: the SDK tells how many, not which."""
        with self.sdk.ChatSession(self._model) as session, self._request(messages) as request:
            request.set_options(self._options(ChatParameters(temperature=0), 1))
            return [0] * int(session.preflight_request(request).prompt_tokens)

    def _request(self, messages: Sequence[dict[str, str]]) -> Any:
        item = self.sdk.MessageItem
        made = {"system": item.system, "assistant": item.assistant}
        request = self.sdk.Request()
        for message in messages:
            request.add_item(made.get(message["role"], item.user)(message["content"]))
        return request

    def _options(self, parameters: ChatParameters, limit: int) -> Any:
        search = self.sdk.SearchOptions(max_output_tokens=limit)
        if parameters.greedy:
            search.temperature = 0.0
        else:
            # The SDK reads its options as 32-bit numbers, and refuses a top_k beyond the vocabulary.
            search.temperature, search.top_p = parameters.temperature, max(parameters.top_p, _LEAST_TOP_P)
            search.top_k = parameters.top_k and min(parameters.top_k, self._vocab_size)
            search.seed = parameters.seed
        return self.sdk.RequestOptions(search=search)

    def _generate(
        self,
        messages: Sequence[dict[str, str]],
        parameters: ChatParameters,
        limit: int,
        said: _Saying,
        stopped: Callable[[], bool],
    ) -> tuple[FinishReason, int]:
        sdk = self.sdk
        with sdk.ChatSession(self._model) as session, self._request(messages) as request:
            request.set_options(self._options(parameters, limit))
            session.set_streaming(True)
            with session.process_streaming_request(request) as stream:
                for item in stream:
                    heard = said.say(item.text) if isinstance(item, sdk.TextItem) else True
                    if said.stops.found is not None:
                        return "stop_string", said.finish()
                    if heard and stopped():
                        return "cancelled", said.finish()
                with stream.final_response as response:
                    tokens = int(response.get_usage().completion_tokens)
                    cut = response.finish_reason == sdk.FinishReason.LENGTH
        said.finish()
        if not cut:
            return "stop", tokens
        if said.period and repeating(said.pieces):
            return "loop", tokens
        return ("length" if limit == parameters.max_tokens else "context"), tokens


class _Saying:
    """An answer as its pieces come; the SDK gives a piece a token, save for unfinished characters."""

    def __init__(
        self,
        stop: Sequence[str],
        send: Callable[[str, int, float], None],
        looping: Callable[[int], None],
    ) -> None:
        self.stops = StopStrings(stop)
        self.times: list[float] = []
        self.pieces: list[str] = []
        self.period = 0
        self._speaker = Speaker(send)
        self._looping = looping

    def say(self, piece: str) -> bool:
        """Take a piece; says whether anything was sent."""
        self.pieces.append(piece)
        self.times.append(time.perf_counter())
        sent = self._speaker.say(self.stops.feed(piece), self.times[-1])
        if not len(self.pieces) % EVERY and not self.period and (period := repeating(self.pieces)):
            self.period = period
            self._speaker.flush()
            self._looping(period)
        return sent

    def finish(self) -> int:
        """Send what was held back; returns the number of pieces."""
        self._speaker.add(self.stops.rest())
        self._speaker.flush()
        return len(self.pieces)


if __name__ == "__main__":
    run(main)
