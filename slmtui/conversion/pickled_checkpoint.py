"""Pickled weights, saved again as safetensors. For the worker process alone: it imports torch.

`weights_only` is torch's reader that makes tensors and calls nothing else. The user has allowed even that,
and `source.pickled_weights` has looked through each file before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from slmtui.conversion.tensor_files import write_all
from slmtui.source.pickled_weights import weight_files
from slmtui.source.side_files import copy_side_files


def unpack(source: Path, folder: Path) -> None:
    """Write the checkpoint in `source` into `folder`, its pickled weights as safetensors."""
    copy_side_files(source, folder)
    write_all(_tensors(source), folder)


def read(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of one pickled file."""
    state: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    return state


def _tensors(source: Path) -> Iterator[tuple[str, torch.Tensor]]:
    for path in weight_files(source):
        yield from read(path).items()
