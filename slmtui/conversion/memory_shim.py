"""The checkpoint's weights, copied no more than they have to be. For the worker alone.

To quantize, the builder of onnxruntime-genai 0.14.1 makes a copy of the whole model in FP32 as a protobuf
(`to_int4`), from which the quantizer of onnxruntime 1.31 copies each weight again; and it keeps the original
until it has written the result. That is half of the time that quantizing takes, and twice the memory.

With the quantizer's own method (round to nearest), the shim holds the weights back: in the protobuf stands
only that they lie elsewhere, the quantizer gets each as it asks for it, and those that it leaves alone are
put back into the result. With the other methods, which read the whole protobuf, it lets go of the original
as soon as the copy is there. It is bound to the releases, like `rope_shim`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

_BUILDER, _QUANTIZER = "0.14.1", "1.31.0"
# What the quantizer reads a weight for, and the input that it is.
_READ = ("MatMul", 1)


def apply() -> bool:
    """Put the shim in place, once; False where it is not needed."""
    if metadata.version("onnxruntime-genai") != _BUILDER:
        return False
    from onnxruntime_genai.models import builder

    # The builder imports its parts under a second name (`builders`): the class knows where it comes from.
    base = next(each for each in builder.LlamaModel.__mro__ if "to_int4" in vars(each))
    if not hasattr(base.to_int4, "lets_go"):
        base.to_int4 = _sparing(base.to_int4)
    return True


def _sparing(to_int4: Any) -> Any:
    letting_go, holding_back = _letting_go(to_int4), _holding_back(to_int4)
    known = metadata.version("onnxruntime") == _QUANTIZER

    def quantized(self: Any) -> Any:
        plain = self.quant_attrs["int4"]["algo_config"] is None and not self.quant_attrs["use_qdq"]
        return (holding_back if known and plain else letting_go)(self)

    quantized.lets_go = True  # type: ignore[attr-defined]
    return quantized


def _letting_go(to_int4: Any) -> Any:
    def quantized(self: Any) -> Any:
        names = to_int4.__globals__
        quantizer = names["MatMulNBitsQuantizer"]

        def start(*arguments: Any, **options: Any) -> Any:
            # The copy is among the arguments.
            for value in self.model.graph.initializers.values():
                value.const_value = None
            gc.collect()
            return quantizer(*arguments, **options)

        names["MatMulNBitsQuantizer"] = start
        try:
            return to_int4(self)
        finally:
            names["MatMulNBitsQuantizer"] = quantizer

    return quantized


def _holding_back(to_int4: Any) -> Any:
    def quantized(self: Any) -> Any:
        quantizer: Any = sys.modules[to_int4.__globals__["MatMulNBitsQuantizer"].__module__]
        ir = quantizer.ir
        held = _Held(ir)
        for value in _weights(self.model.graph, self.quant_attrs["int4"]["op_types_to_quantize"]):
            held.hold(value)
        quantizer.ir = held
        try:
            model = to_int4(self)
        finally:
            quantizer.ir = ir
        held.put_back(model.graph)
        return model

    return quantized


def _weights(graph: Any, quantized: Any) -> Iterator[Any]:
    """The matrices of a graph that the quantizer reads in the one way known here, or not at all."""
    for value in graph.initializers.values():
        uses = [(use.node.op_type, use.idx) for use in value.uses()]
        known = all(use == _READ or use[0] not in quantized for use in uses)
        if known and uses and not value.is_graph_output() and len(value.const_value.shape) == 2:
            yield value


class _Held:
    """Stands for `onnx_ir` in the quantizer: the same, but for the weights that are held back."""

    def __init__(self, ir: Any) -> None:
        self._ir = ir
        self._tensors: dict[str, Any] = {}
        self._uses: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ir, name)

    def hold(self, value: Any) -> None:
        """Hold a weight back; where it was stands only that it lies elsewhere."""
        tensor, name = value.const_value, value.name
        self._tensors[name] = tensor
        self._uses[name] = sum((use.node.op_type, use.idx) == _READ for use in value.uses())
        value.const_value = self._ir.ExternalTensor(
            "held back", None, None, tensor.dtype, shape=tensor.shape, name=name
        )

    def from_proto(self, proto: Any) -> Any:
        """What the quantizer asks for by its protobuf; let go after its last use."""
        tensor = self._tensors.get(getattr(proto, "name", ""))
        if tensor is None:
            return self._ir.from_proto(proto)
        self._uses[proto.name] -= 1
        if self._uses[proto.name] == 0:
            del self._tensors[proto.name]
        return _laid_out(tensor)

    def put_back(self, graph: Any) -> None:
        """Give `graph` the weights that were left alone."""
        for name, value in graph.initializers.items():
            if isinstance(value.const_value, self._ir.ExternalTensor):
                value.const_value = self._tensors[name]


def _laid_out(tensor: Any) -> Any:
    """The same tensor, row after row in memory, as the quantizer takes for granted."""
    import numpy as np
    import onnx_ir as ir
    import torch
    from onnx_ir.tensor_adapters import TorchTensor

    made = tensor.raw() if isinstance(tensor, ir.LazyTensor) else tensor
    if isinstance(made.raw, torch.Tensor):  # torch lays out with all cores
        return TorchTensor(made.raw.detach().cpu().contiguous(), name=tensor.name)
    return ir.Tensor(np.ascontiguousarray(made.numpy()), dtype=tensor.dtype, name=tensor.name)
