"""Which tensors of its base a LoRA adapter changes, and how; known from names and shapes alone.

PEFT calls a tensor `base_model.model.<module>.<what>`. What there is:

    lora_A.weight (r, in), lora_B.weight (out, r)            W + s·B·A
    lora_embedding_A (r, vocabulary), lora_embedding_B (hidden, r)   W + s·(B·A)ᵀ
    lora_magnitude_vector (out)                              DoRA: each row of the sum gets this length
    lora_B.bias (out)                                        b + s·that
    weight, bias                                             the tensor itself, in place of the base's
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slmtui.events import Failure
from slmtui.source.adapter_config import AdapterConfig

OUTPUT, EMBEDDINGS = "lm_head.weight", ("model.embed_tokens.weight", "embed_tokens.weight")
_PREFIX = "base_model.model."
_MERGE_THERE = "Merge it where it was trained (`merge_and_unload`, `save_pretrained`) and give that folder."
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one tensor of the base, `target`, in this order; the values name adapter tensors.

    `replacement` takes its place; `product` is (B, A), whose product is added `scaling` times, transposed
    if `transposed`; `magnitude` then sets the rows' lengths; `addend` is added `scaling` times.
    """

    target: str
    replacement: str | None = None
    product: tuple[str, str] | None = None
    scaling: float = 1.0
    transposed: bool = False
    magnitude: str | None = None
    addend: str | None = None


def embedding_of(base: Mapping[str, Shape]) -> str | None:
    """The base's embedding, by name."""
    return next((name for name in EMBEDDINGS if name in base), None)


def changes(
    config: AdapterConfig, adapter: Mapping[str, Shape], base: Mapping[str, Shape], *, tied: bool
) -> dict[str, Change]:
    """The changes by the base's tensor; shapes by name come in, `tied` says that the base ties its output.

    Raises:
        Failure: the adapter has tensors of another kind, or does not fit the base.
    """
    parts: dict[str, dict[str, str]] = {}
    for name in adapter:
        if not name.startswith(_PREFIX):
            raise Failure(f"The adapter's tensor {name} is none that PEFT writes.", _MERGE_THERE)
        module, what = _split(name.removeprefix(_PREFIX).replace(".base_layer.", "."))
        parts.setdefault(module, {})[what] = name
    found: dict[str, Change] = {}
    for module, named in parts.items():
        for change in _of_module(config, module, named, adapter):
            found[change.target] = change
    for change in found.values():
        _check(change, adapter, base, tied)
    return found


# By the end of the name, longest first.
_KINDS = {
    "lora_magnitude_vector.weight": "magnitude",
    "lora_magnitude_vector": "magnitude",
    "lora_embedding_A": "embedding_A",
    "lora_embedding_B": "embedding_B",
    "lora_A.weight": "A",
    "lora_B.weight": "B",
    "lora_B.bias": "B.bias",
    "weight": "weight",
    "bias": "bias",
}


def _split(name: str) -> tuple[str, str]:
    """The module and the kind of one of the adapter's tensors."""
    for ending, kind in _KINDS.items():
        if name.endswith(f".{ending}"):
            module = name.removesuffix(f".{ending}")
            if "lora_" not in module and "token_adapter" not in module:
                return module, kind
    raise Failure(f"The adapter holds {name}, which slmtui cannot merge.", _MERGE_THERE)


def _of_module(
    config: AdapterConfig, module: str, named: Mapping[str, str], adapter: Mapping[str, Shape]
) -> list[Change]:
    a, b = named.get("A"), named.get("B")
    embedded = "embedding_A" in named or "embedding_B" in named
    if embedded:
        a, b = named.get("embedding_A"), named.get("embedding_B")
    if (a is None) != (b is None):
        raise Failure(f"The adapter holds only one half of its part for {module}.", "Copy it again, whole.")
    rank = adapter[a][0] if a is not None and adapter[a] else 1
    scaling = config.scaling(module, rank or 1)
    magnitude, bias = named.get("magnitude"), named.get("B.bias")
    if magnitude is not None and (embedded or config.transposed):
        raise Failure(f"The adapter uses DoRA on {module}, which slmtui cannot merge there.", _MERGE_THERE)
    made = []
    if a is not None and b is not None:
        transposed = embedded or config.transposed
        made.append(Change(f"{module}.weight", named.get("weight"), (b, a), scaling, transposed, magnitude))
    elif "weight" in named:
        made.append(Change(f"{module}.weight", named["weight"]))
    if bias is not None or "bias" in named:
        made.append(Change(f"{module}.bias", named.get("bias"), scaling=scaling, addend=bias))
    return made


def _check(change: Change, adapter: Mapping[str, Shape], base: Mapping[str, Shape], tied: bool) -> None:
    """Raise unless the base has the tensor, in the shape that the change needs."""
    target = change.target
    if target == OUTPUT and target not in base and tied:
        target = embedding_of(base) or target
    shape = base.get(target)
    if shape is None:
        raise Failure(
            f"The adapter changes {change.target}, which its base does not have.",
            "Give the very model it was trained on (`--base`).",
        )
    if change.replacement is not None:
        new = adapter[change.replacement]
        # A vocabulary may have grown; nothing else may.
        grown = change.target == OUTPUT or change.target in EMBEDDINGS
        if new != shape and not (grown and new[1:] == shape[1:] and new[0] > 0):
            raise _unfit(change.target, new, shape)
        shape = new
    if change.product is not None:
        b, a = (adapter[name] for name in change.product)
        if len(a) != 2 or len(b) != 2 or a[0] != b[1]:
            raise _unfit(change.target, a, b)
        product = (a[1], b[0]) if change.transposed else (b[0], a[1])
        if product != shape:
            raise _unfit(change.target, product, shape)


def _unfit(target: str, new: Shape, old: Shape) -> Failure:
    return Failure(
        f"The adapter does not fit its base: {target} is {_size(old)} there and {_size(new)} here.",
        "Give the very model it was trained on (`--base`).",
    )


def _size(shape: Shape) -> str:
    return " × ".join(str(each) for each in shape) or "a number"
