"""KL by other means: `python plain_kl.py SOURCE MODEL PIECES.json` prints the mean and the 99th percentile.

transformers reads the source, plain ONNX Runtime (not onnxruntime-genai) the result, and torch's own `kl_div`
compares them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import AutoModelForCausalLM

TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}


def result_logits(session: onnxruntime.InferenceSession, tokens: list[int]) -> torch.Tensor:
    """One forward pass with an empty cache."""
    feeds = {}
    for wanted in session.get_inputs():
        if wanted.name == "input_ids":
            feeds[wanted.name] = np.array([tokens], np.int64)
        elif wanted.name == "attention_mask":
            feeds[wanted.name] = np.ones((1, len(tokens)), np.int64)
        elif wanted.name == "position_ids":
            feeds[wanted.name] = np.arange(len(tokens), dtype=np.int64)[None]
        else:  # past_key_values: (batch, heads, past length, head size)
            _, heads, _, size = wanted.shape
            feeds[wanted.name] = np.zeros((1, heads, 0, size), TYPES[wanted.type])
    return torch.from_numpy(session.run(["logits"], feeds)[0][0]).double()


def main() -> None:
    source, model, pieces = sys.argv[1:]
    torch.set_num_threads(1)
    checkpoint = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).eval()
    session = onnxruntime.InferenceSession(Path(model) / "model.onnx", providers=["CPUExecutionProvider"])
    found = []
    for tokens in json.loads(Path(pieces).read_text(encoding="utf-8")):
        with torch.inference_mode():
            expected = checkpoint(torch.tensor([tokens])).logits[0].double().log_softmax(-1)
        got = result_logits(session, tokens).log_softmax(-1)
        found.append(torch.nn.functional.kl_div(got, expected, log_target=True, reduction="none").sum(-1))
    kl = torch.cat(found)
    print(json.dumps({"kl_mean": kl.mean().item(), "kl_p99": kl.quantile(0.99).item(), "tokens": len(kl)}))


if __name__ == "__main__":
    main()
