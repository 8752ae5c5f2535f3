"""A child process that speaks JSON lines and dies with its parent, its whole tree, on every OS.

The heavy libraries live in such children (`child.py` is their end of the pipe). Requests go to the
child's standard input, replies come from its standard output, one JSON object a line; whatever the
libraries print goes to standard error and arrives here as log lines.

It dies with its parent because a thread in the child waits for the end of standard input, which the
operating system closes however the parent ended. `kill` ends the whole tree at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from slmtui import process_tree
from slmtui.events import Failure, LogLine
from slmtui.text import plain

_TAIL_LINES = 40

# They say where Python finds its packages, for slmtui; another interpreter would find ours.
OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")

# No telemetry, in every process slmtui starts. onnxruntime 1.31 and the Foundry Local SDK upload a
# ProcessInfo event even when told not to by ORT_TELEMETRY_DISABLED and by configuration; only in a CI
# environment they keep wholly silent (seen with strace: no connection, no database in ~/.cache). Olive heeds
# the same variable. ORT_DISABLE_TELEMETRY is the name that onnxruntime itself and the SDK's runtime look for.
SILENT = {"CI": "true", "ORT_TELEMETRY_DISABLED": "1", "ORT_DISABLE_TELEMETRY": "1"}


class Child:
    """A running child process that exchanges JSON lines.

    Args:
        module: the module to run with `python -m`.
        arguments: its arguments.
        python: the interpreter; slmtui's own unless a tool chain names another, which gets the module from
            `bootstrap.py` and nothing else of ours.
        environment: variables on top of this process's.
        log: a file that receives every line the child prints, appended.
        yielding: let everything else on the machine go first, so that a child that keeps all cores busy
            for minutes leaves the screen its few milliseconds.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        python: str | Path = sys.executable,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
        yielding: bool = False,
    ) -> None:
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._log_file: IO[str] | None = None if log is None else _appended(log)
        self.log = log if self._log_file else None
        self._queue: queue.SimpleQueue[dict[str, Any] | LogLine | None] = queue.SimpleQueue()
        self._write_lock = threading.Lock()
        # A session of its own: Ctrl+C in the terminal reaches slmtui alone, which ends the tree itself.
        detached: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        inherited = dict(os.environ)
        start = ["-m", module]
        if Path(python) != Path(sys.executable):
            for name in OURS:
                inherited.pop(name, None)
            start = ["-s", "-P", str(Path(__file__).with_name("bootstrap.py")), module]
        try:
            self.process = subprocess.Popen(
                [str(python), "-X", "utf8", *start, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**inherited, **SILENT, **(environment or {}), "PYTHONUNBUFFERED": "1"},
                **detached,
            )
        except OSError as error:
            if self._log_file is not None:
                self._log_file.close()
            raise Failure(
                f"The interpreter {python} cannot be started: {error.strerror or error}.",
                "Run `slmtui doctor`; [toolchain] python in the settings names the one that runs Olive.",
                log,
            ) from error
        if yielding:
            process_tree.lower_priority(self.process.pid)
        self._readers = [
            threading.Thread(target=self._read_replies, name=f"{module} replies", daemon=True),
            threading.Thread(target=self._read_log, name=f"{module} log", daemon=True),
        ]
        self._open_pipes = len(self._readers)
        self._pipes_lock = threading.Lock()
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the child still runs."""
        return self.process.poll() is None

    def log_to(self, log: Path) -> None:
        """Let the file `log` receive what the child prints from now on, and what it has just printed.

        For a child that was started before it was known what for.
        """
        file = _appended(log)
        if file is not None:
            with contextlib.suppress(OSError):
                file.writelines(f"{line}\n" for line in list(self.tail))
        self.log = log if file else None
        self._log_file = file

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one request.

        Raises:
            Failure: the child has ended.
        """
        line = json.dumps(message, ensure_ascii=False) + "\n"
        try:
            with self._write_lock:
                assert self.process.stdin is not None  # noqa: S101  (opened above)
                self.process.stdin.write(line.encode("utf-8", errors="replace"))
                self.process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self.death() from error

    def messages(self, timeout: float | None = None) -> Iterator[dict[str, Any] | LogLine | None]:
        """Replies and log lines as they come, until the child has closed both pipes.

        With a `timeout` in seconds, None is yielded whenever nothing came for that long, so that the
        caller can look at something else.
        """
        while True:
            try:
                message = self._queue.get(timeout=timeout)
            except queue.Empty:
                yield None
                continue
            if message is None:
                self._queue.put(None)  # the end stays the end for whoever asks again
                return
            yield message

    def death(self) -> Failure:
        """The failure that tells how the child ended, with what it printed last."""
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return Failure("The worker process closed its pipe but did not end.", "", self.log)
        for reader in self._readers:
            reader.join(timeout=1)
        last = next((line for line in reversed(self.tail) if line.strip()), "")
        said = f" It last said: {last.strip()[:300]}" if last else ""
        if code < 0 or code in _WINDOWS_CRASHES:
            cause = f"The worker process was ended by {signal_name(code)}."
            fix = "If memory was short, close other programs or take a smaller model; then try again."
        else:
            cause = f"The worker process ended with exit code {code} before its work was done."
            fix = "The log has the whole story; try again once its cause is mended."
        return Failure(cause + said, fix, self.log)

    def memory(self) -> int:
        """Resident bytes of the child's whole process tree, 0 once it has ended."""
        return process_tree.memory(self.process.pid)

    def kill(self) -> None:
        """End the child and everything it started; returns when they are gone."""
        if self.alive:  # once it was waited for, its id may be another process's
            process_tree.end_tree(self.process.pid)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:  # pragma: no cover - a process the kernel cannot end
            return
        for reader in self._readers:
            if reader is not threading.current_thread():
                reader.join(timeout=1)
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if self._log_file is not None and not self._log_file.closed:
            with contextlib.suppress(OSError):  # what is still to be written has no room on a full disk
                self._log_file.close()

    def _read_replies(self) -> None:
        assert self.process.stdout is not None  # noqa: S101
        for raw in self.process.stdout:
            text = raw.decode("utf-8", errors="replace")
            try:
                message = json.loads(text)
            except ValueError:
                self._keep_line(text.rstrip("\r\n"))
                continue
            if isinstance(message, dict):
                self._queue.put(message)
        self._pipe_ended()

    def _read_log(self) -> None:
        assert self.process.stderr is not None  # noqa: S101
        # Progress bars rewrite their line with \r: each version is a line of its own here, and comes at once.
        stream = cast("io.BufferedReader", self.process.stderr)
        pending = b""
        while chunk := stream.read1(65536):
            *lines, pending = re.split(rb"[\r\n]+", pending + chunk)
            for line in lines:
                self._keep_raw(line)
        self._keep_raw(pending)
        self._pipe_ended()

    def _keep_raw(self, raw: bytes) -> None:
        if raw.strip():
            self._keep_line(raw.decode("utf-8", errors="replace"))

    def _keep_line(self, text: str) -> None:
        line = plain(text)
        self.tail.append(line)
        if self._log_file is not None:
            try:
                self._log_file.write(line + "\n")
                self._log_file.flush()
            except (OSError, ValueError):
                pass  # a full disk must not end the conversion that the log is about
        self._queue.put(LogLine(line))

    def _pipe_ended(self) -> None:
        with self._pipes_lock:
            self._open_pipes -= 1
            last = self._open_pipes == 0
        if last:
            self._queue.put(None)


# NTSTATUS codes that Windows gives as exit codes: access violation, stack overrun, out of memory.
_WINDOWS_CRASHES = {0xC0000005, 0xC0000409, 0xC0000017}


def signal_name(code: int) -> str:
    """A person's word for how a process was ended, from its return code."""
    names = {
        -9: "the system or a kill (SIGKILL, often for want of memory)",
        -11: "a crash (SIGSEGV)",
    }
    names |= {
        -6: "an abort (SIGABRT)",
        -15: "a request to end (SIGTERM)",
        -4: "an instruction this CPU lacks (SIGILL)",
    }
    return names.get(code, f"signal {-code}" if code < 0 else f"a crash (0x{code:08X})")


def _appended(log: Path) -> IO[str] | None:
    """The log, opened; None where nothing can be written: that must not keep anybody from the work itself."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("a", encoding="utf-8", errors="replace")
    except OSError:
        return None
