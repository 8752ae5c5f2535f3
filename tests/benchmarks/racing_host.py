"""Our model host with one request more: the bare loop, on the very model that is loaded.

In one process and in turn, so that both have the same luck with where the weights came to lie in memory (up
to 6 % of the speed) and with what else the machine is doing.
"""

from __future__ import annotations

import time

from bare_loop import generate

from slmtui.child import Link, run
from slmtui.runtime import host
from slmtui.runtime.engine import Engine

ours = host.serve


def serve(link: Link, inbox: host.Inbox, engine: Engine, request: host.Request) -> None:
    """Serve two requests more than ours: `forget`, and `bare`.

    `forget` leaves nothing of a prompt in the KV cache, as another conversation would. `bare` has a `prompt`
    (text), the most `tokens`, and search `options`.
    """
    if request["op"] == "forget":
        if engine.cache.generator is not None:
            engine.cache.generator.rewind_to(0)
            engine.cache._tokens.clear()
        link.send("forgot", id=request["id"])
        return
    if request["op"] != "bare":
        ours(link, inbox, engine, request)
        return
    import onnxruntime_genai as og

    started, tokenizer = time.perf_counter(), engine._tokenizer
    prompt = tokenizer.encode(request["prompt"]).tolist()
    made = generate(og, engine._model, tokenizer, prompt, request["tokens"], request["options"])
    link.send("done", id=request["id"], ttft=made.pop("first") - started, **made)


if __name__ == "__main__":
    host.serve = serve
    run(host.main)
