"""What of a conversation fits into the model's context: the newest of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from slmtui.events import Failure
from slmtui.runtime.parameters import ChatParameters

# The room that is kept for the answer: what it may have, but no more than this part of the context.
ANSWER_SHARE = 4
# Once something has to go, so much goes that the rest fills this part of what there is. Dropping one turn at
# a time would change the beginning of the prompt at every turn, and the KV cache would have to read it anew.
FILLED_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class Fitted:
    """The messages that fit, as the model sees them, their tokens, and how many were left out."""

    messages: list[dict[str, str]]
    tokens: list[int]
    dropped: int


def fit(
    messages: Sequence[dict[str, str]],
    encoded: Callable[[Sequence[dict[str, str]]], list[int]],
    context_length: int,
    max_tokens: int,
    max_length: int | None = None,
) -> Fitted:
    """Leave out the oldest turns until the rest, and the answer, fit into the context, or `max_length` of it.

    A system message at the beginning always stays, and so does the last question. `encoded` gives the tokens
    of a conversation.

    Raises:
        Failure: not even these fit.
    """
    whole = min(context_length, max_length or context_length)
    room = whole - min(max_tokens, whole // ANSWER_SHARE)
    tokens = encoded(messages)
    if len(tokens) <= room:
        return Fitted(list(messages), tokens, 0)
    head = 1 if messages and messages[0]["role"] == "system" else 0
    # A turn begins with a question; templates insist that a conversation does, too.
    starts = [at for at, message in enumerate(messages) if message["role"] == "user" and at >= head]
    wanted = int(room * FILLED_AGAIN)
    low, high = 1, len(starts) - 1  # drop at least one turn, keep at least one
    best: Fitted | None = None
    while low <= high:  # more turns dropped are fewer tokens, so the search can halve
        middle = (low + high) // 2
        kept = [*messages[:head], *messages[starts[middle] :]]
        tokens = encoded(kept)
        if len(tokens) <= wanted:
            best, high = Fitted(kept, tokens, starts[middle] - head), middle - 1
        else:
            low = middle + 1
    if best is None:
        kept = [*messages[:head], *messages[starts[-1] :]] if starts else list(messages)
        best = Fitted(kept, encoded(kept), len(messages) - len(kept))
    if len(best.tokens) >= whole:
        raise too_long(len(best.tokens), context_length, max_length)
    return best


def length_of(parameters: ChatParameters, context_length: int) -> int:
    """How many tokens prompt and answer may have together."""
    return min(context_length, parameters.max_length or context_length)


def too_long(tokens: int, context_length: int, max_length: int | None = None) -> Failure:
    """The failure for a conversation that leaves no room for an answer."""
    if max_length is not None and max_length < context_length:
        return Failure(
            f"The conversation has {tokens:,} tokens, and max_length allows {max_length:,}, the answer"
            " included.",
            "Raise max_length, in the chat's parameters or on the Template screen, or shorten the"
            " conversation.",
        )
    return Failure(
        f"The conversation has {tokens:,} tokens, and the model's context holds"
        f" {context_length:,}, the answer included.",
        "Shorten the message, leave out older turns, or start a new conversation.",
    )


def reply_fields(fitted: Fitted, limit: int, context_length: int, make_room: bool) -> dict[str, Any]:
    """The fields of a `started` reply (`protocol.py`)."""
    fields: dict[str, Any] = {
        "prompt_tokens": len(fitted.tokens),
        "max_tokens": limit,
        "context_length": context_length,
    }
    return fields | ({"dropped": fitted.dropped} if make_room else {})
