"""A LoRA adapter, merged into its base. For the worker process alone: it imports torch.

The arithmetic is done on the files' tensors, one at a time and in FP32 (`source.adapter_changes` has the
formulas), so no model is built, and memory holds a tensor and a file of the result. Changed tensors are
written as FP32, the others as they were.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from slmtui.conversion.tensor_files import read_all, weight_files, write_all
from slmtui.source.adapter import PICKLED, WEIGHTS
from slmtui.source.adapter_changes import OUTPUT, Change, changes, embedding_of
from slmtui.source.adapter_config import AdapterConfig, read_adapter_config
from slmtui.source.safetensors_file import read_tensors
from slmtui.source.side_files import TEMPLATES, TOKENIZER, copy_side_files


def merge(base: Path, adapter: Path, folder: Path) -> None:
    """Write the model that `base` and `adapter` make into `folder`."""
    config = read_adapter_config(adapter)
    own = _adapter_tensors(adapter)
    shapes = {t.name: t.shape for file in weight_files(base) for t in read_tensors(file)}
    tied = _tied(base, shapes)
    planned = changes(config, {n: tuple(t.shape) for n, t in own.items()}, shapes, tied=tied)
    print(f"Merging the adapter: {len(planned)} of {len(shapes)} tensors change")
    _side_files(base, adapter, folder)
    embedding = embedding_of(shapes) or ""
    untied = False
    if tied and embedding:
        weight = next(tensor for name, tensor in read_all(weight_files(base)) if name == embedding)
        untied = _unties(config, weight, planned, own, embedding)
    rows: dict[str, int] = {}
    write_all(_merged(base, planned, own, embedding, untied, rows), folder)
    _configure(folder, tied and not untied, rows.get(embedding))


def merged(weight: torch.Tensor, change: Change, own: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The base's `weight` after `change`, in FP32."""
    result = (own[change.replacement] if change.replacement else weight).float()
    if change.product is not None:
        b, a = (own[name].float() for name in change.product)
        part = b @ a
        result = result + change.scaling * (part.T if change.transposed else part)
    if change.magnitude is not None:
        lengths = torch.linalg.norm(result, dim=1)
        result = result * (own[change.magnitude].float() / lengths)[:, None]
    if change.addend is not None:
        result = result + change.scaling * own[change.addend].float()
    return result


def _merged(
    base: Path,
    planned: Mapping[str, Change],
    own: Mapping[str, torch.Tensor],
    embedding: str,
    untied: bool,
    rows: dict[str, int],
) -> Iterator[tuple[str, torch.Tensor]]:
    """All tensors of the result; how many rows each matrix has comes to lie in `rows`."""
    for name, weight in read_all(weight_files(base)):
        if name == OUTPUT and untied:
            continue
        if name == embedding and untied:
            output = planned.get(OUTPUT)
            yield OUTPUT, merged(weight, output, own) if output is not None else weight
        result = merged(weight, planned[name], own) if name in planned else weight
        rows[name] = result.shape[0]
        yield name, result


def _unties(
    config: AdapterConfig,
    weight: torch.Tensor,
    planned: Mapping[str, Change],
    own: Mapping[str, torch.Tensor],
    embedding: str,
) -> bool:
    """Whether a tied base's output becomes a matrix of its own; `weight` is what both were.

    PEFT changes the one without the other: while the adapter was trained, an output that it does not name
    stayed the base's, and so did an embedding.
    """
    if embedding not in planned and OUTPUT not in planned:
        return False
    first, last = (
        merged(weight, planned[name], own) if name in planned else weight.float()
        for name in (embedding, OUTPUT)
    )
    if OUTPUT not in planned and (config.tied or first.shape != last.shape):
        return False  # tied while it was trained: a vocabulary that grew leaves no other way
    return not torch.equal(first, last)


def _adapter_tensors(adapter: Path) -> dict[str, torch.Tensor]:
    if (adapter / WEIGHTS).is_file():
        return dict(read_all([adapter / WEIGHTS]))
    from slmtui.conversion.pickled_checkpoint import read

    return read(adapter / PICKLED)


def _tied(base: Path, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return bool(config.get("tie_word_embeddings", OUTPUT not in shapes))


def _side_files(base: Path, adapter: Path, folder: Path) -> None:
    """The base's files, and in place of its tokenizer the adapter's, if it has one."""
    copy_side_files(base, folder)
    if (adapter / "tokenizer.json").is_file():
        for name in TOKENIZER:
            (folder / name).unlink(missing_ok=True)
    for name in (*TOKENIZER, *TEMPLATES):
        if (adapter / name).is_file():
            shutil.copyfile(adapter / name, folder / name)


def _configure(folder: Path, tied: bool, rows: int | None) -> None:
    """Say in config.json what the result is; it is loaded as FP32, so that nothing is rounded again."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("torch_dtype", None)
    config |= {"dtype": "float32", "tie_word_embeddings": tied}
    if rows is not None:
        config["vocab_size"] = rows
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")
