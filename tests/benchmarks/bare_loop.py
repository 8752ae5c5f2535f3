"""The loop to compare with: onnxruntime-genai as its own examples use it, and nothing else."""

import time
from collections.abc import Mapping
from typing import Any


def generate(
    og: Any, model: Any, tokenizer: Any, prompt: list[int], tokens: int, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The text, the tokens after the first with their seconds and CPU seconds, and when the prompt was handed
    over and the first came. Without a `tokenizer` it makes no text and counts tokens alone, as benchmarks do.
    """
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=len(prompt) + tokens, **options)
    generator = og.Generator(model, params)
    asked = time.perf_counter()
    generator.append_tokens(prompt)
    stream = tokenizer.create_stream() if tokenizer else None
    text, count, first, last, busy = "", 0, 0.0, 0.0, 0.0
    while not generator.is_done():
        generator.generate_next_token()
        token = generator.get_next_tokens()[0]
        last = time.perf_counter()
        if not first:
            first, busy = last, time.process_time()
        if stream:
            text += stream.decode(token)
        count += 1
    cpu = time.process_time() - busy
    seconds = last - first
    return {
        "text": text,
        "tokens": count - 1,
        "seconds": seconds,
        "cpu": cpu,
        "asked": asked,
        "first": first,
    }
