"""The model host with a leak put in on purpose: 60 kB an answer are never given back."""

from __future__ import annotations

from slmtui.child import Link, run
from slmtui.runtime import host
from slmtui.runtime.engine import Engine

LEAK = 60_000
ours, kept = host.serve, list[bytearray]()


def serve(link: Link, inbox: host.Inbox, engine: Engine, request: host.Request) -> None:
    """Serve as ever, and keep what nobody needs."""
    # Written to, page by page: memory that is only promised is not resident.
    kept.append(bytearray(b"x" * LEAK))
    ours(link, inbox, engine, request)


if __name__ == "__main__":
    host.serve = serve
    run(host.main)
