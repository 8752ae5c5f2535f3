"""Perplexity and KL by other means: `python plain_quality.py SOURCE MODEL TEXT WINDOW` prints them.

transformers reads the source with its fused attention, plain ONNX Runtime (not onnxruntime-genai) the result,
and torch's own `cross_entropy` and `kl_div` make the figures. The text is tokenized and cut here.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import onnxruntime
import torch
from plain_kl import result_logits
from torch.nn.functional import cross_entropy, kl_div
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    source, model, text, window = sys.argv[1:]
    torch.set_num_threads(1)
    checkpoint = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).eval()
    session = onnxruntime.InferenceSession(Path(model) / "model.onnx", providers=["CPUExecutionProvider"])
    words = Path(text).read_text(encoding="utf-8")
    ids = AutoTokenizer.from_pretrained(source)(words, add_special_tokens=False)["input_ids"]
    surprise: dict[str, list[torch.Tensor]] = {"source": [], "result": []}
    kls = []
    for tokens in torch.tensor(ids).split(int(window)):
        with torch.inference_mode():
            expected = checkpoint(tokens[None]).logits[0].double()
        got = result_logits(session, tokens.tolist())
        for name, logits in (("source", expected), ("result", got)):
            surprise[name].append(cross_entropy(logits[:-1], tokens[1:], reduction="none"))
        p, q = expected.log_softmax(-1), got.log_softmax(-1)
        kls.append(kl_div(q, p, log_target=True, reduction="none").sum(-1))
    kl = torch.cat(kls)
    found = {f"perplexity_{name}": math.exp(torch.cat(each).mean()) for name, each in surprise.items()}
    found |= {"kl_mean": kl.mean().item(), "kl_p99": kl.quantile(0.99).item(), "tokens": len(kl)}
    print(json.dumps(found | {"kl_median": kl.quantile(0.5).item()}))


if __name__ == "__main__":
    main()
