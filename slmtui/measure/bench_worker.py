"""The worker that a model is timed in: `python -m slmtui.measure.bench_worker`.

First request: `{"model", "options", "text"}`: the converted model's folder, session options of the runtime as
the chat has them, and a text that prompts are cut from. Replies: `loaded` (`seconds`), or `failed` (`cause`,
`fix`).

Each request after it is one run: `{"prompt_tokens", "output_tokens"}`. Reply: `ran`: `ttft_seconds` from
handing over the prompt to having the first token, `gap_seconds` from each token to the next, `seconds` and
`cpu_seconds` of the whole run, and the `tokens` that came out; or `failed`. What the run has claimed is still
claimed when it is told, so that the parent can see how much that is; the next run gives it back before it
begins.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

from slmtui.child import Link, run
from slmtui.runtime.diagnosis import broke_off, load_failure
from slmtui.runtime.engine import configured


def main(link: Link) -> None:
    """Load the model, then run whatever is asked for until the parent is gone."""
    request = link.receive()
    if request is None:
        return
    folder = str(request["model"])
    try:
        import onnxruntime_genai as og

        print(f"onnxruntime-genai {og.__version__} loads {folder}", file=sys.stderr)
        started = time.perf_counter()
        model = og.Model(configured(og, folder, request["options"]))
        tokenizer = og.Tokenizer(model)
        seconds = time.perf_counter() - started
        # The runtime has -1 for a byte that the vocabulary lacks.
        text = [token for token in tokenizer.encode(request["text"]).tolist() if token >= 0]
    except (RuntimeError, ImportError, MemoryError, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        failure = load_failure(folder, error)
        link.send("failed", cause=failure.cause, fix=failure.fix)
        return
    if not text:
        link.send("failed", cause="The tokenizer makes no tokens of plain English text.", fix="")
        return
    link.send("loaded", seconds=seconds)
    runs = Runs(og, model, text)
    while (request := link.receive()) is not None:
        try:
            link.send("ran", **runs.run(request["prompt_tokens"], request["output_tokens"]))
        except (RuntimeError, MemoryError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            failure = broke_off(error)
            link.send("failed", cause=failure.cause, fix=failure.fix)
            return


class Runs:
    """Prompts of any length out of one text, read and gone on with."""

    def __init__(self, og: Any, model: Any, text: list[int]) -> None:
        self._og = og
        self._model = model
        self._text = text
        self._generator: Any = None

    def prompt(self, tokens: int) -> list[int]:
        """The text from its beginning, as often as it takes."""
        return (self._text * (tokens // len(self._text) + 1))[:tokens]

    def run(self, prompt_tokens: int, output_tokens: int) -> dict[str, Any]:
        """One prompt, read in one piece, and exactly so many tokens after it, the likeliest each time."""
        prompt, length = self.prompt(prompt_tokens), prompt_tokens + output_tokens
        params = self._og.GeneratorParams(self._model)
        # The least length is the greatest: the token that would end the answer never wins.
        params.set_search_options(
            do_sample=False, repetition_penalty=1.0, max_length=length, min_length=length
        )
        self._generator = None
        self._generator = generator = self._og.Generator(self._model, params)
        step, latest, clock = generator.generate_next_token, generator.get_next_tokens, time.perf_counter
        times: list[float] = []
        tokens: list[int] = []
        busy, started = time.process_time(), clock()
        generator.append_tokens(prompt)
        for _ in range(output_tokens):
            step()
            tokens.append(int(latest()[0]))
            times.append(clock())
        return {
            "ttft_seconds": times[0] - started,
            "gap_seconds": [later - earlier for earlier, later in itertools.pairwise(times)],
            "seconds": times[-1] - started,
            "cpu_seconds": time.process_time() - busy,
            "tokens": tokens,
        }


if __name__ == "__main__":
    run(main)
