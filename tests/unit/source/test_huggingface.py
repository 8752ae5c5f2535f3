"""Inspecting Hugging Face folders: whole ones, and spoilt in every way users bring them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from slmtui.events import Failure
from slmtui.source.inspect import inspect
from slmtui.source.model_source import Problem


def only(path: Path, severity: str = "error") -> Problem:
    """The one problem of that severity."""
    found = [problem for problem in inspect(path).problems if problem.severity == severity]
    assert len(found) == 1, found
    assert found[0].fix
    return found[0]


def embedding(rows: int) -> np.ndarray:
    return np.zeros((rows, 8), np.float32)


def loaded(folder: Path, name: str = "model.safetensors") -> dict[str, np.ndarray]:
    with safe_open(folder / name, "numpy") as file:
        return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (not a mapping)


def test_a_whole_checkpoint_is_described_without_a_problem(checkpoint):
    source = inspect(checkpoint.folder)
    assert source.problems == ()
    assert source.usable
    assert (source.format, source.architecture, source.model_type) == (
        "huggingface",
        "Qwen2ForCausalLM",
        "qwen2",
    )
    assert source.parameters == sum(array.size for array in loaded(checkpoint.folder).values())
    assert source.dtype == "float32"
    assert (source.context_length, source.layers, source.hidden_size, source.vocab_size) == (512, 2, 8, 32)
    assert source.tokenizer == "BPE, 32 tokens"
    assert source.chat_template == "{{ messages }}"
    assert source.bytes == sum(path.stat().st_size for path in checkpoint.folder.iterdir())
    assert source.path == checkpoint.folder
    assert source.name == "my モデル"


def test_a_tied_output_that_lies_in_the_file_too_is_counted_once(checkpoint):
    before = inspect(checkpoint.folder).parameters
    checkpoint.configure(tie_word_embeddings=True)
    assert inspect(checkpoint.folder).parameters == before - 32 * 8


def test_a_class_that_ties_by_default_needs_no_word_in_the_configuration(checkpoint):
    weights = loaded(checkpoint.folder)
    del weights["lm_head.weight"]
    checkpoint.weigh(weights)
    checkpoint.config.pop("tie_word_embeddings")
    checkpoint.configure(architectures=["Gemma2ForCausalLM"], model_type="gemma2")
    assert inspect(checkpoint.folder).problems == ()
    checkpoint.configure(architectures=["Qwen2ForCausalLM"], model_type="qwen2")
    assert "lm_head.weight" in only(checkpoint.folder).cause


def test_weights_of_two_kinds_are_called_mixed(checkpoint):
    weights = loaded(checkpoint.folder)
    weights["model.embed_tokens.weight"] = weights["model.embed_tokens.weight"].astype(np.float16)
    checkpoint.weigh(weights)
    assert inspect(checkpoint.folder).dtype == "mixed"


# config.json


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{\n  "model_type": "qwen2",\n  "layers": 2,,\n}', "line 3"),
        (b"", "is empty"),
        (b"[1, 2]", "not an object"),
        ('{"model_type": "qwen2"}'.encode("utf-16"), "UTF-16"),
        ('{"model_type": "qwen2"}'.encode("utf-16-le"), "UTF-16"),
        ('{"model_type": "qwen2"}'.encode("utf-8-sig"), "byte order mark"),
        (b'{\n "name": "caf\xe9"}', "line 2 holds the byte 0xE9"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_a_config_that_cannot_be_read_is_named_with_its_cause(checkpoint, raw, words):
    (checkpoint.folder / "config.json").write_bytes(raw)
    with pytest.raises(Failure, match=words) as failure:
        inspect(checkpoint.folder)
    assert "config.json" in failure.value.cause
    assert failure.value.fix


def test_a_config_without_an_architecture_is_told_which_one_it_is(checkpoint):
    checkpoint.configure(architectures=None)
    assert "Qwen2ForCausalLM" in only(checkpoint.folder).fix
    assert inspect(checkpoint.folder).architecture == "Qwen2ForCausalLM"


# What is no checkpoint


def test_an_empty_folder_is_a_failure(tmp_path):
    with pytest.raises(Failure, match="is empty"):
        inspect(tmp_path)


def test_a_missing_folder_is_a_failure(tmp_path):
    with pytest.raises(Failure, match="no file or folder"):
        inspect(tmp_path / "gone")


def test_a_converted_model_is_recognized(tmp_path):
    (tmp_path / "genai_config.json").write_text("{}")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(Failure, match="converted already") as failure:
        inspect(tmp_path)
    assert "slmtui chat" in failure.value.fix


def test_a_trainers_output_folder_points_to_its_checkpoint(checkpoint):
    shutil.move(checkpoint.folder, checkpoint.folder.parent / "run" / "checkpoint-9")
    with pytest.raises(Failure) as failure:
        inspect(checkpoint.folder.parent / "run")
    assert str(checkpoint.folder.parent / "run" / "checkpoint-9") in failure.value.fix


def test_a_folder_with_a_gguf_file_points_to_the_file(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(Failure) as failure:
        inspect(tmp_path)
    assert str(tmp_path / "model.gguf") in failure.value.fix


def test_one_file_of_a_checkpoint_points_to_its_folder(checkpoint):
    with pytest.raises(Failure) as failure:
        inspect(checkpoint.folder / "model.safetensors")
    assert str(checkpoint.folder) in failure.value.fix


# Weights


def test_a_config_without_weights_is_an_error(checkpoint):
    (checkpoint.folder / "model.safetensors").unlink()
    assert "no weights" in only(checkpoint.folder).cause
    assert not inspect(checkpoint.folder).usable
    assert inspect(checkpoint.folder).parameters == 0


@pytest.mark.parametrize("kept", [0, 4, 30, -1, -100])
def test_a_truncated_file_is_named_with_its_fix(checkpoint, kept):
    path = checkpoint.folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    problem = only(checkpoint.folder)
    assert "model.safetensors" in problem.cause
    assert "again" in problem.fix
    if kept == -1:
        assert "cut off" in problem.cause
        assert "99 %" in problem.cause
    if kept == 30:
        assert "cut off" in problem.cause


def test_weights_that_are_something_else_are_named(checkpoint):
    (checkpoint.folder / "model.safetensors").write_text("<html>Not found</html>" * 10)
    assert "no safetensors file" in only(checkpoint.folder).cause


def test_a_git_lfs_pointer_is_told_from_a_broken_file(checkpoint):
    (checkpoint.folder / "model.safetensors").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0"
    )
    assert "git lfs pull" in only(checkpoint.folder).fix


def shard(checkpoint) -> list[str]:
    weights = loaded(checkpoint.folder)
    (checkpoint.folder / "model.safetensors").unlink()
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    where = {key: names[number % 2] for number, key in enumerate(weights)}
    for name in names:
        checkpoint.weigh({key: array for key, array in weights.items() if where[key] == name}, name)
    checkpoint.write("model.safetensors.index.json", {"weight_map": where})
    return names


def test_shards_are_counted_together(checkpoint):
    whole = inspect(checkpoint.folder).parameters
    shard(checkpoint)
    source = inspect(checkpoint.folder)
    assert (source.parameters, source.problems) == (whole, ())


def test_a_missing_shard_is_named(checkpoint):
    names = shard(checkpoint)
    (checkpoint.folder / names[1]).unlink()
    problem = only(checkpoint.folder)
    assert "1 of 2 weight files are missing" in problem.cause
    assert names[1] in problem.cause


def test_a_cut_off_shard_is_named(checkpoint):
    names = shard(checkpoint)
    path = checkpoint.folder / names[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert names[0] in only(checkpoint.folder).cause


def test_shards_that_belong_to_another_index_are_noticed(checkpoint):
    names = shard(checkpoint)
    shutil.copy(checkpoint.folder / names[0], checkpoint.folder / names[1])
    assert "in none of its files" in only(checkpoint.folder).cause


def test_shards_without_their_index_are_an_error(checkpoint):
    shard(checkpoint)
    (checkpoint.folder / "model.safetensors.index.json").unlink()
    assert "model.safetensors.index.json is missing" in only(checkpoint.folder).cause


def test_weights_under_another_name_are_an_error(checkpoint):
    (checkpoint.folder / "model.safetensors").rename(checkpoint.folder / "pretrained.safetensors")
    assert "Rename pretrained.safetensors to model.safetensors" in only(checkpoint.folder).fix


def test_missing_layers_are_noticed(checkpoint):
    checkpoint.configure(num_hidden_layers=5)
    assert "2 of the 5 layers" in only(checkpoint.folder).cause


def test_an_embedding_of_another_size_is_noticed(checkpoint):
    checkpoint.configure(vocab_size=40)
    assert "32 rows" in only(checkpoint.folder).cause


@pytest.mark.parametrize("prefix", ["_orig_mod.", "module.", "base_model.model."])
def test_names_that_a_wrapper_left_are_an_error(checkpoint, prefix):
    checkpoint.weigh({prefix + key: array for key, array in loaded(checkpoint.folder).items()})
    assert "random weights" in only(checkpoint.folder).cause


def test_adapter_matrices_among_the_weights_are_an_error(checkpoint):
    weights = loaded(checkpoint.folder)
    checkpoint.weigh(weights | {"model.layers.0.mlp.up_proj.lora_A.weight": embedding(2)})
    assert "merge_and_unload" in only(checkpoint.folder).fix


def test_whole_numbers_in_place_of_weights_are_an_error_unless_the_configuration_explains_them(checkpoint):
    name = "model.layers.0.mlp.up_proj.weight"
    weights = loaded(checkpoint.folder)
    checkpoint.weigh(weights | {name: weights[name].astype("int8")})
    problem = only(checkpoint.folder)
    assert f"{name} is int8" in problem.cause
    assert "before its quantization" in problem.fix
    checkpoint.configure(quantization_config={"quant_method": "gptq", "bits": 8})
    assert inspect(checkpoint.folder).usable


# Dangers


def test_pickled_weights_alone_are_an_error(checkpoint):
    (checkpoint.folder / "model.safetensors").rename(checkpoint.folder / "pytorch_model.bin")
    problem = only(checkpoint.folder)
    assert "pickled (pytorch_model.bin)" in problem.cause
    assert "save_pretrained" in problem.fix


def test_pickled_weights_beside_safetensors_are_a_warning(checkpoint):
    (checkpoint.folder / "consolidated.00.pth").write_bytes(b"x")
    assert "consolidated.00.pth" in only(checkpoint.folder, "warning").cause
    assert inspect(checkpoint.folder).usable


def test_a_trainers_leftovers_are_no_weights(checkpoint):
    for name in ("optimizer.pt", "scheduler.pt", "training_args.bin", "rng_state_0.pth"):
        (checkpoint.folder / name).write_bytes(b"x" * 10)
    source = inspect(checkpoint.folder)
    assert [problem.severity for problem in source.problems] == ["note"]
    assert "40 B" in source.problems[0].cause


def test_code_that_is_not_needed_is_a_warning(checkpoint):
    checkpoint.configure(auto_map={"AutoModelForCausalLM": "modeling_mine.MyModel"})
    (checkpoint.folder / "tokenization_mine.py").write_text("raise SystemExit('was run')")
    problem = only(checkpoint.folder, "warning")
    assert "modeling_mine.py, tokenization_mine.py" in problem.cause


def test_code_that_is_needed_is_an_error(checkpoint):
    checkpoint.configure(
        architectures=["MyForCausalLM"],
        model_type="mine",
        auto_map={"AutoModelForCausalLM": "somebody/repo--modeling_mine.MyModel"},
    )
    problem = only(checkpoint.folder)
    assert "MyForCausalLM" in problem.cause
    assert "modeling_mine.py" in problem.cause
    assert "runs no code" in problem.cause


def test_a_class_the_builder_knows_but_transformers_does_not_needs_code(checkpoint):
    checkpoint.configure(architectures=["InternLM2ForCausalLM"], model_type="internlm2")
    assert "no part of transformers" in only(checkpoint.folder).cause


def test_an_adapter_alone_says_how_to_merge_it(checkpoint):
    (checkpoint.folder / "config.json").unlink()
    (checkpoint.folder / "model.safetensors").unlink()
    checkpoint.write("adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": "org/base"})
    checkpoint.weigh({"base_model.model.x.lora_A.weight": embedding(4)}, "adapter_model.safetensors")
    problem = only(checkpoint.folder)
    assert "LORA adapter for org/base" in problem.cause
    assert "its base is not on this machine" in problem.cause
    assert "--base" in problem.fix
    assert "merge_and_unload" in problem.fix
    source = inspect(checkpoint.folder)
    assert (source.architecture, source.parameters) == ("LORA adapter", 32)


def test_an_adapter_beside_the_weights_is_a_warning(checkpoint):
    checkpoint.write("adapter_config.json", {})
    assert "adapter" in only(checkpoint.folder, "warning").cause


@pytest.mark.parametrize(("method", "severity"), [("bitsandbytes", "error"), ("gptq", "warning")])
def test_a_quantized_checkpoint_is_noticed(checkpoint, method, severity):
    weights = loaded(checkpoint.folder)
    weights["model.layers.0.mlp.up_proj.qweight"] = np.zeros((1, 8), np.int32)  # 8 × 8 weights of 4 bits
    weights["model.layers.0.mlp.up_proj.scales"] = np.zeros((1, 8), np.float16)
    whole = inspect(checkpoint.folder).parameters
    del weights["model.layers.0.mlp.up_proj.weight"]
    checkpoint.weigh(weights)
    checkpoint.configure(quantization_config={"quant_method": method, "bits": 4})
    assert method in only(checkpoint.folder, severity).cause
    assert inspect(checkpoint.folder).parameters == whole


# Architectures


def test_an_unknown_architecture_is_an_error_that_names_known_ones(checkpoint):
    checkpoint.configure(architectures=["FalconForCausalLM"], model_type="falcon")
    problem = only(checkpoint.folder)
    assert "FalconForCausalLM" in problem.cause
    assert "qwen2" in problem.fix
    assert "olmo" not in problem.fix


def test_a_classifier_is_told_that_it_cannot_chat(checkpoint):
    checkpoint.configure(architectures=["Qwen2ForSequenceClassification"])
    assert "classifier" in only(checkpoint.folder).cause


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OlmoForCausalLM", "cosine of 0.978"),
        ("GptOssForCausalLM", "cosine of 0.903"),
        ("PhiMoEForCausalLM", "for CUDA only"),
        ("Qwen2_5_VLForConditionalGeneration", "cannot chat by itself"),
        ("WhisperForConditionalGeneration", "speech"),
    ],
)
def test_an_architecture_known_to_go_wrong_is_an_error_with_its_reason(checkpoint, name, words):
    checkpoint.configure(architectures=[name])
    assert words in only(checkpoint.folder).cause


# Tokenizer, chat template, licence


def test_a_missing_tokenizer_is_an_error(checkpoint):
    (checkpoint.folder / "tokenizer.json").unlink()
    assert "no tokenizer" in only(checkpoint.folder).cause
    assert inspect(checkpoint.folder).tokenizer is None


def test_a_broken_tokenizer_is_an_error(checkpoint):
    checkpoint.write("tokenizer.json", '{"model": @}')
    assert "tokenizer.json is no valid JSON, line 1" in only(checkpoint.folder).cause


@pytest.mark.parametrize("cut", ['{"model": ', '{"model": {"type": "BP', '{"model": {}'])
def test_a_tokenizer_that_ends_in_the_middle_is_said_to(checkpoint, cut):
    checkpoint.write("tokenizer.json", cut)
    assert "tokenizer.json ends in the middle" in only(checkpoint.folder).cause


def test_a_unigram_vocabulary_is_a_list(checkpoint):
    checkpoint.write("tokenizer.json", {"model": {"type": "Unigram", "vocab": [["a", 0.0], ["b", -1.0]]}})
    assert inspect(checkpoint.folder).tokenizer == "Unigram, 2 tokens"


def test_more_tokens_than_embedding_rows_are_a_warning(checkpoint):
    vocab = {f"t{number}": number for number in range(33)}
    checkpoint.write("tokenizer.json", {"model": {"type": "BPE", "vocab": vocab}})
    assert "resize_token_embeddings" in only(checkpoint.folder, "warning").fix


def test_without_a_chat_template_it_looks_like_a_base_model(checkpoint):
    checkpoint.write("tokenizer_config.json", {})
    assert "base model" in only(checkpoint.folder, "warning").cause
    assert inspect(checkpoint.folder).chat_template is None


def test_the_chat_templates_own_file_comes_first(checkpoint):
    checkpoint.write("chat_template.jinja", "{# own file #}")
    assert inspect(checkpoint.folder).chat_template == "{# own file #}"


def test_of_several_chat_templates_the_default_is_taken(checkpoint):
    several = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]
    checkpoint.write("tokenizer_config.json", {"chat_template": several})
    assert inspect(checkpoint.folder).chat_template == "plain"


def test_a_model_that_names_no_end_token_is_a_warning(checkpoint):
    checkpoint.configure(eos_token_id=None)
    assert "eos_token_id" in only(checkpoint.folder, "warning").cause
    checkpoint.write("generation_config.json", {"eos_token_id": [1, 2]})
    assert inspect(checkpoint.folder).problems == ()


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("README.md", "---\r\nlanguage: en\r\nlicense: apache-2.0\r\n---\r\n# Card\n", "apache-2.0"),
        ("README.md", "---\nlicense: other\nlicense_name: mine-1.0\n---\n", "mine-1.0"),
        ("README.md", "# Card\nlicense: not in the front matter\n", None),
        ("LICENSE", "   Apache License\n        Version 2.0, January 2004\n", "apache-2.0"),
        ("LICENSE.txt", "My own terms.", "see LICENSE.txt"),
    ],
)
def test_the_licence_is_what_the_card_or_the_file_says(checkpoint, name, text, licence):
    (checkpoint.folder / name).write_text(text, encoding="utf-8", newline="")
    assert inspect(checkpoint.folder).licence == licence


def test_errors_come_first(checkpoint):
    checkpoint.write("tokenizer_config.json", {})
    (checkpoint.folder / "optimizer.pt").write_bytes(b"x")
    (checkpoint.folder / "tokenizer.json").unlink()
    severities = [problem.severity for problem in inspect(checkpoint.folder).problems]
    assert severities == ["error", "warning", "note"]


def test_inspecting_imports_nothing_heavy(checkpoint):
    program = (
        "import sys; from slmtui.source.inspect import inspect; inspect(sys.argv[1])\n"
        "print([m for m in ('torch', 'transformers', 'numpy', 'gguf', 'safetensors') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(checkpoint.folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("key", ["num_hidden_layers", "hidden_size", "num_attention_heads"])
@pytest.mark.parametrize("value", [0, -1, "three", 2.5, True])
def test_a_number_of_the_configuration_that_makes_no_model_is_named(checkpoint, key, value):
    checkpoint.configure(**{key: value})
    assert f"config.json says {key} {value!r}" in only(checkpoint.folder).cause


def test_a_number_for_each_layer_is_left_to_the_loader(checkpoint):
    checkpoint.configure(num_key_value_heads=[1, 1])
    assert inspect(checkpoint.folder).usable


def test_layers_that_the_configuration_leaves_out_are_told(checkpoint):
    checkpoint.configure(num_hidden_layers=1)
    assert "hold 2 layers, config.json speaks of 1" in only(checkpoint.folder, "warning").cause


def test_an_end_token_that_the_model_does_not_have_is_told(checkpoint):
    checkpoint.configure(eos_token_id=99_999)
    assert "eos_token_id 99999" in only(checkpoint.folder, "warning").cause
    checkpoint.configure(eos_token_id=[99_999, 1])
    assert inspect(checkpoint.folder).problems == ()
