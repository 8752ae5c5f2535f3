"""Adapters from their headers alone: the base found, what fits it and what does not, what is refused."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from slmtui.events import Failure
from slmtui.source.adapter_changes import changes
from slmtui.source.adapter_config import read_adapter_config
from slmtui.source.inspect import inspect, refuse_useless_base
from slmtui.source.options import SourceOptions

MODULE = "base_model.model.model.layers.0.mlp.up_proj"
CONFIG = {"peft_type": "LORA", "base_model_name_or_path": "org/base", "r": 2, "lora_alpha": 4}


def lora(rank: int = 2, width: int = 8, height: int = 8, module: str = MODULE) -> dict[str, np.ndarray]:
    return {
        f"{module}.lora_A.weight": np.zeros((rank, width), np.float32),
        f"{module}.lora_B.weight": np.zeros((height, rank), np.float32),
    }


@pytest.fixture
def adapter(checkpoint):
    """An adapter in a folder beside its base, which is called `base`."""
    base = checkpoint.folder.parent / "base"
    shutil.copytree(checkpoint.folder, base)
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (checkpoint.folder / name).unlink()
    checkpoint.write("adapter_config.json", CONFIG)
    checkpoint.weigh(lora(), "adapter_model.safetensors")
    return checkpoint


def errors(adapter, options: SourceOptions = SourceOptions()) -> list[str]:  # noqa: B008
    return [p.cause for p in inspect(adapter.folder, options).problems if p.severity == "error"]


def test_an_adapter_is_described_as_the_model_it_makes(adapter):
    source, base = inspect(adapter.folder), inspect(adapter.folder.parent / "base")
    assert source.problems == ()
    assert (source.format, source.path, source.base) == ("adapter", adapter.folder, base)
    assert (source.parameters, source.architecture) == (base.parameters, "Qwen2ForCausalLM")
    assert source.bytes > base.bytes
    assert source.unpacks
    assert source.name == "my モデル"


def test_its_own_tokenizer_and_template_come_first(adapter):
    adapter.write("tokenizer.json", {"model": {"type": "BPE", "vocab": {"a": 0}}})
    adapter.write("chat_template.jinja", "{# the adapter's #}")
    source = inspect(adapter.folder)
    assert source.tokenizer == "BPE, 1 tokens"
    assert source.chat_template == "{# the adapter's #}"


def test_tokens_without_rows_are_noticed_and_an_embedding_that_grew_has_them(adapter):
    vocab = {f"t{n}": n for n in range(40)}
    adapter.write("tokenizer.json", {"model": {"type": "BPE", "vocab": vocab}})
    assert "40 tokens" in inspect(adapter.folder).problems[0].cause
    rows = np.zeros((40, 8), np.float32)
    grown = {"base_model.model.model.embed_tokens.weight": rows, "base_model.model.lm_head.weight": rows}
    adapter.weigh(lora() | grown, "adapter_model.safetensors")
    source = inspect(adapter.folder)
    assert (source.problems, source.vocab_size) == ((), 40)


def test_a_base_that_is_not_here_is_asked_for(adapter):
    (adapter.folder.parent / "base").rename(adapter.folder.parent / "elsewhere")
    source = inspect(adapter.folder)
    assert not source.usable
    assert "--base" in source.problems[0].fix
    named = SourceOptions(base=str(adapter.folder.parent / "elsewhere"))
    assert inspect(adapter.folder, named).usable
    with pytest.raises(Failure, match="base model was not found"):
        inspect(adapter.folder, SourceOptions(base=str(adapter.folder.parent / "nowhere")))


@pytest.mark.parametrize(("base", "offered"), [("/data/models/base", False), ("org/elsewhere", True)])
def test_only_what_can_be_a_name_on_the_hub_is_offered_to_be_fetched(adapter, base, offered):
    adapter.write("adapter_config.json", CONFIG | {"base_model_name_or_path": base})
    (adapter.folder.parent / "base").rename(adapter.folder.parent / "away")
    assert ("hub" in inspect(adapter.folder).problems[0].fix) is offered


def test_a_base_is_refused_for_what_is_no_adapter(adapter):
    base = adapter.folder.parent / "base"
    options = SourceOptions(base=str(base))
    refuse_useless_base(inspect(adapter.folder, options), options)
    with pytest.raises(Failure, match="no adapter: it has no base"):
        refuse_useless_base(inspect(base), options)


def test_an_error_of_the_base_forbids_the_conversion(adapter):
    (adapter.folder.parent / "base" / "model.safetensors").unlink()
    assert "Its base base: There are no weights" in errors(adapter)[0]


def test_an_adapter_cannot_be_a_base(adapter):
    other = adapter.folder.parent / "other"
    shutil.copytree(adapter.folder, other)
    with pytest.raises(Failure, match="an adapter itself"):
        inspect(adapter.folder, SourceOptions(base=str(other)))


def test_a_configuration_that_a_trainer_left_beside_it_does_not_make_it_a_model(adapter):
    shutil.copy(adapter.folder.parent / "base" / "config.json", adapter.folder)
    assert inspect(adapter.folder).format == "adapter"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"peft_type": "IA3"}, "of the kind IA3"),
        ({"init_lora_weights": "pissa"}, "started with pissa"),
        ({"init_lora_weights": "olora"}, "started with olora"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"layer_replication": [[0, 1]]}, "layer_replication"),
        ({"something_new": True}, "something_new"),
    ],
)
def test_what_cannot_be_merged_rightly_is_refused_by_name(adapter, change, words):
    adapter.write("adapter_config.json", CONFIG | change)
    assert words in errors(adapter)[0]


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        (lora(width=9), r"is 8 × 8 there and 8 × 9 here"),
        (lora(module="base_model.model.model.layers.7.mlp.up_proj"), "its base does not have"),
        ({f"{MODULE}.lora_A.weight": np.zeros((2, 8), np.float32)}, "only one half"),
        (lora() | {f"{MODULE}.hada_w1": np.zeros(2, np.float32)}, "cannot merge"),
        ({"model.x.lora_A.weight": np.zeros((2, 8), np.float32)}, "none that PEFT writes"),
    ],
)
def test_an_adapter_that_does_not_fit_says_where(adapter, tensors, words):
    adapter.weigh(tensors, "adapter_model.safetensors")
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(errors(adapter)[0])


def test_a_pickled_adapter_needs_a_yes(adapter):
    (adapter.folder / "adapter_model.safetensors").rename(adapter.folder / "adapter_model.bin")
    assert "pickled" in errors(adapter)[0]


@pytest.mark.parametrize(
    ("change", "module", "expected"),
    [
        ({}, "model.layers.0.mlp.up_proj", 2.0),
        ({"use_rslora": True}, "model.layers.0.mlp.up_proj", 4 / 2**0.5),
        ({"alpha_pattern": {"up_proj": 6}}, "model.layers.0.mlp.up_proj", 3.0),
        ({"alpha_pattern": {"layers.1.mlp.up_proj": 6}}, "model.layers.0.mlp.up_proj", 2.0),
        ({"alpha_pattern": {"p_proj": 6}}, "model.layers.0.mlp.up_proj", 2.0),
    ],
)
def test_the_factor_of_a_module_is_peft_s(adapter, change, module, expected):
    adapter.write("adapter_config.json", CONFIG | change)
    config = read_adapter_config(adapter.folder)
    assert config.scaling(module, 2) == pytest.approx(expected)


def test_the_kinds_of_change_are_told_apart(adapter):
    config = read_adapter_config(adapter.folder)
    p = "base_model.model."
    found = changes(
        config,
        {
            f"{p}model.layers.0.q.lora_A.weight": (2, 8), f"{p}model.layers.0.q.lora_B.weight": (4, 2),
            f"{p}model.layers.0.q.lora_magnitude_vector": (4,), f"{p}model.layers.0.q.lora_B.bias": (4,),
            f"{p}model.embed_tokens.lora_embedding_A": (2, 32),
            f"{p}model.embed_tokens.lora_embedding_B": (8, 2),
            f"{p}lm_head.weight": (32, 8),
        },
        {
            "model.layers.0.q.weight": (4, 8), "model.layers.0.q.bias": (4,),
            "model.embed_tokens.weight": (32, 8),
        },
        tied=True,
    )  # fmt: skip
    assert set(found) == {
        "model.layers.0.q.weight", "model.layers.0.q.bias", "model.embed_tokens.weight", "lm_head.weight",
    }  # fmt: skip
    assert found["model.layers.0.q.weight"].magnitude is not None
    assert found["model.layers.0.q.bias"].addend is not None
    assert found["model.embed_tokens.weight"].transposed
    assert found["lm_head.weight"].replacement is not None
