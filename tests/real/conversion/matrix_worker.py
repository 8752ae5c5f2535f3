"""Converts random models of every architecture in one process: `matrix_worker.py SAMPLE FOLDER`.

Prints one JSON line for each: how far the logits of the FP32 export are from transformers'. The models have
two layers, or as many as it takes to meet each kind of layer once; their weights are larger than a fresh
model's, and their norms are not all ones, because with those defaults even a wrong rotary embedding agrees
to three decimals. Windows are shorter than the text, for the same reason.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

os.environ |= {
    "OLIVE_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "CI": "true",
    "ORT_TELEMETRY_DISABLED": "1",
}

import numpy as np
import onnxruntime_genai as og
import torch
from olive.workflows import run
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from slmtui.conversion import rope_shim

TOKENS = 40
COMMON = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 1536, "max_position_embeddings": 128,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
SCALED = {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}
PLAIN = {"rope_type": "default", "rope_theta": 1e4}
# By the model type, and after a colon what is special about it.
CASES: dict[str, dict[str, object]] = {
    "llama": {},
    "llama:biases": {"attention_bias": True, "mlp_bias": True},
    "llama:theta": {"rope_parameters": PLAIN | {"rope_theta": 1000.0}},
    "qwen2": {},
    "qwen3": {"head_dim": 16},
    "mistral": {"sliding_window": 8},
    "phi3": {"original_max_position_embeddings": 128, "sliding_window": None},
    "phi3:partial": {
        "original_max_position_embeddings": 128, "sliding_window": None, "hidden_size": 128,
        "partial_rotary_factor": 0.5,
    },
    "phi": {"hidden_size": 128},
    "gemma": {"head_dim": 16},
    "gemma2": {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 8},
    "gemma3_text": {"head_dim": 16, "query_pre_attn_scalar": 16, "num_hidden_layers": 6, "sliding_window": 8},
    "gemma3_text:scaled": {
        "head_dim": 16, "query_pre_attn_scalar": 16, "num_hidden_layers": 6, "sliding_window": 8,
        "rope_parameters": {"full_attention": SCALED, "sliding_attention": PLAIN},
    },
    "smollm3": {"num_hidden_layers": 4},
    "granite": {"embedding_multiplier": 12.0, "logits_scaling": 0.5, "residual_multiplier": 0.22},
    "ernie4_5": {"head_dim": 16},
    "hunyuan_v1_dense": {"head_dim": 16},
    "lfm2": {"layer_types": ["conv", "full_attention"]},
    "nemotron": {"hidden_size": 128},
    "olmo": {},
    "gpt_oss": {"head_dim": 64, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 8},
}  # fmt: skip


def make(case: str, folder: Path, sample: Path) -> torch.nn.Module:
    """A random model, saved with the sample's tokenizer."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[case.partition(":")[0]](**COMMON | CASES[case])
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 1:
                weight.add_(0.1 * torch.randn_like(weight))
            else:
                weight.mul_(3)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(sample / name, folder / name)
    return model


def convert(folder: Path, output: Path, cache: Path) -> None:
    options = {"hf_remote": False, "hf_token": "false"}
    accelerator = {"device": "cpu", "execution_providers": ["CPUExecutionProvider"]}
    run({
        "input_model": {"type": "HfModel", "model_path": str(folder), "task": "text-generation"},
        "systems": {"here": {"type": "LocalSystem", "accelerators": [accelerator]}},
        "passes": {"builder": {"type": "ModelBuilder", "precision": "fp32", "extra_options": options}},
        "host": "here", "target": "here", "cache_dir": str(cache), "output_dir": str(output),
        "log_severity_level": 3,
    })  # fmt: skip


def logits_of(output: Path, ids: np.ndarray) -> np.ndarray:
    model = og.Model(str(output))
    parameters = og.GeneratorParams(model)
    parameters.set_search_options(max_length=TOKENS + 8)
    generator = og.Generator(model, parameters)
    generator.append_tokens(ids.astype(np.int32)[None])
    return np.asarray(generator.get_output("logits"), np.float64)[0]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def compare(want: np.ndarray, got: np.ndarray) -> dict[str, float]:
    norms = np.linalg.norm(want, axis=-1) * np.linalg.norm(got, axis=-1)
    log_p, log_q = log_softmax(want), log_softmax(got)
    return {
        "cosine": float(((want * got).sum(-1) / norms).min()),
        "kl": float((np.exp(log_p) * (log_p - log_q)).sum(-1).mean()),
    }


def main(sample: Path, work: Path) -> None:
    rope_shim.apply()
    ids = np.random.default_rng(1).integers(3, 1500, TOKENS)
    for number, case in enumerate(CASES):
        began = time.monotonic()
        source, output = work / str(number) / "source", work / str(number) / "output"
        output.mkdir(parents=True)
        try:
            model = make(case, source, sample)
            convert(source, output, work / str(number) / "cache")
            with torch.no_grad():
                want = model(torch.tensor(ids)[None]).logits[0].double().numpy()
            found = compare(want, logits_of(output, ids))
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        seconds = round(time.monotonic() - began, 2)
        print("MATRIX " + json.dumps({"case": case, "seconds": seconds, **found}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)
