"""The worker that makes a plain checkpoint: `python -m slmtui.conversion.checkpoint_worker`.

Request: `{"steps"}`, as `checkpoints.py` plans them. Reply: `made`.
"""

from __future__ import annotations

from slmtui.child import Link, run


def main(link: Link) -> None:
    """Carry out the one request's steps."""
    request = link.receive()
    if request is None:
        return
    from slmtui.conversion.preparing import prepare

    prepare(request["steps"])
    link.send("made")


if __name__ == "__main__":
    run(main)
