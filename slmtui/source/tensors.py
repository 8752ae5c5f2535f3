"""The tensors of a source, from their headers: what a forecast counts and what an adapter has to fit."""

from __future__ import annotations

from slmtui.source.model_source import ModelSource
from slmtui.source.pickled_weights import read_pickled, weight_files
from slmtui.source.safetensors_file import Tensor
from slmtui.source.weights import find_weights


def tensors_of(source: ModelSource) -> dict[str, Tensor]:
    """The tensors by name: of an adapter its base's, of a GGUF file none (its names are of another kind).

    Raises:
        Failure: the headers cannot be read.
    """
    if source.base is not None:
        return tensors_of(source.base)
    if source.format == "gguf":
        return {}
    if source.pickled:
        return {tensor.name: tensor for file in weight_files(source.path) for tensor in read_pickled(file)}
    return find_weights(source.path).tensors
