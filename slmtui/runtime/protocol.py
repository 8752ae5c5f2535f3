"""What the app and the model host say to each other, one JSON object a line.

Requests, from `client.py` to `host.py`, each with an `op`; replies carry the `id` of their request.
`messages` are objects of `role` and `content`, `parameters` has the fields of `ChatParameters`.

| op | fields | replies |
|---|---|---|
| `load` | `id`, `model` (folder) | `loaded`: `seconds` · or `failed` |
| `chat` | `id`, `messages`, `parameters` | `started`, `reading`, `token`…, `finished` · or `failed` |
| `stop` | `id` of the chat to stop | none of its own: that chat ends with `finished` |
| `render` | `id`, `messages`, `add_generation_prompt` | `rendered`: `text` · or `failed` |
| `tokens` | `id`, `text` | `tokenized`: `ids` · or `failed` |

- `started`: `prompt_tokens` of the rendered conversation, and `max_tokens`, clipped to the room there is.
- `reading`: `cached_tokens`, how many of the prompt's tokens the KV cache holds already.
- `token`: `text` of the `tokens` that came since the last such reply, and `seconds` from the request to the
  last of them. Seconds count on the host's clock from the moment it took the request up.
- `finished`: `finish_reason` (`stop`: the model ended its answer, `length`: `max_tokens` or the end of the
  context was reached, `cancelled`), `tokens` and `seconds` in all.
- `failed`: `cause` and `fix`, as in `Failure`. The host lives on, unless it was the load that failed.

Requests are served one after the other; only `stop` is heard in the middle of another one, between two tokens
or two pieces of the prompt. A host that breaks down says `crashed` (see `child.py`) or nothing at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from slmtui.runtime.parameters import ChatParameters, Message

FinishReason: TypeAlias = Literal["stop", "length", "cancelled"]


def messages_json(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as they travel, which is also the form a chat template takes them in."""
    return [{"role": message.role, "content": message.content} for message in messages]


def parameters_json(parameters: ChatParameters) -> dict[str, Any]:
    """Parameters as they travel."""
    return dataclasses.asdict(parameters)
