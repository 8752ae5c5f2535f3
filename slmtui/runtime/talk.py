"""Answering the open turn of a conversation, and keeping it as it happens."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.runtime import conversations
from slmtui.runtime.answer import Answer, Token
from slmtui.runtime.client import ModelHost
from slmtui.runtime.conversation import Conversation, answered, failed, grown, messages

# While an answer grows it is saved this often, in seconds: that much is lost if the machine goes down.
SAVE_EVERY = 2.0


def talk(
    host: ModelHost,
    conversation: Conversation,
    cancel: Cancel,
    *,
    keep: Callable[[Conversation], None] = conversations.save,
) -> Service[Conversation]:
    """Let a host answer the last turn, and load its model first if need be; returns the conversation with it.

    An answer that breaks off is a result like any other: the turn has its `problem`, and the text that came
    before. If the host has died, the next call starts another one.

    Yields `Progress` while the model is loaded, then `Fill`, `Token`s and `Loop` as `ModelHost.chat` does.
    What has come is saved by `keep` at the beginning, now and then, and at the end, however that comes. Turns
    that did not fit are `forgotten` from then on.

    Raises:
        Failure: it cannot be saved.
        Cancelled: while the model was loaded; the question stays open.
    """
    keep(conversation)
    now, texts, saved_at = conversation, list[str](), time.monotonic()
    try:
        for_it = _answer(host, conversation, cancel)
        with contextlib.closing(for_it):
            while True:
                try:
                    event = next(for_it)
                except StopIteration as end:
                    now = answered(grown(conversation, "".join(texts)), end.value)
                    return now
                if isinstance(event, Token):
                    texts.append(event.text)
                    if time.monotonic() - saved_at > SAVE_EVERY:
                        keep(grown(conversation, "".join(texts)))
                        saved_at = time.monotonic()
                yield event
    except Failure as failure:
        now = failed(grown(conversation, "".join(texts)), failure)
        return now
    except BaseException:
        now = grown(conversation, "".join(texts))
        raise
    finally:
        keep(now)


def _answer(host: ModelHost, conversation: Conversation, cancel: Cancel) -> Service[Answer]:
    if not host.alive:
        yield Progress("load", f"Loading the model with {host.title}")
        host.load(cancel)
    said = messages(conversation)
    return (yield from host.chat(said, conversation.parameters, cancel, make_room=True))
