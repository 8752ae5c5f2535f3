"""The tokenizers of one deployment at hand: loaded when they are first asked, and one question at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Failure
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.truth import Truth
from slmtui.runtime.parameters import Message

if TYPE_CHECKING:
    from slmtui.prompt.truth_teller import TruthTeller


class TruthDesk:
    """Questions are numbered on the event loop and looked into from threads; only the newest is answered.

    Closing voids every number drawn before: a thread that was on its way cannot load the tokenizers again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0
        self._teller: TruthTeller | None = None
        self._for = ""
        self._cancel = Cancel()

    @property
    def loaded(self) -> bool:
        """Whether an answer comes at once."""
        return self._teller is not None

    def ask(self) -> int:
        """The number of a new question; every earlier one is void."""
        self._asked += 1
        return self._asked

    def awaits(self, number: int) -> bool:
        """Whether the question of this number is the newest, and the desk has not been closed since."""
        return number == self._asked

    def look(
        self, number: int, deployment: Deployment, messages: Sequence[Message], template: PromptTemplate
    ) -> Truth | None:
        """The truth about a conversation; None if a newer question has come, or the desk was closed.

        Raises:
            Failure: the tokenizers cannot be loaded, or their process has ended.
        """
        with self._lock:
            if not self.awaits(number):
                return None
            cancel = self._cancel
            try:
                return self._ready(deployment, cancel).look(messages, template)
            except Cancelled:
                self._end()
                return None
            except Failure:
                self._end()  # the next question starts it anew
                if cancel.is_set:
                    return None
                raise

    def close(self) -> None:
        """End the child process; a thread that waits for it comes free."""
        self._asked += 1
        self._cancel.set()
        with self._lock:
            self._end()
            self._cancel = Cancel()

    def _ready(self, deployment: Deployment, cancel: Cancel) -> TruthTeller:
        stands_for = str(pipeline.model_dir(deployment))
        if self._teller is None or self._for != stands_for:
            self._end()
            self._teller = pipeline.truth_teller(deployment, cancel).__enter__()
            self._for = stands_for
        return self._teller

    def _end(self) -> None:
        teller, self._teller = self._teller, None
        if teller is not None:
            teller.__exit__(None, None, None)
