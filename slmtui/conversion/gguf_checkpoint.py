"""A GGUF file, unpacked into a plain Hugging Face folder. For the worker process alone: it imports torch."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import gguf
import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


class _Reader(gguf.GGUFReader):  # type: ignore[misc]
    """gguf's reader over a plain array: a memmap runs Python code for each of a vocabulary's tokens."""

    data: Any

    def _get(self, *arguments: Any, **options: Any) -> Any:
        if isinstance(self.data, numpy.memmap):
            self.data = numpy.asarray(self.data)
        return super()._get(*arguments, **options)


def _remember_what_is_read() -> None:
    """Let transformers parse a file once.

    It reads the same metadata for the configuration, the weights and the tokenizer, and makes the table of
    tensor names anew for each module. Remembering both takes 4 s of CPU in place of 19 for SmolLM2-135M.
    """
    gguf.GGUFReader = functools.lru_cache(maxsize=1)(_Reader)
    gguf.get_tensor_name_map = functools.cache(gguf.get_tensor_name_map)


def unpack(file: Path, folder: Path) -> None:
    """Write `file` as an FP32 checkpoint with its tokenizer and chat template into `folder`.

    transformers takes the loaded model for a quantized one and refuses to save it, so its weights move into
    a fresh model of the same class; made on the meta device, that takes no memory of its own.
    """
    _remember_what_is_read()
    where, name = str(file.parent), file.name
    loaded = AutoModelForCausalLM.from_pretrained(where, gguf_file=name, dtype=torch.float32)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        plain = type(loaded)(config)
    plain.load_state_dict(loaded.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = loaded.generation_config
    plain.save_pretrained(folder)
    AutoTokenizer.from_pretrained(where, gguf_file=name).save_pretrained(folder)
