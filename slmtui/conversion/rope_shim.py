"""What transformers 5 calls otherwise, told to the model builder by its old names. For the worker alone.

transformers 5 moved everything about rotary embeddings into `config.rope_parameters`; the builder of
onnxruntime-genai 0.14.1 still reads the attributes of version 4. Gemma 3 fails over it. Worse, a share of
the head that is not rotated (`partial_rotary_factor`: Phi 0.5, Nemotron 0.5, Phi-4-mini 0.75) is not seen
at all, and the model comes out wrong without a word: with two random layers, a KL of 1.9e-2 for Nemotron.

Three more in the same builder, found by the matrix of random models (`tests/real/conversion`): it takes
every odd layer of Gemma 2 for one with the sliding window, where transformers takes every even one; it would
scale the rotary embeddings of Gemma 3's sliding layers, where transformers scales the full ones alone; and
it fails over the layers of SmolLM3 that have no rotary embedding (every fourth).

The shim is bound to the versions it was written against; with others it does nothing, and the parity of
the result tells whether that was right.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

# The builder's release, and the first and the last major release of transformers, that need it.
_BUILDER = "0.14.1"
_TRANSFORMERS = "5."


def needed() -> bool:
    """Whether the installed pair is the one this shim is about."""
    return metadata.version("onnxruntime-genai") == _BUILDER and metadata.version("transformers").startswith(
        _TRANSFORMERS
    )


def apply() -> bool:
    """Put the shim in place, once; False where it is not needed."""
    if not needed():
        return False
    from onnxruntime_genai.models import builder

    # The builder imports its parts under a second name (`builders`), so its own are the ones to change.
    Gemma2Model, Gemma3Model = builder.Gemma2Model, builder.Gemma3Model  # noqa: N806

    if not isinstance(builder.AutoConfig, _OldNames):
        builder.AutoConfig = _OldNames(builder.AutoConfig)
        Gemma2Model.__init__ = _with_layer_types(Gemma2Model.__init__)
        Gemma2Model.is_local = Gemma3Model.is_local = _is_local
        Gemma3Model.make_rotary_embedding_multi_cache = _two_caches(
            Gemma3Model.make_rotary_embedding_multi_cache
        )
        smollm3 = builder.SmolLM3Model
        smollm3.make_attention_qk_rope = _where_rotated(smollm3.make_attention_qk_rope)
    return True


class _OldNames:
    """Stands for `AutoConfig` in the builder: the same configurations, with the old names added."""

    def __init__(self, auto_config: Any) -> None:
        self._auto_config = auto_config

    def from_pretrained(self, *arguments: Any, **options: Any) -> Any:
        """The configuration, for the builder to read; nothing saves it."""
        config = self._auto_config.from_pretrained(*arguments, **options)
        for name, value in old_names(getattr(config, "rope_parameters", None)).items():
            setattr(config, name, value)
        # Phi and Nemotron call it otherwise, and the builder falls back to 1e-6 in place of their 1e-5.
        epsilon = getattr(config, "norm_eps", None) or getattr(config, "layer_norm_eps", None)
        if epsilon and not hasattr(config, "rms_norm_eps"):
            config.rms_norm_eps = epsilon
        return config

    def __getattr__(self, name: str) -> Any:
        return getattr(self._auto_config, name)


def old_names(rope: Any) -> dict[str, Any]:
    """The attributes of version 4 for the `rope_parameters` of version 5.

    Where layers differ (Gemma 3), these are two dictionaries: one for the layers with full attention, one
    for those with a sliding window.
    """
    if not isinstance(rope, dict):
        return {}
    if not isinstance(rope.get("full_attention"), dict):
        return {name: rope[name] for name in ("rope_theta", "partial_rotary_factor") if rope.get(name)}
    full, sliding = rope["full_attention"], rope.get("sliding_attention") or rope["full_attention"]
    scaled = full.get("rope_type", "default") != "default"
    return {
        "rope_theta": full["rope_theta"],
        "rope_local_base_freq": sliding["rope_theta"],
        "rope_scaling": full if scaled else None,
    }


def _with_layer_types(start: Any) -> Any:
    def begin(self: Any, config: Any, *arguments: Any, **options: Any) -> None:
        self.sliding_layers = [kind == "sliding_attention" for kind in config.layer_types]
        start(self, config, *arguments, **options)

    return begin


def _is_local(self: Any, layer_id: int) -> bool:
    return bool(self.sliding_layers[layer_id])


def _two_caches(make: Any) -> Any:
    """Gemma 3's two caches, the one for the sliding layers without the scaling of the other."""

    def make_both(self: Any) -> None:
        scratch = self.make_rotary_embedding_caches_from_scratch

        def unscaled_where_local() -> Any:
            if self.rope_attrs["theta"] == self.rope_local_theta:
                self.rope_attrs["rescale_factors"] = 1
            return scratch()

        self.make_rotary_embedding_caches_from_scratch = unscaled_where_local
        make(self)

    return make_both


def _where_rotated(make: Any) -> Any:
    """SmolLM3's rotary embedding, in the layers that have one."""

    def make_rope(self: Any, layer_id: int, **options: Any) -> Any:
        return make(self, layer_id, **options) if self.no_rope_layers[layer_id] else ("", "")

    return make_rope
