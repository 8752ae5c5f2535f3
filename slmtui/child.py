"""The child's end of the pipe that `process.py` opens.

A worker module's `main` makes one `Link` before it imports anything heavy, then receives requests and
sends replies. It must run with the standard library and psutil alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import psutil

# Made once: `json.dumps` with arguments makes an encoder each time, which is half of what a reply costs.
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class Link:
    """Requests in, replies out; everything else that is printed goes to the log.

    Libraries, native ones too, print to file descriptor 1. It is pointed at standard error, and a private
    copy of the real standard output carries the replies.
    """

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def send(self, event: str, **fields: Any) -> None:
        """Send one reply: `{"event": event, …fields}`."""
        # A lone surrogate (half a character from a tokenizer) is not UTF-8; it must not end us.
        line = (_encode({"event": event, **fields}) + "\n").encode("utf-8", "replace")
        with self._lock:
            self._out.write(line)
            self._out.flush()

    def receive(self) -> dict[str, Any] | None:
        """The next request; blocks. None when the parent has closed the pipe."""
        return self._requests.get()

    def waiting(self) -> dict[str, Any] | None:
        """The next request if one has come already, else None; does not block."""
        try:
            return self._requests.get_nowait()
        except queue.Empty:
            return None

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in sys.stdin.buffer:
                with contextlib.suppress(ValueError):
                    message = json.loads(line)
                    if isinstance(message, dict):
                        self._requests.put(message)
        # The parent is gone, however it went: nobody waits for us, so the whole tree ends here.
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
        os._exit(0)


def run(main: Callable[[Link], None]) -> None:
    """Run a worker's `main`, report a crash as a `crashed` reply, and leave at once.

    `os._exit` skips the interpreter's own ending: exporters and thread pools of the heavy libraries can
    hold it for seconds after the result was written.
    """
    link = Link()
    code = 0
    try:
        main(link)
    except BaseException as error:
        traceback.print_exc()
        link.send("crashed", kind=type(error).__name__, message=str(error))
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
