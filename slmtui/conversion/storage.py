"""How a step of a conversion stores the weights, and how many bytes that takes."""

from __future__ import annotations

from dataclasses import dataclass

_SCALE = 4  # bytes of a block's scale, FP32


@dataclass(frozen=True, slots=True)
class Packing:
    """A weight has `bits`; blocks of `block` weights share a scale (0: none do) and a `zero` point, if so."""

    bits: int
    block: int = 0
    zero: bool = False

    def bytes(self, rows: int, columns: int) -> int:
        """Bytes of a matrix of `rows` outputs and `columns` inputs; a row's last block is filled up."""
        if not self.block:
            return rows * columns * self.bits // 8
        blocks = -(-columns // self.block)
        zeros = -(-blocks * self.bits // 8) if self.zero else 0
        return rows * (blocks * (self.block * self.bits // 8 + _SCALE) + zeros)


@dataclass(frozen=True, slots=True)
class Stored:
    """How a folder holds a model.

    `shared`: a tied output layer lies there once with the embeddings. `raised`: the layers that matter most
    have 8 bits (`is_raised`). `floats` are the bytes of any other number, `graph` those of the ONNX graph's
    description of a layer.
    """

    linear: Packing
    head: Packing
    embedding: Packing
    shared: bool = False
    raised: bool = False
    floats: int = 4
    graph: int = 7_500


def is_raised(layer: int, layers: int) -> bool:
    """Whether Olive and the model builder keep this layer's attention inputs and down projection in 8 bits.

    llama.cpp's rule for k-quants: the first and last eighth, and each third in between.
    """
    eighth = layers / 8
    return layer < eighth or layer >= 7 * eighth or (layer - round(eighth)) % 3 == 2
