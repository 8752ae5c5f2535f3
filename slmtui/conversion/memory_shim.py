"""The checkpoint's weights, let go once the model builder has copied them. For the worker alone.

To quantize, the builder of onnxruntime-genai 0.14.1 makes a copy of the whole model in FP32 (`to_int4`) and
keeps the original, which it needs no more, until it has written the result. The shim lets go of the original
as soon as the copy is there. It is bound to the builder's release, like `rope_shim`.
"""

from __future__ import annotations

import gc
from importlib import metadata
from typing import Any

_BUILDER = "0.14.1"


def apply() -> bool:
    """Put the shim in place, once; False where it is not needed."""
    if metadata.version("onnxruntime-genai") != _BUILDER:
        return False
    from onnxruntime_genai.models import builder

    # The builder imports its parts under a second name (`builders`): the class knows where it comes from.
    base = next(each for each in builder.LlamaModel.__mro__ if "to_int4" in vars(each))
    if not hasattr(base.to_int4, "lets_go"):
        base.to_int4 = _letting_go(base.to_int4)
    return True


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

    quantized.lets_go = True  # type: ignore[attr-defined]
    return quantized
