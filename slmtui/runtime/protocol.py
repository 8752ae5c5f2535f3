"""What the app and the model host say to each other, one JSON object a line.

Requests, from `client.py` to `host.py`, each with an `op`; replies carry the `id` of their request.
`messages` are objects of `role` and `content`, `parameters` has the fields of `ChatParameters`. Every host
speaks this: that of onnxruntime-genai (`host.py`), and that of the SDK (`foundry/chat_worker.py`).

| op | fields | replies |
|---|---|---|
| `load` | `id`, `model` (folder), `options` | `loaded`: `seconds` · or `failed` |
| `chat` | `id`, `messages`, `parameters`, `make_room` | `started`, `reading`, `token`…, `finished` |
| `stop` | `id` of the chat to stop | none of its own: that chat ends with `finished` |
| `render` | `id`, `messages`, `add_generation_prompt` | `rendered`: `text` · or `failed` |
| `tokens` | `id`, `text` | `tokenized`: `ids` · or `failed` |

- `options`: session options of the runtime that the tuning found best (`tuning.py`), or none.
- A `chat` whose last message is the assistant's goes on with that message.
- With `make_room`, the oldest turns are left out until the rest fits (`context.py`).
- `started`: `prompt_tokens` of the rendered conversation, `max_tokens`, clipped to the room there is,
  `context_length` (or `max_length`, where that is less), and `dropped`, how many messages were left out.
- `reading`: `cached_tokens`, how many of the prompt's tokens the KV cache holds already.
- `token`: `text` of the `tokens` that came since the last such reply, and `seconds` from the request to the
  last of them. Seconds count on the host's clock from the moment it took the request up.
- `loop`: the answer repeats a piece of `period` tokens; said once.
- `finished`: `finish_reason` (`figures.py` says what each means), `tokens` and `seconds` in all,
  `prompt_seconds` it took to read the prompt, `tpot_ms` (median and 95 %), `cpu_seconds` the host has used.
- `failed`: `cause` and `fix`, as in `Failure`. The host lives on, unless it was the load that failed.

Requests are served one after the other; only `stop` is heard in the middle of another one, between two tokens
or two pieces of the prompt. A host that breaks down says `crashed` (see `child.py`) or nothing at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from slmtui.runtime.parameters import ChatParameters, Message

FinishReason: TypeAlias = Literal["stop", "length", "stop_string", "cancelled", "loop", "context"]


def messages_json(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as they travel, which is also the form a chat template takes them in.

    A NUL ends a text in the runtimes, and with it the rest of the prompt; U+FFFD stands in, as in CommonMark.
    """
    return [
        {"role": message.role, "content": message.content.replace("\0", "\ufffd")} for message in messages
    ]


def parameters_json(parameters: ChatParameters) -> dict[str, Any]:
    """Parameters as they travel."""
    return dataclasses.asdict(parameters)
