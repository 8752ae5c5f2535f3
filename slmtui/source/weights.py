"""The weights of a Hugging Face folder: which files transformers would take, and whether they are whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_json
from slmtui.events import Failure
from slmtui.source.model_source import Problem, main_dtype
from slmtui.source.pickled_weights import read_pickled, weight_files
from slmtui.source.safetensors_file import Tensor, read_tensors

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"

# Prefixes that wrappers leave in tensor names. A loader takes such tensors for strangers and starts with
# random weights, with no more than a warning.
_WRAPPERS = {
    "_orig_mod.": "torch.compile",
    "module.": "DataParallel or FSDP",
    "base_model.": "PEFT",
}
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
_OUTPUT = ("lm_head.weight",)
_EMBEDDING = "embed_tokens.weight"
# What quantizers of several kinds call the weights they have packed into whole numbers.
_WEIGHTS = (".weight", ".qweight", ".weight_packed")
_NOT_TEXT = ("vision", "visual", "audio")


@dataclass(frozen=True, slots=True)
class Weights:
    """What was found: the tensors by name, whether there were safetensors at all, and what is wrong."""

    tensors: dict[str, Tensor]
    found: bool
    problems: tuple[Problem, ...]


def find_weights(folder: Path) -> Weights:
    """The safetensors files of `folder`, in the order transformers looks for them."""
    if (folder / SINGLE).is_file():
        return _read(folder, [SINGLE], None)
    if (folder / INDEX).is_file():
        return _sharded(folder)
    others = sorted(path.name for path in folder.glob("*.safetensors") if path.name[:7] != "adapter")
    if not others:
        return Weights({}, False, ())
    weights = _read(folder, others, None)
    if re.search(r"-\d+-of-\d+\.safetensors$", others[0]):
        missing = Problem(
            "error",
            f"{INDEX} is missing: without it nothing says which tensor lies in which of the shards.",
            f"Fetch {INDEX} from where the model came from, or save the model again with `save_pretrained`.",
        )
    else:
        missing = Problem(
            "error",
            f"The weights are called {others[0]}; the loader looks for {SINGLE} only.",
            f"Rename {others[0]} to {SINGLE}.",
        )
    return Weights(weights.tensors, True, (missing, *weights.problems))


def find_pickled(folder: Path) -> Weights:
    """The pickled weights of `folder`; for one whose owner trusts them."""
    tensors: dict[str, Tensor] = {}
    problems: list[Problem] = []
    try:
        for path in weight_files(folder):
            tensors |= {tensor.name: tensor for tensor in read_pickled(path)}
    except Failure as failure:
        problems.append(Problem("error", failure.cause, failure.fix))
    return Weights(tensors, True, tuple(problems))


def _sharded(folder: Path) -> Weights:
    try:
        where = read_json(folder / INDEX).get("weight_map")
        if not isinstance(where, dict) or not where:
            raise Failure(f"{INDEX} names no tensors: its weight_map is missing.", "Fetch that file again.")
    except Failure as failure:
        return Weights({}, True, (Problem("error", failure.cause, failure.fix),))
    return _read(folder, sorted({str(name) for name in where.values()}), [str(name) for name in where])


def _read(folder: Path, names: list[str], expected: list[str] | None) -> Weights:
    """The tensors of the files `names`; `expected` is what an index promised."""
    absent = [name for name in names if not (folder / name).is_file()]
    problems: list[Problem] = []
    if absent:
        shown = ", ".join(absent[:3]) + (" …" if len(absent) > 3 else "")
        problems.append(
            Problem(
                "error",
                f"{len(absent)} of {len(names)} weight files are missing: {shown}.",
                "Download the missing files, or the whole model again.",
            )
        )
    tensors: dict[str, Tensor] = {}
    broken = bool(absent)
    for name in names:
        if name in absent:
            continue
        try:
            tensors |= {tensor.name: tensor for tensor in read_tensors(folder / name)}
        except Failure as failure:
            broken = True
            problems.append(Problem("error", failure.cause, failure.fix))
    lost = [name for name in expected or () if name not in tensors]
    if lost and not broken:
        problems.append(
            Problem(
                "error",
                f"{len(lost)} tensors that {INDEX} names are in none of its files, such as {lost[0]}.",
                "The index belongs to other files: download the whole model again.",
            )
        )
    if not tensors and not problems:
        problems.append(
            Problem("error", f"{names[0]} holds no tensors.", "Save the model again with `save_pretrained`.")
        )
    return Weights(tensors, True, tuple(problems))


def check_against_config(
    tensors: dict[str, Tensor], layers: int | None, vocab_size: int | None, tied: bool
) -> list[Problem]:
    """What a loader would pass over silently: layers, an output or whole tensors that start at random."""
    names = list(tensors)
    for prefix, wrapper in _WRAPPERS.items():
        if names and all(name.startswith(prefix) for name in names):
            return [_wrapped(prefix, wrapper)]
    if any(".lora_A." in name for name in names):
        return [_wrapped(".lora_A.", "PEFT")]
    if integers := [t for t in tensors.values() if "int" in t.dtype and t.name.endswith(_WEIGHTS)]:
        return [_quantized_unsaid(integers)]
    text = [name for name in names if not any(word in name for word in _NOT_TEXT)]
    found = {match.group(1) for name in text if (match := _LAYER.search(name))}
    problems = []
    if layers is not None and 0 < len(found) < layers:
        problems.append(
            Problem(
                "error",
                f"The weights hold {len(found)} of the {layers} layers that config.json speaks of;"
                " the others would start at random.",
                "Download the whole model again, or mend num_hidden_layers in config.json.",
            )
        )
    # Some models carry more than they compute with: heads that predict several tokens ahead are layers, too.
    if layers is not None and len(found) > layers:
        problems.append(
            Problem(
                "warning",
                f"The weights hold {len(found)} layers, config.json speaks of {layers}: the others are left"
                " out, and the comparison with the source leaves them out as well.",
                "If that is not meant, fetch config.json again from where the model came from.",
            )
        )
    embedding = next((tensors[name] for name in text if name.endswith(_EMBEDDING)), None)
    rows = embedding.shape[0] if embedding is not None and embedding.shape else None
    if rows is not None and vocab_size is not None and rows != vocab_size:
        problems.append(
            Problem(
                "error",
                f"The embedding has {rows:,} rows, but config.json says vocab_size {vocab_size:,}.",
                "Save the model again with `save_pretrained` after `resize_token_embeddings`.",
            )
        )
    if embedding is not None and not tied and not any(name.endswith(_OUTPUT) for name in text):
        problems.append(
            Problem(
                "error",
                "The output layer lm_head.weight is missing, and config.json does not tie it to the"
                " embedding; it would start at random.",
                'Save the model with its language model head, or set "tie_word_embeddings": true'
                " if it was trained so.",
            )
        )
    return problems


def count_parameters(tensors: dict[str, Tensor], tied: bool, quantization: dict[str, Any] | None) -> int:
    """How many parameters the tensors hold: a tied output once, packed integers by what they unpack to."""
    if quantization is not None:
        return _count_packed(tensors.values(), quantization)
    skipped = tied and any(name.endswith(_EMBEDDING) for name in tensors)
    return sum(t.elements for t in tensors.values() if not (skipped and t.name.endswith(_OUTPUT)))


def dtype_of(tensors: dict[str, Tensor]) -> str:
    """What nine tenths of the weights are stored in, or "mixed"."""
    amounts: Counter[str] = Counter()
    for tensor in tensors.values():
        amounts[tensor.dtype] += tensor.elements
    return main_dtype(amounts, 0.9)


def _count_packed(tensors: Iterable[Tensor], quantization: dict[str, Any]) -> int:
    """GPTQ and AWQ pack 32 / bits weights into each int32 of `qweight`; their helpers are no parameters."""
    bits = quantization.get("bits") or quantization.get("w_bit") or (4 if _is_4bit(quantization) else 8)
    total = 0
    for tensor in tensors:
        last = tensor.name.rpartition(".")[2]
        if last == "qweight":
            total += tensor.elements * 32 // int(bits)
        elif tensor.dtype == "uint8" and last == "weight":  # bitsandbytes, two 4-bit weights a byte
            total += tensor.elements * 8 // int(bits)
        elif last in ("weight", "bias"):
            total += tensor.elements
    return total


def _is_4bit(quantization: dict[str, Any]) -> bool:
    return bool(quantization.get("load_in_4bit") or quantization.get("_load_in_4bit"))


def _quantized_unsaid(integers: list[Tensor]) -> Problem:
    return Problem(
        "error",
        f"{len(integers)} weights are whole numbers ({integers[0].name} is {integers[0].dtype}), so the model"
        " is quantized already, and config.json does not say how (quantization_config is missing).",
        "Take the checkpoint from before its quantization, in FP32, FP16 or BF16.",
    )


def _wrapped(mark: str, wrapper: str) -> Problem:
    merge = "Merge the adapter (`merge_and_unload`)" if wrapper == "PEFT" else "Unwrap the model"
    return Problem(
        "error",
        f"The tensors' names hold {mark!r}, left by {wrapper}: a loader would not know them"
        " and start with random weights.",
        f"{merge} and save it again with `save_pretrained`.",
    )
