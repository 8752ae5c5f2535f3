"""What the model host does with the runtime: load a model, render, tokenize, answer.

Runs in the host's process only; `og` is the onnxruntime_genai module, which only the host's `main` imports.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from slmtui.events import Failure
from slmtui.runtime.context import Fitted, fit, too_long
from slmtui.runtime.diagnosis import broke_off
from slmtui.runtime.folder import read_folder
from slmtui.runtime.generation import FULL, Asked, Generation
from slmtui.runtime.kv_cache import KvCache, search_options
from slmtui.runtime.pacing import PromptPace
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.protocol import FinishReason


class Engine:
    """A loaded model.

    Args:
        og: the onnxruntime_genai module.
        folder: the converted model.
        options: session options of the runtime in the place of those in genai_config.json (`tuning.py`).

    Raises:
        RuntimeError: whatever keeps the runtime from loading it, in its words (`diagnosis.py` has ours).
    """

    def __init__(self, og: Any, folder: str, options: Mapping[str, Any] | None = None) -> None:
        self._model = og.Model(configured(og, folder, options or {}))
        self._tokenizer = og.Tokenizer(self._model)
        config = read_folder(Path(folder))
        self._whole = self.context_length = config.context_length
        self._vocab_size = config.vocab_size
        self._end = frozenset(int(token) for token in self._tokenizer.eos_token_ids)
        self._model_top_k = int(og.GeneratorParams(self._model).get_search_options()["top_k"])
        self._pace = PromptPace()
        self._asked = self._said = Asked([], [], "")
        self.prompt_seconds = 0.0
        self.generation = Generation()
        self.cache = KvCache(og, self._model, self.context_length)

    def render(self, messages: Sequence[dict[str, str]], *, add_generation_prompt: bool = True) -> str:
        """The conversation as the prompt the model sees, by the model's own chat template.

        Raises:
            Failure: there is no template, or it refuses these messages.
        """
        try:
            text: str = self._tokenizer.apply_chat_template(
                json.dumps(messages), add_generation_prompt=add_generation_prompt
            )
        except RuntimeError as error:
            raise _template_failure(str(error)) from error
        return text

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`.

        For a byte that the vocabulary lacks (SmolLM2's has not all control characters) the runtime gives the
        token -1, which no model has learned; it is left out, as transformers does. A NUL would end the text.
        """
        tokens: list[int] = self._tokenizer.encode(text.replace("\0", "\ufffd")).tolist()
        return [token for token in tokens if token >= 0] if tokens and min(tokens) < 0 else tokens

    def warm_up(self) -> None:
        """Run the model once, so that the first answer does not pay for memory that is claimed then.

        A generator with room for 4,096 tokens takes a 135M model 0.3 s to make, a later one 0.03 s, because
        the runtime keeps freed memory. This one serves the first answer as well if its way of sampling is the
        same.
        """
        sampling = search_options(ChatParameters(), self._model_top_k, self._vocab_size)
        self.cache.prepare([0, 0], 2, sampling, None)
        self.cache.read([0, 0])

    def prompt(
        self, messages: Sequence[dict[str, str]], max_tokens: int, max_length: int | None = None
    ) -> tuple[list[int], int]:
        """The conversation's tokens, and `max_tokens` clipped to the room that is left.

        Raises:
            Failure: it does not fit into the context, or cannot be rendered.
        """
        tokens = self.tokens(messages)
        return tokens, self._limit(tokens, max_tokens, max_length)

    def fitting(
        self, messages: Sequence[dict[str, str]], max_tokens: int, max_length: int | None = None
    ) -> tuple[Fitted, int]:
        """The same with the oldest turns left out until the rest fits (`context.py`)."""
        fitted = fit(messages, self.tokens, self.context_length, max_tokens, max_length)
        if fitted.dropped:
            self.tokens(fitted.messages)  # the last look was at another part of the conversation
        return fitted, self._limit(fitted.tokens, max_tokens, max_length)

    def tokens(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """The conversation's tokens; one that ends with the assistant's words goes on with them.

        Words that were generated here go on from the very tokens they were made of.
        """
        if not messages or messages[-1]["role"] != "assistant":
            prompt = self.encode(self.render(messages))
            self._asked = Asked(prompt, [], "")
            return prompt
        rendered, begun = self.render(messages[:-1]), messages[-1]["content"]
        prompt = self.encode(rendered)
        if self._said.prompt == prompt and self._said.text == begun and begun:
            self._asked = self._said
        else:
            self._asked = Asked(prompt, self.encode(rendered + begun)[len(prompt) :], begun)
        return prompt + self._asked.begun

    def _limit(self, tokens: Sequence[int], max_tokens: int, max_length: int | None) -> int:
        self._whole = min(self.context_length, max_length or self.context_length)
        room = self._whole - len(tokens)
        if room < 1:
            raise too_long(len(tokens), self.context_length, max_length)
        return min(max_tokens, room)

    def prepare(self, prompt: list[int], limit: int, parameters: ChatParameters) -> int:
        """Make the cache ready for a prompt and `limit` more tokens; returns how many tokens it keeps.

        Raises:
            Failure: the runtime cannot make room for them.
        """
        sampling = search_options(parameters, self._model_top_k, self._vocab_size)
        seed = None if parameters.greedy else parameters.seed
        length = len(prompt) + limit
        try:
            return self.cache.prepare(prompt, length, sampling, seed)
        except RuntimeError as error:
            self.cache.drop()
            raise Failure(
                f"The runtime could not make room for {length:,} tokens: {error}",
                "Lower the maximum of tokens, or start a new conversation.",
            ) from error

    def answer(
        self,
        prompt: list[int],
        limit: int,
        send: Callable[[str, int, float], None],
        stopped: Callable[[], bool],
        *,
        stop: Sequence[str] = (),
        looping: Callable[[int], None] | None = None,
    ) -> tuple[FinishReason, int]:
        """Read a prepared prompt and generate; returns why it ended and how many tokens were generated.

        Args:
            prompt: its tokens, as `prompt` returned them.
            limit: the most tokens to generate.
            send: takes text, its number of tokens and the time of the last (`time.perf_counter`). The token
                that ends the answer is neither sent nor counted.
            stopped: asked before each piece of the prompt, and after a token whenever text is sent.
            stop: texts that end the answer.
            looping: told the length of the piece that the answer repeats, once.

        Raises:
            Failure: the runtime broke off; the cache is dropped.
        """
        self.generation = Generation(stop, looping)
        try:
            started = time.perf_counter()
            whole = self._read(prompt, stopped)
            self.prompt_seconds = time.perf_counter() - started
            if not whole:
                return "cancelled", 0
            decode = self._tokenizer.create_stream().decode
            reason = self.generation.run(self.cache, decode, self._end, limit, send, stopped)
        except (RuntimeError, MemoryError) as error:
            self.cache.drop()
            raise broke_off(error) from error
        finally:
            self._said = self._asked.said(self.generation)
        if reason == "length" and len(prompt) + limit >= self._whole:
            reason = FULL
        return reason, len(self.generation.tokens)

    def _read(self, prompt: list[int], stopped: Callable[[], bool]) -> bool:
        start, end = self.cache.length, len(prompt)
        pieces = [(start, end)] if self.cache.undivided(end) else self._pace.pieces(start, end)
        for begin, stop in pieces:
            if stopped():
                return False
            started = time.perf_counter()
            self.cache.read(prompt[begin:stop])
            self._pace.took(stop - begin, time.perf_counter() - started)
        return not stopped()


def configured(og: Any, folder: str, options: Mapping[str, Any]) -> Any:
    """What `og.Model` takes: the folder, with other session options than its file has, if there are any."""
    if not options:
        return folder
    config = og.Config(folder)
    config.overlay(json.dumps({"model": {"decoder": {"session_options": dict(options)}}}))
    return config


def _template_failure(message: str) -> Failure:
    if "Empty chat template" in message:
        return Failure(
            "The model has no chat template, so there is no knowing how to put a conversation to it.",
            "Write one on the Template screen, which knows the model families, and keep it in the model's"
            " folder as chat_template.jinja.",
        )
    said = " ".join(message.split())[:300]
    return Failure(
        f"The model's chat template refuses this conversation: {said}",
        "Many templates take no system message, or demand that user and assistant alternate; else mend"
        " chat_template.jinja in the model's folder.",
    )
