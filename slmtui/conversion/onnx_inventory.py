"""What an ONNX file names outside of itself. For the worker process alone: it imports onnx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx


def inventory(path: Path) -> dict[str, Any]:
    """How many nodes and tensors the ONNX file has, and the files its tensors lie in.

    Returns:
        `{"nodes": int, "tensors": int, "external": {location: bytes it must have at least}}`; locations are
        relative to the ONNX file, as the format has them.
    """
    model = onnx.load(str(path), load_external_data=False)
    external: dict[str, int] = {}
    tensors = 0
    for tensor in _tensors(model.graph):
        tensors += 1
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        end = int(entries.get("offset", 0)) + int(entries.get("length", 0))
        location = entries["location"]
        external[location] = max(external.get(location, 0), end)
    return {"nodes": len(model.graph.node), "tensors": tensors, "external": external}


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """All tensors of a graph and of the graphs in its nodes (the branches of an If)."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                yield attribute.t
            yield from attribute.tensors
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _tensors(attribute.g)
            for inner in attribute.graphs:
                yield from _tensors(inner)
