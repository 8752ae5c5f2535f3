"""A two-layer random model with the sample's tokenizer: `python random_model.py KIND SAMPLE FOLDER`.

Weights eight times as large as a fresh model's, so that it has opinions, as a trained one does.
"""

from __future__ import annotations

import sys

import torch
import transformers

SHAPE = {
    "vocab_size": 1536,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1533,
    "eos_token_id": 1535,
    "pad_token_id": 1533,
}
KINDS = {
    "llama": ("LlamaConfig", {}),
    "olmo": ("OlmoConfig", {}),
    "gpt_oss": ("GptOssConfig", {"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2}),
}


def main() -> None:
    kind, sample, folder = sys.argv[1:]
    name, more = KINDS[kind]
    torch.manual_seed(1)
    config = getattr(transformers, name)(**SHAPE, **more)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.16)
    model.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(sample).save_pretrained(folder)


if __name__ == "__main__":
    main()
