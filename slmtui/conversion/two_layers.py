"""A model of two random layers, converted: the proof that an interpreter can do it, in a few seconds."""

from __future__ import annotations

import json
import random
import shutil
import struct
import tempfile
from array import array
from pathlib import Path

from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, Failure, Service
from slmtui.source import samples
from slmtui.source.inspect import inspect

_HIDDEN, _INNER, _HEADS, _KV_HEADS, _LAYERS = 64, 128, 4, 2, 2
_SAMPLE = "fernlight-support"
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def prove(python: Path, cancel: Cancel) -> Service[None]:
    """Convert such a model with `python`, which has to pass the gate; nothing of it is kept.

    Raises:
        Failure: it cannot.
        Cancelled: nothing is left.
    """
    with tempfile.TemporaryDirectory(prefix="slmtui-proof-", ignore_cleanup_errors=True) as folder:
        checkpoint = Path(folder, "two-layers")
        write_checkpoint(checkpoint)
        planned = plan(inspect(checkpoint), Path(folder, "converted"))
        yield from convert(planned, cancel, python=python)


def write_checkpoint(folder: Path) -> None:
    """Write the same Llama checkpoint every time, with the tokenizer of the sample that ships with slmtui.

    Raises:
        Failure: the sample is not there.
    """
    sample = samples.find(_SAMPLE)
    if sample is None or sample.path is None:
        raise Failure(f"The sample {_SAMPLE} is missing.", "Install slmtui again.")
    folder.mkdir(parents=True)
    for name in _TOKENIZER:
        if (sample.path / name).exists():
            shutil.copyfile(sample.path / name, folder / name)
    of_sample = json.loads((sample.path / "config.json").read_text(encoding="utf-8"))
    vocabulary = int(of_sample["vocab_size"])
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "float32",
        "hidden_size": _HIDDEN,
        "intermediate_size": _INNER,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": _KV_HEADS,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "vocab_size": vocabulary,
        "tie_word_embeddings": True,
        **{key: of_sample[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    _write_safetensors(folder / "model.safetensors", _shapes(vocabulary))


def _shapes(vocabulary: int) -> dict[str, tuple[int, ...]]:
    """The tensors of a Llama checkpoint (transformers, modeling_llama.py), output layer tied."""
    keys = _KV_HEADS * (_HIDDEN // _HEADS)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (vocabulary, _HIDDEN)}
    for number in range(_LAYERS):
        layer = f"model.layers.{number}."
        shapes |= {
            f"{layer}self_attn.q_proj.weight": (_HIDDEN, _HIDDEN),
            f"{layer}self_attn.k_proj.weight": (keys, _HIDDEN),
            f"{layer}self_attn.v_proj.weight": (keys, _HIDDEN),
            f"{layer}self_attn.o_proj.weight": (_HIDDEN, _HIDDEN),
            f"{layer}mlp.gate_proj.weight": (_INNER, _HIDDEN),
            f"{layer}mlp.up_proj.weight": (_INNER, _HIDDEN),
            f"{layer}mlp.down_proj.weight": (_HIDDEN, _INNER),
            f"{layer}input_layernorm.weight": (_HIDDEN,),
            f"{layer}post_attention_layernorm.weight": (_HIDDEN,),
        }
    return shapes | {"model.norm.weight": (_HIDDEN,)}


def _write_safetensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """The format: the header's length (8 bytes, little-endian), the header as JSON, then the tensors."""
    chance = random.Random(0)  # noqa: S311  (the same numbers every time is the point)
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = (1.0 if len(shape) == 1 else chance.uniform(-0.05, 0.05) for _ in range(count))
        tensor = struct.pack(f"<{count}f", *array("f", values))
        header[name] = {
            "dtype": "F32",
            "shape": list(shape),
            "data_offsets": [len(data), len(data) + len(tensor)],
        }
        data += tensor
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(data))
