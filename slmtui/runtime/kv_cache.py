"""The generator with its KV cache, kept from one request to the next.

Every request brings its whole conversation as tokens. What of it the cache holds already stays: the cache is
rewound to the common prefix and only the rest is read. That one rule serves the next turn, an edited message
and a regenerated answer alike, and a request that has nothing in common simply keeps nothing.

The result does not depend on what was kept, as far as prompts go: rewinding and reading on gives the same
logits, bit for bit, as a fresh generator that reads everything (as long as no piece is a single token, see
`PromptPace.pieces`). Keys and values of an answer were computed token by token when it was generated; read
again they would differ in the last bits (cosine of the logits 0.9999), as in every runtime with a KV cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from slmtui.runtime.parameters import ChatParameters

Sampling: TypeAlias = dict[str, bool | int | float]

SMALLEST_CAPACITY = 4096

# Models of the Phi-3 family with LongRoPE compute other keys once the sequence is longer than their original
# context: short and long ones must never meet in one cache. Lengths from the runtime's
# `Generator::InitializePhi3RopeThreshold`.
_LONG_ROPE_AFTER = {"phi3": 4096, "phimoe": 4096, "phi3small": 8192}


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens `a` and `b` have in common from the start."""
    for index, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return index
    return min(len(a), len(b))


def capacity_for(tokens: int, context_length: int) -> int:
    """The length, in tokens, of the buffer for a sequence that may grow to `tokens`.

    The runtime allocates and zeroes the whole buffer when the generator is made, and cannot grow it:
    layers × KV heads × head size × 2 × 4 bytes a token, which is 46 KB for a 135M model and 131 KB for a
    3.8B one with 8 KV heads; its context of 128k tokens would take 17 GB. So: room for an ordinary
    conversation, then the next power of two, so that a growing one starts over seldom; never more than the
    context.
    """
    grown = 1 << max(0, tokens - 1).bit_length()
    return min(context_length, max(SMALLEST_CAPACITY, grown))


def search_options(parameters: ChatParameters, model_top_k: int, vocab_size: int) -> Sampling:
    """The runtime's search options for `parameters`.

    `model_top_k` is what genai_config.json says; 0 and 1 there mean that nobody chose one, and 50 stands in,
    because the runtime's pure nucleus sampling sorts the whole vocabulary and halves the speed.
    A top_k beyond the vocabulary crashes runtime 0.14.1 (segmentation fault), hence the limit.
    """
    if parameters.greedy:
        return {"do_sample": False, "repetition_penalty": parameters.repetition_penalty}
    top_k = parameters.top_k or (model_top_k if model_top_k > 1 else 50)
    return {
        "do_sample": True,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "top_k": min(top_k, vocab_size),
        "repetition_penalty": parameters.repetition_penalty,
    }


class KvCache:
    """One generator at a time, and the tokens whose keys and values it holds.

    Args:
        og: the onnxruntime_genai module, which only the host's `main` imports.
        model: its `Model`.
        context_length: of the model, in tokens.
    """

    def __init__(self, og: Any, model: Any, context_length: int) -> None:
        self._og = og
        self._model = model
        self._context_length = context_length
        self._long_rope_after = _LONG_ROPE_AFTER.get(str(model.type))
        self._params: Any = None
        self._kind: tuple[bool, bool] | None = None
        self._capacity = 0
        self._tokens: list[int] = []
        self._unread: int | None = None
        self.generator: Any = None

    def prepare(self, prompt: Sequence[int], length: int, sampling: Sampling, seed: int | None) -> int:
        """Make the generator ready to read the rest of `prompt`; returns how many tokens it keeps.

        `length` is what the sequence may grow to. At least two tokens are left to read: the logits of the
        last one are needed, and one alone would be computed by other kernels. Only where an answer that broke
        off goes on is it the last one alone: these are the kernels it would have gone on with.
        """
        goes_on = self._unread is not None and list(prompt) == [*self._tokens, self._unread]
        kept = min(common_prefix(self._tokens, prompt), max(0, len(prompt) - (1 if goes_on else 2)))
        self._unread = None
        if not self._same_rope(len(prompt)):
            kept = 0
        if self._reusable(length, sampling, seed) and self._rewind(kept):
            self._params.set_search_options(**sampling)
        else:
            kept = 0
            self._renew(length, sampling, seed)
        del self._tokens[kept:]
        return kept

    @property
    def length(self) -> int:
        """How many tokens' keys and values it holds."""
        return len(self._tokens)

    def undivided(self, end: int) -> bool:
        """Whether a prompt up to `end` must be read as one piece, lest short and long keys meet."""
        limit = self._long_rope_after
        return limit is not None and len(self._tokens) <= limit < end

    def read(self, tokens: Sequence[int]) -> None:
        """Read a piece of the prompt."""
        self.generator.append_tokens(tokens)
        self._tokens += tokens

    def wrote(self, tokens: Sequence[int], *, ended: bool) -> None:
        """Note what was generated. Unless the model `ended` its answer, the last token was not read yet."""
        self._tokens += tokens if ended else tokens[:-1]
        self._unread = tokens[-1] if tokens and not ended else None

    def drop(self) -> None:
        """Forget everything and free the memory."""
        self.generator = self._params = self._kind = None
        self._tokens.clear()
        self._unread = None
        self._capacity = 0

    def _reusable(self, length: int, sampling: Sampling, seed: int | None) -> bool:
        # Measured on 0.14.1: a generator looks its options up at every step, so that they can be changed,
        # but for the method (greedy, top-k, top-k with top-p) and the seed, which it takes when it is made.
        return (
            self.generator is not None
            and seed is None
            and self._kind == _kind(sampling)
            and length <= self._capacity
        )

    def _same_rope(self, end: int) -> bool:
        limit = self._long_rope_after
        return limit is None or (len(self._tokens) > limit) == (end > limit)

    def _rewind(self, kept: int) -> bool:
        try:
            if self.generator.token_count() > kept:
                self.generator.rewind_to(kept)
        except RuntimeError:
            return False  # models with recurrent or windowed state (lfm2) cannot go back
        return True

    def _renew(self, length: int, sampling: Sampling, seed: int | None) -> None:
        self.drop()
        # A seeded generator is never used again, its random numbers have moved on: it needs no more room.
        once = seed is not None
        self._capacity = length if once else capacity_for(length, self._context_length)
        self._params = self._og.GeneratorParams(self._model)
        options = dict(sampling) | {"max_length": self._capacity}
        if seed is not None:
            options["random_seed"] = seed
        self._params.set_search_options(**options)
        self.generator = self._og.Generator(self._model, self._params)
        self._kind = None if once else _kind(sampling)


def _kind(sampling: Sampling) -> tuple[bool, bool]:
    return bool(sampling["do_sample"]), sampling.get("top_p", 1.0) < 1.0
