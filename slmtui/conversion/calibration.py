"""A text of the user's as calibration data. For Olive's process alone, which loads it by its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from olive.data.registry import Registry
from transformers import AutoTokenizer

# Tokens of a sample, and the most samples: what Olive takes of its own data set, in shorter pieces.
_LENGTH, _SAMPLES = 512, 128
_LEAST_TOKENS = 64


@Registry.register_dataset("slmtui_calibration_text")  # type: ignore[untyped-decorator]
def calibration_text(path: str, model: str, **_: Any) -> list[tuple[dict[str, torch.Tensor], int]]:
    """The text in the file `path` in pieces, tokenized for the checkpoint in the folder `model`.

    Returns:
        (inputs, label) of each piece; Olive makes a batch of each, and looks at no label.
    """
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokens = torch.tensor(tokenizer(Path(path).read_text(encoding="utf-8-sig"))["input_ids"])
    if len(tokens) < _LEAST_TOKENS:
        raise ValueError(f"The calibration text has only {len(tokens)} tokens; it needs {_LEAST_TOKENS}.")
    pieces = tokens.split(_LENGTH)[:_SAMPLES]
    return [({"input_ids": piece, "attention_mask": torch.ones_like(piece)}, 0) for piece in pieces]
