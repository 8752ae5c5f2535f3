"""The child process with the model's tokenizer in transformers and in onnxruntime-genai:
`python -m slmtui.prompt.truth_worker`.

First request: `{"model": folder}`, answered with `loaded {added: {text: id}, eos_ids, bos,
has_chat_template}`. Then any number of `{"messages", "open_answer", "prompt_template"}`, each answered with
`made {transformers, runtime, prompt_template}`, every one an object of `text` (null if refused), `refusal`
and `tokens`, a list of `[id, text, special]`. `failed {cause, fix}` ends it.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slmtui.child import Link, run

# What decoders make of bytes that are no whole character; UTF-8 takes at most four bytes for one.
_UNKNOWN = "\ufffd"
_MOST_BYTES = 4

# The runtime gives a tokenizer to a loaded model only. This one stands in for gigabytes of weights: an ONNX
# graph of 147 bytes that makes its `input_ids` its `logits` (onnx.helper: one Cast, opset 14).
_NO_WEIGHTS = base64.b64decode(
    "CAg6iAEKJAoJaW5wdXRfaWRzEgZsb2dpdHMiBENhc3QqCQoCdG8YAaABAhIBZ1odCglpbnB1dF9pZHMSEAoOCAcS"
    "CgoDEgFiCgMSAXNaIgoOYXR0ZW50aW9uX21hc2sSEAoOCAcSCgoDEgFiCgMSAXNiGgoGbG9naXRzEhAKDggBEgoKAxIBYgoDEgFzQgQKABAO"
)
_PLAIN_DECODER = {"model": {"decoder": {"filename": "no_weights.onnx", "num_hidden_layers": 0}}}


def main(link: Link) -> None:
    """Load both tokenizers, then look at one conversation after the other."""
    request = link.receive()
    if request is None:
        return
    folder = str(request["model"])
    try:
        both = Both(folder)
    except Exception as error:
        # Whatever the libraries find wrong with somebody's files ends here.
        said = str(error).strip().rstrip(".") or type(error).__name__
        link.send(
            "failed",
            cause=f"The tokenizer in {folder} cannot be loaded: {said}.",
            fix="Convert the model again; its tokenizer files have to be those of the checkpoint.",
        )
        return
    link.send("loaded", **both.vocabulary())
    while (request := link.receive()) is not None:
        link.send(
            "made", **both.look(request["messages"], request["open_answer"], request["prompt_template"])
        )


class Both:
    """The two tokenizers of one model's folder."""

    def __init__(self, folder: str) -> None:
        self._og, self._runtime = _runtime_tokenizer(folder)
        # The older Foundry Local's runtime (onnxruntime-genai up to 0.7) let the tokenizer add the special
        # tokens its post-processor asks for; from 0.8 on (May 2025) `encode` adds none unless told to.
        _, self._older = _runtime_tokenizer(folder)
        self._older.update_options(add_special_tokens="true")
        self._hugging = _auto_tokenizer().from_pretrained(folder)
        self._added = {
            entry.content: (number, bool(entry.special))
            for number, entry in self._hugging.added_tokens_decoder.items()
        }
        self._special = {number for number, special in self._added.values() if special}
        self._texts: dict[int, str] = {}

    def vocabulary(self) -> dict[str, Any]:
        """What the app has to know to judge."""
        return {
            "added": {text: number for text, (number, _) in self._added.items()},
            "eos_ids": [int(number) for number in self._runtime.eos_token_ids],
            "bos": self._hugging.bos_token_id,
            "has_chat_template": bool(self._hugging.chat_template),
        }

    def look(self, messages: list[dict[str, str]], opened: bool, strings: str) -> dict[str, Any]:
        """One conversation as the three make it."""
        return {
            "transformers": self._made(
                lambda: self._hugging.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=opened
                ),
                # As apply_chat_template(tokenize=True) does.
                lambda text: self._hugging.encode(text, add_special_tokens=False),
            ),
            "runtime": self._made(
                lambda: self._runtime.apply_chat_template(
                    json.dumps(messages, ensure_ascii=False), add_generation_prompt=opened
                ),
                self._runtime.encode,
            ),
            "prompt_template": self._made(lambda: strings, self._older.encode),
        }

    def _made(self, render: Callable[[], str], encode: Callable[[str], Any]) -> dict[str, Any]:
        try:
            text = render()
            ids = [int(number) for number in encode(text)]
        except Exception as error:
            # A template's own refusal, or whatever else goes wrong in it; the first line says it.
            said = str(error).strip().split("\n", 1)[0].rstrip(": .") or type(error).__name__
            return {"text": None, "refusal": said, "tokens": []}
        texts = zip(ids, self._texts_of(ids), strict=True)
        tokens = [[number, shown, number in self._special] for number, shown in texts]
        return {"text": text, "refusal": "", "tokens": tokens}

    def _texts_of(self, ids: list[int]) -> list[str]:
        """The text of each; a character that is spread over several tokens is the first one's."""
        texts: list[str] = []
        spread: list[int] = []
        for number in ids:
            text = self._text(number)
            if _UNKNOWN not in text or number < 0:
                spread = []
                texts.append(text)
                continue
            spread.append(number)
            texts.append("")
            whole = str(self._hugging.decode(spread, skip_special_tokens=False))
            texts[-len(spread)] = whole
            if _UNKNOWN not in whole or len(spread) == _MOST_BYTES:
                spread = []
        return texts

    def _text(self, number: int) -> str:
        if number not in self._texts:
            self._texts[number] = self._spelled(number)
        return self._texts[number]

    def _spelled(self, number: int) -> str:
        if number < 0:
            return _UNKNOWN  # the runtime's id for a byte that the vocabulary lacks
        text = str(self._hugging.decode([number], skip_special_tokens=False))
        # Decoders of SentencePiece drop the space that a first token begins with.
        piece = self._hugging.convert_ids_to_tokens(number) or ""
        return f" {text}" if piece.startswith("\u2581") and not text.startswith(" ") else text


def _auto_tokenizer() -> Any:
    """The AutoTokenizer of transformers, without torch: no tokenizer needs it, and it takes 3 of 5 s."""
    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]  # which means: there is none
    from transformers import AutoTokenizer

    return AutoTokenizer


def _runtime_tokenizer(folder: str) -> tuple[Any, Any]:
    """A model without weights and its tokenizer; the model itself where the runtime insists on it."""
    import onnxruntime_genai as og

    try:
        config = og.Config(folder)
        config.overlay(json.dumps(_PLAIN_DECODER))
        config.add_model_data("no_weights.onnx", _NO_WEIGHTS)
        model = og.Model(config)
        return model, og.Tokenizer(model)
    except RuntimeError as error:
        if not (Path(folder) / "genai_config.json").is_file():
            raise
        if not (Path(folder) / "tokenizer.json").is_file():
            raise FileNotFoundError("there is no tokenizer.json") from error
        model = og.Model(folder)
        return model, og.Tokenizer(model)


if __name__ == "__main__":
    run(main)
