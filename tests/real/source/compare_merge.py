"""Merges with slmtui's own code and prints how far the logits are from those that the training saved:
`compare_merge.py BASE ADAPTER FOLDER`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from slmtui.conversion.adapter_checkpoint import merge


def main(base: Path, adapter: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    merge(base, adapter, folder)
    saved = json.loads((adapter / "logits.json").read_text(encoding="utf-8"))
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([saved["ids"]])).logits[0][::4]
    print((logits - torch.tensor(saved["logits"])).abs().max().item())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
    sys.stdout.flush()
    os._exit(0)
