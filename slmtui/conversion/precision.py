"""The precisions slmtui converts to, as data: what Olive is told, and what a weight costs then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from slmtui.events import Failure


@dataclass(frozen=True, slots=True)
class Precision:
    """One way to convert.

    `passes` are Olive's, by name and in order. `weight_bytes` is what one weight of a linear layer takes in
    the ONNX data, its share of the block's scale included; everything else (embeddings, norms, biases,
    rotary caches) stays FP32.
    """

    name: str
    title: str
    passes: Mapping[str, Mapping[str, Any]]
    weight_bytes: float


# A block of 32 weights is 16 bytes of nibbles and one FP32 scale: 20 / 32 bytes a weight. The options are the
# model builder's defaults on the CPU, spelled out so that an upgrade cannot change them unnoticed. Olive
# ignores `quantization_config`, which tutorials name, without a word.
_INT4 = Precision(
    name="int4",
    title="INT4, block size 32, symmetric",
    passes=MappingProxyType(
        {
            "builder": MappingProxyType(
                {
                    "type": "ModelBuilder",
                    "precision": "int4",
                    "int4_block_size": 32,
                    "int4_is_symmetric": True,
                    "int4_accuracy_level": 4,
                }
            )
        }
    ),
    weight_bytes=20 / 32,
)

PRECISIONS: Mapping[str, Precision] = MappingProxyType({p.name: p for p in (_INT4,)})


def find_precision(name: str) -> Precision:
    """The precision called `name`.

    Raises:
        Failure: there is none.
    """
    try:
        return PRECISIONS[name]
    except KeyError:
        known = ", ".join(PRECISIONS)
        raise Failure(
            f"slmtui does not convert to the precision {name!r}.", f"Take one of: {known}."
        ) from None
