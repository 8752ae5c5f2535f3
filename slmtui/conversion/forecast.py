"""How large a conversion's result will be, from the source's tensors, before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slmtui.conversion.precision import Precision
from slmtui.source.gguf_header import GgufHeader, read_gguf
from slmtui.source.json_file import read_json
from slmtui.source.model_source import ModelSource
from slmtui.source.tensors import tensors_of

_FP32 = 4
_EMBEDDINGS = ("embed_tokens.weight", "token_embd.weight")
_OUTPUTS = ("lm_head.weight", "output.weight")
# What lies beside the weights, seen with SmolLM2 (30 layers): 224 kB of graph, 3.5 MB of tokenizer.
_GRAPH_BYTES_PER_LAYER = 7_500
_TOKENIZER_BYTES_PER_TOKEN = 75
# A pass leaves its model in Olive's cache, from where it is copied to the output: twice on the disk for a
# while. A twentieth more for what the file system adds.
_COPIES = 2
_MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes of the finished folder, and the most that the conversion holds on the disk at any time."""

    output_bytes: int
    needed_bytes: int


def forecast(source: ModelSource, precision: Precision) -> Forecast:
    """What converting `source` to `precision` will take on the disk.

    Linear layers cost `weight_bytes` a weight; a tied output layer is a second, quantized copy of the
    embedding; all other tensors and the rotary caches (context length × rotary dimension) stay FP32.

    Raises:
        Failure: the source's headers cannot be read.
    """
    read = source.base or source
    header = read_gguf(read.path) if read.format == "gguf" else None
    weights = 0.0
    embedding, has_output = 0, False
    for name, elements, is_matrix in _tensors(read, header):
        if name.endswith(_EMBEDDINGS):
            embedding = elements
            weights += _FP32 * elements
            continue
        has_output = has_output or name in _OUTPUTS
        weights += elements * (precision.weight_bytes if is_matrix else _FP32)
    if not has_output:
        weights += embedding * precision.weight_bytes
    rotary = _FP32 * (source.context_length or 0) * _rotary_dimension(read, header)
    beside = (source.layers or 0) * _GRAPH_BYTES_PER_LAYER
    beside += (source.vocab_size or 0) * _TOKENIZER_BYTES_PER_TOKEN
    output = int(weights + rotary + beside)
    # Unpacking and merging make an FP32 checkpoint each.
    unpacked = _FP32 * source.parameters * (source.unpacks + (source.base is not None and read.unpacks))
    return Forecast(output, int((_COPIES * output + unpacked) * _MARGIN))


def _tensors(source: ModelSource, header: GgufHeader | None) -> Iterator[tuple[str, int, bool]]:
    """Name, number of elements and whether it is a matrix, of each tensor."""
    if header is not None:
        for packed in header.tensors:
            # Norms and biases are the only vectors, and GGUF's names say which they are.
            yield packed.name, packed.elements, not ("norm" in packed.name or packed.name.endswith(".bias"))
        return
    for tensor in tensors_of(source).values():
        yield tensor.name, tensor.elements, len(tensor.shape) > 1


def _rotary_dimension(source: ModelSource, header: GgufHeader | None) -> int:
    """How many numbers of rotary cache (cosines and sines together) each position has."""
    if header is not None:
        prefix = header.metadata.get("general.architecture")
        found = _number(header.metadata, f"{prefix}.rope.dimension_count", f"{prefix}.attention.key_length")
        heads = _number(header.metadata, f"{prefix}.attention.head_count")
        return found or (source.hidden_size or 0) // (heads or 1)
    config = read_json(source.path / "config.json")
    heads = _number(config, "num_attention_heads")
    dimension = _number(config, "head_dim") or (source.hidden_size or 0) // (heads or 1)
    rope = config.get("rope_parameters")
    share = config.get("partial_rotary_factor") or (
        rope.get("partial_rotary_factor") if isinstance(rope, dict) else None
    )
    return int(dimension * share) if isinstance(share, float) else dimension


def _number(values: dict[str, Any], *keys: str) -> int:
    return next((value for key in keys if isinstance(value := values.get(key), int) and value > 0), 0)
