"""The matrices of a source, from its headers, and the bytes of a folder that stores them in some way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slmtui.config.json_file import read_json
from slmtui.conversion.storage import Packing, Stored, is_raised
from slmtui.source.gguf_header import GgufHeader, read_gguf
from slmtui.source.model_source import ModelSource
from slmtui.source.tensors import tensors_of

_EMBEDDINGS = ("embed_tokens.weight", "token_embd.weight")
_OUTPUTS = ("lm_head.weight", "output.weight")
_LAYER = re.compile(r"(?:^|\.)(?:layers|blk)\.(\d+)\.")
# The matrices that mixed recipes keep in 8 bits: the attention's inputs (one matrix to the builder, unless
# norms stand between; then the values alone) and the way down from the feed-forward layer.
_VALUES = ("v_proj", "attn_v", "qkv_proj", "attn_qkv")
_QUERIES = ("q_proj", "k_proj", "attn_q.", "attn_k.")
_DOWN = ("down_proj", "ffn_down")
_NORMS_BETWEEN = ("q_norm", "k_norm")
# Beside the weights, seen with SmolLM2: 3.5 MB of tokenizer.
_TOKENIZER_BYTES_PER_TOKEN = 75


@dataclass(frozen=True, slots=True)
class Matrix:
    """A linear layer's weights: `rows` outputs, `columns` inputs; `sensitive` in the mixed recipes' sense."""

    name: str
    rows: int
    columns: int
    layer: int | None
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """What a source consists of, counted in numbers.

    `head` is the output layer, the `embedding` itself where it is `tied`; `floats` are all numbers that no
    recipe packs: norms, biases, and the rotary caches.
    """

    matrices: tuple[Matrix, ...]
    embedding: Matrix
    head: Matrix
    tied: bool
    floats: int
    layers: int
    tokens: int

    def bytes(self, stored: Stored) -> int:
        """Bytes of the folder, graph and tokenizer included."""
        total = sum(self._packing(stored, each).bytes(each.rows, each.columns) for each in self.matrices)
        total += stored.embedding.bytes(self.embedding.rows, self.embedding.columns)
        if not (stored.shared and self.tied):
            total += stored.head.bytes(self.head.rows, self.head.columns)
        total += stored.floats * self.floats
        return total + self.layers * stored.graph + self.tokens * _TOKENIZER_BYTES_PER_TOKEN

    def _packing(self, stored: Stored, matrix: Matrix) -> Packing:
        raised = stored.raised and matrix.sensitive and matrix.layer is not None
        if raised and is_raised(matrix.layer or 0, self.layers):
            return Packing(8, stored.linear.block, stored.linear.zero)
        return stored.linear


def layout(source: ModelSource) -> Layout:
    """The layout of `source`, an adapter's being its base's.

    Raises:
        Failure: the headers cannot be read.
    """
    read = source.base or source
    header = read_gguf(read.path) if read.format == "gguf" else None
    shapes = list(_shapes(read, header))
    packed = not any(mark in name for name, _, _ in shapes for mark in _NORMS_BETWEEN)
    matrices = []
    embedding = head = None
    floats = (source.context_length or 0) * _rotary_dimension(read, header)
    for name, rows, columns in shapes:
        found = _LAYER.search(name)
        sensitive = any(mark in name for mark in (*_VALUES, *_DOWN, *(_QUERIES if packed else ())))
        matrix = Matrix(name, rows, columns, int(found[1]) if found else None, sensitive)
        if not columns:
            floats += rows
        elif name.endswith(_EMBEDDINGS):
            embedding = matrix
        elif name in _OUTPUTS:
            head = matrix
        else:
            matrices.append(matrix)
    embedding = embedding or Matrix("", 0, 0, None, False)
    return Layout(
        tuple(matrices),
        embedding,
        head or embedding,
        head is None,
        floats,
        source.layers or 0,
        source.vocab_size or 0,
    )


def _shapes(source: ModelSource, header: GgufHeader | None) -> Iterator[tuple[str, int, int]]:
    """Name, rows and columns of each tensor; a vector has no columns, more dimensions count as rows."""
    if header is None:
        for tensor in tensors_of(source).values():
            columns = tensor.shape[-1] if len(tensor.shape) > 1 else 0
            yield tensor.name, tensor.elements // (columns or 1), columns
        return
    prefix = header.metadata.get("general.architecture")
    wide = _number(header.metadata, f"{prefix}.feed_forward_length")
    for packed in header.tensors:
        # Norms and biases are the only vectors, and GGUF's names say which they are.
        if "norm" in packed.name or packed.name.endswith(".bias"):
            yield packed.name, packed.elements, 0
            continue
        columns = wide if "ffn_down" in packed.name else source.hidden_size or 1
        yield packed.name, packed.elements // (columns or 1), columns


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
