"""Other runtimes on the same model: `python others.py NAME MODEL PROMPT TOKENS`, a process for each.

It prints one JSON object: tokens a second after the first, and the seconds to the first.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def transformers(model: str, prompt: str, tokens: int) -> Iterator[object]:
    """Greedy, in FP32, from a GGUF file, as `generate` does it."""
    from threading import Thread

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

    folder, file = Path(model).parent, Path(model).name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    asked = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    yield None
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
    # A streamer gives whole words, so the pace is that of the whole; every one gets as many tokens.
    options = {**asked, "max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}
    Thread(target=loaded.generate, kwargs={**options, "streamer": streamer}).start()
    yield from streamer


def llama_cpp(model: str, prompt: str, tokens: int) -> Iterator[object]:
    """Greedy, from a GGUF file."""
    from llama_cpp import Llama

    loaded = Llama(model, n_ctx=2048, n_threads=os.cpu_count(), verbose=False)
    yield None
    yield from loaded.create_completion(prompt, max_tokens=tokens, temperature=0, stream=True)


def main() -> None:
    name, model, prompt, tokens = sys.argv[1:]
    pieces = {"transformers": transformers, "llama_cpp": llama_cpp}[name](model, prompt, int(tokens))
    next(pieces)
    started = time.perf_counter()
    times = [time.perf_counter() for _ in pieces]
    pace = (int(tokens) - 1) / (times[-1] - times[0])
    print(json.dumps({"tokens_per_second": pace, "first_token_seconds": times[0] - started}))


if __name__ == "__main__":
    main()
