"""The `foundry` command, in both its generations.

Up to 0.8 it speaks for a service (`foundry service …`) in tables and sentences; from 0.10 for a server
(`foundry server …`), in JSON when asked with `-o json`. Its version tells which one it is.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.environment import foundry_output
from slmtui.environment.command import Answer, ask
from slmtui.events import Cancel, Failure

Generation: TypeAlias = Literal["classic", "modern", "unknown"]
ServerState: TypeAlias = Literal["running", "stopped", "unknown"]

# `0.6.87+e69a6c3d2b`, `0.10.3`: nothing but a version. Other programs are called foundry, too.
_VERSION = re.compile(r"(?:foundry local(?: cli)? )?v?((\d+)\.(\d+)(?:\.[\w.+-]+)?)", re.IGNORECASE)
_FIRST_MODERN = (0, 10)
_REMEMBERED_SECONDS = 20.0


# How its releases refuse what they do not know.
_UNKNOWN = re.compile(r"unrecogni[sz]ed|unknown (?:command|option|argument)|not understood", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of running a model: the `words` behind `foundry`, the answer's `text`, or the `problem`.

    The problem's words follow the command's name.
    """

    words: tuple[str, ...]
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FoundryCommand:
    """A `foundry` on PATH.

    `problem` ends a sentence that starts with "`foundry`" and says why it cannot be used; it is empty when
    all is well. Its generation is then known: "classic" up to 0.8, "modern" from 0.10.
    """

    path: Path
    version: str
    generation: Generation
    problem: str = ""

    def cache_location(self, timeout: float = 10.0, cancel: Cancel | None = None) -> Path | None:
        """The folder it keeps its models in, None if it does not say.

        The classic generation may start its service to answer.
        """
        answer = self._ask("cache", "location", timeout=timeout, cancel=cancel)
        return foundry_output.cache_location(answer.stdout) if answer.code == 0 else None

    def cached_models(self, timeout: float = 15.0, cancel: Cancel | None = None) -> list[str]:
        """The ids of the models it lists as cached.

        Raises:
            Failure: it did not answer, or nothing that can be read.
        """
        answer = self._ask("cache", "list", timeout=timeout, cancel=cancel)
        models = foundry_output.cached_models(answer.stdout) if answer.code == 0 else None
        if models is None:
            last = next((line for line in reversed(answer.stderr.splitlines()) if line.strip()), "")
            said = answer.problem or last.strip()[:200] or "gave an answer that cannot be read"
            raise Failure(
                f"`foundry cache list` did not list the cached models: {said}",
                "Run `foundry cache list` in a terminal to see what it says.",
            )
        return models

    @property
    def run_words(self) -> tuple[str, ...]:
        """The words that start a chat with a model: `model run`, or `run` from 0.10."""
        return ("model", "run") if self.generation == "classic" else ("run",)

    def run(self, model: str, question: str, timeout: float = 120.0, cancel: Cancel | None = None) -> Ran:
        """Let it answer one question with a model it lists; starts its service or server.

        From 0.10 there is `complete MODEL PROMPT` for one answer without a conversation, before that
        `model run MODEL --prompt PROMPT`. A release that knows neither starts a chat, in which the question
        is typed, and `/exit`.
        """
        if self.problem:
            return Ran((), "", self.problem)
        shown: tuple[str, ...]
        if self.generation == "classic":
            shown = ("model", "run", model, "--prompt", "…")
            answer = ask(self.path, *shown[:-1], question, timeout=timeout, cancel=cancel)
        else:
            shown = ("complete", model, "…")
            answer = self._ask(*shown[:-1], question, timeout=timeout, cancel=cancel)
        if answer.code and _UNKNOWN.search(answer.stderr + answer.stdout):
            shown = (*self.run_words, model)
            typed = f"{question}\n/exit\n"
            answer = ask(self.path, *shown, timeout=timeout, cancel=cancel, typed=typed)
        said = foundry_output.model_answer(answer.stdout, question)
        if answer.problem:
            return Ran(shown, said, answer.problem)
        if answer.code == 0 and said:
            return Ran(shown, said)
        last = next((line.strip() for line in reversed(answer.stderr.splitlines()) if line.strip()), "")
        why = f": {last[:200]}" if last else ", without an answer"
        return Ran(shown, "", f"ended with exit code {answer.code}{why}")

    @property
    def server_noun(self) -> str:
        """What it calls its server: `service`, or `server` from 0.10."""
        return "service" if self.generation == "classic" else "server"

    def server_state(self, timeout: float = 5.0, cancel: Cancel | None = None) -> ServerState:
        """Whether its server (service, in the classic generation) runs; asking does not start it."""
        return self.server(timeout, cancel)[0]

    def server(self, timeout: float = 5.0, cancel: Cancel | None = None) -> tuple[ServerState, str]:
        """The server's state, and why there is none, in words that follow the command's name."""
        answer = self._ask(self.server_noun, "status", timeout=timeout, cancel=cancel)
        running = foundry_output.running(answer.stdout)
        return "unknown" if running is None else "running" if running else "stopped", answer.problem

    def _ask(self, *arguments: str, timeout: float, cancel: Cancel | None) -> Answer:
        if self.problem:
            return Answer(None, problem=self.problem)
        if self.generation == "classic":
            return ask(self.path, *arguments, timeout=timeout, cancel=cancel)
        answer = ask(self.path, *arguments, "-o", "json", timeout=timeout, cancel=cancel)
        if answer.code is None or answer.code == 0:
            return answer
        # "-o json on most" commands: where it is not understood, the text has to do.
        return ask(self.path, *arguments, timeout=timeout, cancel=cancel)


def detect(timeout: float = 5.0, cancel: Cancel | None = None) -> FoundryCommand | None:
    """The `foundry` command on PATH, None if there is none; `timeout` in seconds.

    One that hangs, fails or prints something else than its version comes back with its `problem`.
    """
    found = shutil.which("foundry")
    if found is None:
        return None
    path = Path(found)
    answer = ask(path, "--version", timeout=timeout, cancel=cancel)
    first = next((line.strip() for line in answer.stdout.splitlines() if line.strip()), "")
    if answer.problem:
        return FoundryCommand(path, "", "unknown", answer.problem)
    if answer.code:
        said = (answer.stderr.strip().splitlines() or [first])[-1][:120]
        problem = f"ended with exit code {answer.code}" + (f": {said}" if said else "")
        return FoundryCommand(path, "", "unknown", problem)
    match = _VERSION.fullmatch(first)
    if match is None:
        said = f"{first[:60]!r}" if first else "nothing"
        return FoundryCommand(path, "", "unknown", f"answers {said} instead of a version")
    number = (int(match[2]), int(match[3]))
    return FoundryCommand(path, match[1], "modern" if number >= _FIRST_MODERN else "classic")


_locations: dict[Path, tuple[float, Path | None]] = {}
_locations_lock = threading.Lock()


def cache_location(timeout: float = 5.0) -> Path | None:
    """The cache folder of the `foundry` command on PATH, None if there is no command or no answer.

    Asking takes up to a second and is done often, so an answer is good for some seconds.
    """
    found = shutil.which("foundry")
    if found is None:
        return None
    with _locations_lock:
        asked_at, location = _locations.get(Path(found), (-_REMEMBERED_SECONDS, None))
        if time.monotonic() - asked_at < _REMEMBERED_SECONDS:
            return location
        command = detect(timeout)
        location = command.cache_location(timeout) if command is not None else None
        _locations[Path(found)] = (time.monotonic(), location)
        return location
