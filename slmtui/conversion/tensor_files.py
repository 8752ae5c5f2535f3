"""A checkpoint's tensors, read and written a file at a time. For the worker alone: it imports torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from slmtui.source.weights import INDEX, SINGLE

# A file of the result is closed once it is this large: memory holds no more than that and a tensor.
_SHARD_BYTES = 2_000_000_000


def read_all(files: list[Path]) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor of safetensors files, one after the other."""
    for path in files:
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118  (not a mapping)
                yield name, file.get_tensor(name)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    where = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
    return [folder / name for name in sorted(set(where.values()))]


def write_all(tensors: Iterator[tuple[str, torch.Tensor]], folder: Path) -> None:
    """Write `tensors` as one safetensors file or several, with their index."""
    shard: dict[str, torch.Tensor] = {}
    where: dict[str, str] = {}
    number, held, total = 1, 0, 0
    for name, tensor in tensors:
        # Two names for the same bytes (a tied output) are refused by the format.
        tensor = tensor.detach().clone().contiguous()
        if held and held + tensor.nbytes > _SHARD_BYTES:
            _write(shard, folder / f"model-{number:05}.safetensors")
            shard, held, number = {}, 0, number + 1
        shard[name] = tensor
        where[name] = f"model-{number:05}.safetensors"
        held += tensor.nbytes
        total += tensor.nbytes
    if number == 1:
        _write(shard, folder / SINGLE)
        return
    _write(shard, folder / f"model-{number:05}.safetensors")
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


def _write(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    save_file(dict(tensors), path, metadata={"format": "pt"})
