"""A host without a model: it does what the last message of a conversation says."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from slmtui.child import Link, run


def main(link: Link) -> None:
    request = link.receive()
    assert request is not None
    if request["model"].endswith("slow"):
        time.sleep(60)
    link.send("loaded", id=request["id"], seconds=0.0)
    while (request := link.receive()) is not None:
        if request["op"] == "chat":
            chat(link, request["id"], request["messages"][-1]["content"])
        elif request["op"] == "tokens":
            link.send("tokenized", id=request["id"], ids=[len(request["text"])])


def be_deaf_until(there: Path) -> None:
    """Hear nothing, as in the middle of a long piece of the prompt."""
    while not there.exists():
        time.sleep(0.01)


def chat(link: Link, number: int, wish: str) -> None:
    def send(event: str, **fields: Any) -> None:
        link.send(event, id=number, **fields)

    send("started", prompt_tokens=9, max_tokens=99)
    send("reading", cached_tokens=4)
    print("a line for the log")
    send("token", text="one", tokens=1, seconds=0.5)
    send("token", text=" two \x1b[31m\ud83d", tokens=4, seconds=0.9)
    if wish == "die":
        os._exit(3)
    if wish == "break down":
        raise MemoryError("no room")
    if wish == "fail":
        send("failed", cause="The runtime broke off: why", fix="Try again.")
        return
    if wish.startswith("be deaf until "):
        be_deaf_until(Path(wish.removeprefix("be deaf until ")))
        send("token", text=" late", tokens=1, seconds=1.5)
    if wish == "repeat yourself":
        send("loop", period=3)
    if wish == "hang":
        time.sleep(60)
    reason = "stop"
    if wish == "go on":
        while (request := link.receive()) is not None and request["op"] != "stop":
            continue
        reason = "cancelled"
    send("finished", finish_reason=reason, tokens=5, seconds=1.0)


if __name__ == "__main__":
    run(main)
