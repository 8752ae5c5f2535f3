"""PromptTemplate: what Foundry Local's `inference_model.json` says about wrapping a conversation.

Four strings, each with `{Content}` where the text goes. `system`, `user` and `assistant` wrap a message;
`prompt` wraps the user's last one and opens the answer. The format is the one that onnxruntime-genai's
model builder wrote with `include_prompt_templates` and that Foundry Local's catalogue holds: each string
carries its own line ends, and a conversation is the strings one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slmtui.runtime.parameters import Message

CONTENT = "{Content}"


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """The four strings; an empty one is absent from the file, and `extra` keeps keys we do not know.

    Only `prompt` has to be there: Microsoft's own instructions write `assistant` and `prompt` alone.
    """

    system: str = ""
    user: str = ""
    assistant: str = ""
    prompt: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def render(self, messages: Iterable[Message]) -> str:
        """The conversation as text; the answer is opened if the user spoke last.

        Without a `user` string earlier questions are wrapped like the last one; other roles without a
        string stand as they are.
        """
        turns = list(messages)
        parts: list[str] = []
        for index, message in enumerate(turns):
            match message.role:
                case "user" if index == len(turns) - 1:
                    shape = self.prompt
                case "user":
                    shape = self.user or self.prompt
                case "system":
                    shape = self.system
                case _:
                    shape = self.assistant
            parts.append(fill(shape or CONTENT, message.content))
        return "".join(parts)


def fill(shape: str, content: str) -> str:
    """`shape` with `content` in the place of `{Content}`; what the content says is never interpreted."""
    return content.join(shape.split(CONTENT))


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """How the model is sampled. `max_length` counts the tokens of question and answer together.

    `stop` are texts that end an answer where they occur; they are no part of it.
    """

    max_length: int = 2048
    temperature: float = 0.7
    top_p: float = 0.9
    repetition_penalty: float = 1.1
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
