"""What is asked of a model: the messages of a conversation and how to sample the answer."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmtui.events import Failure

Role: TypeAlias = Literal["system", "user", "assistant"]

# The runtime's random generator takes a signed 32-bit seed.
MAX_SEED = 2**31 - 1
# Below this the likeliest token is certain, and the runtime's 32-bit numbers may overflow; at 1e-38 it aborts
COLDEST = 1e-4
# Outside of these the runtime takes sums of probabilities for 0 or not-a-number, and ends or aborts. Useful
# values lie between 0.9 and 2.
LEAST_PENALTY, MOST_PENALTY = 0.01, 100.0

# What each parameter does; none of them changes the model's size.
ABOUT: Mapping[str, str] = {
    "temperature": "How much chance an answer is given: it divides the logits. 0 takes the likeliest token"
    " each time (greedy), which tests and comparisons want. No effect on speed.",
    "top_p": "Samples from the smallest set of tokens whose probabilities sum to this, above 0 up to 1. Less"
    " keeps to what is likely; 1 leaves nothing out.",
    "top_k": "Samples from this many likeliest tokens; 1 is greedy. Empty takes the model's own"
    " (`search.top_k` in genai_config.json), as a Foundry Local deployment without a top_k does.",
    "repetition_penalty": "Makes tokens that have occurred, in the prompt too, less likely: divides their"
    " positive logits and multiplies the negative ones. 1 changes nothing; far above 1.2 the model avoids"
    " words that it needs.",
    "max_tokens": "At most so many tokens are generated, clipped to the room that the context has left. Fewer"
    " end a long answer sooner, in the middle of a sentence.",
    "max_length": "Prompt and answer together have at most so many tokens (`ModelConfig.max_length`). Empty"
    " takes what the context holds; less of it takes less memory for the KV cache.",
    "seed": "The same seed, messages and parameters give the same answer. Empty draws anew each time.",
    "stop": "Texts that end the answer where they would appear; nothing of them is part of it.",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; `content` is plain text, whatever stands in it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatParameters:
    """How an answer is sampled; the defaults are those of the guide's `ModelConfig`.

    What each does is said in `ABOUT`.

    Raises:
        Failure: a value outside its range, with the range.
    """

    max_tokens: int = 512
    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int | None = None
    repetition_penalty: float = 1.1
    seed: int | None = None
    max_length: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", tuple(self.stop))  # a list, where it comes out of JSON
        if self.max_tokens < 1:
            raise _outside("maximum of tokens", self.max_tokens, "a whole number from 1 on")
        if self.max_length is not None and self.max_length < 1:
            raise _outside("maximum length", self.max_length, "a whole number from 1 on, or nothing")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise _outside("temperature", self.temperature, "a number from 0 (greedy) on, such as 0.7")
        if not 0 < self.top_p <= 1:
            raise _outside("top-p", self.top_p, "a number above 0, up to 1")
        if self.top_k is not None and self.top_k < 1:
            raise _outside("top-k", self.top_k, "a whole number from 1 on, or nothing")
        if not LEAST_PENALTY <= self.repetition_penalty <= MOST_PENALTY:
            raise _outside(
                "repetition penalty",
                self.repetition_penalty,
                f"a number from {LEAST_PENALTY:g} to {MOST_PENALTY:g}, such as 1.1",
            )
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise _outside("seed", self.seed, f"a whole number from 0 to {MAX_SEED}, or nothing")
        if not all(isinstance(text, str) and text for text in self.stop):
            raise Failure("A stop string cannot be empty.", "Give the text that is to end the answer.")

    @property
    def greedy(self) -> bool:
        """Whether chance has no part in the answer."""
        return self.temperature < COLDEST or self.top_k == 1

    def as_greedy(self) -> ChatParameters:
        """The same with the likeliest token each time."""
        return dataclasses.replace(self, temperature=0.0)


def _outside(name: str, value: float, allowed: str) -> Failure:
    return Failure(f"The {name} cannot be {value}.", f"Give {allowed}.")
