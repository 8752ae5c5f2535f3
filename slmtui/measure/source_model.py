"""A checkpoint and its tokenizer in transformers, offline. For worker processes alone: it imports torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def load(path: Path, *, runs_code: bool) -> tuple[Any, Any]:
    """The tokenizer and the model, in FP32, of a Hugging Face folder or a GGUF file.

    Code that came with it is run only if the user has allowed that.
    """
    torch.set_num_threads(_threads())
    where: dict[str, Any] = {"pretrained_model_name_or_path": str(path)}
    if path.is_file():
        where = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    where["trust_remote_code"] = runs_code
    tokenizer = AutoTokenizer.from_pretrained(**where)
    # Eager attention is the plain formula, which every architecture has; fused kernels differ in rounding.
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, attn_implementation="eager")
    model.eval()
    return tokenizer, model


def context(model: Any) -> int | None:
    """The context's length in tokens, where the configuration states it."""
    found = getattr(model.config, "max_position_embeddings", None)
    return int(found) if found else None


def _threads() -> int:
    """All cores but one: torch's threads wait for each other after every step, so that one core taken by
    another program makes them all crawl (two threads on two cores took five times as long as one)."""
    return max(1, (psutil.cpu_count(logical=False) or 2) - 1)
