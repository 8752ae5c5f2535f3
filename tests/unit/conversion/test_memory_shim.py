from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from slmtui.conversion.memory_shim import _letting_go

seen: list[Any] = []


def MatMulNBitsQuantizer(model: list[Any]) -> list[Any]:
    """Stands for the quantizer: it gets the copy, when the original's weights are gone."""
    seen.append([value.const_value for value in builder.model.graph.initializers.values()])
    return model


def to_int4(self: Any) -> list[Any]:
    """Stands for the builder's method, which copies, then quantizes."""
    return MatMulNBitsQuantizer(model=[value.const_value for value in self.model.graph.initializers.values()])


initializers = {"a": SimpleNamespace(const_value=1), "b": SimpleNamespace(const_value=2)}
builder = SimpleNamespace(model=SimpleNamespace(graph=SimpleNamespace(initializers=initializers)))


def test_the_original_is_let_go_once_it_is_copied() -> None:
    quantizer = MatMulNBitsQuantizer
    assert _letting_go(to_int4)(builder) == [1, 2]
    assert seen == [[None, None]]
    assert MatMulNBitsQuantizer is quantizer
