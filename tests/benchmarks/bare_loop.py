"""The loop to compare with: onnxruntime-genai as its own examples use it, and nothing else."""

import sys
import time
from typing import Any

from slmtui.child import Link, run


def main(link: Link) -> None:
    import onnxruntime_genai as og

    model = og.Model(sys.argv[1])
    tokenizer = og.Tokenizer(model)
    while (request := link.receive()) is not None:
        link.send("done", **generate(og, model, tokenizer, request["prompt"], request["tokens"]))


def generate(og: Any, model: Any, tokenizer: Any, prompt: list[int], tokens: int) -> dict[str, Any]:
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=len(prompt) + tokens, do_sample=False)
    generator = og.Generator(model, params)
    generator.append_tokens(prompt)
    stream = tokenizer.create_stream()
    text, count, first, last = "", 0, 0.0, 0.0
    while not generator.is_done():
        generator.generate_next_token()
        token = generator.get_next_tokens()[0]
        last = time.perf_counter()
        first = first or last
        text += stream.decode(token)
        count += 1
    return {"text": text, "tokens": count - 1, "seconds": last - first}


if __name__ == "__main__":
    run(main)
