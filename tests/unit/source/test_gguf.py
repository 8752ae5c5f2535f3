"""Inspecting GGUF files that the gguf package's own writer made, whole and spoilt."""

from __future__ import annotations

import contextlib
import random
import struct
from pathlib import Path

import pytest

from slmtui.events import Failure
from slmtui.source.inspect import inspect


def test_a_gguf_file_is_described(make_gguf):
    path = make_gguf()
    source = inspect(path)
    assert (source.format, source.architecture, source.model_type) == ("gguf", "Qwen2ForCausalLM", "qwen2")
    assert source.parameters == 16 * 32 + 32
    assert source.dtype == "Q8_0"
    assert (source.context_length, source.layers, source.hidden_size, source.vocab_size) == (256, 2, 32, 16)
    assert source.tokenizer == "BPE, 16 tokens"
    assert source.chat_template == "{{ m }}"
    assert source.licence == "mit"
    assert source.bytes == path.stat().st_size
    assert source.usable
    assert [problem.severity for problem in source.problems] == ["note"]  # quantized already


def test_the_quantization_is_no_part_of_the_name(make_gguf):
    assert inspect(make_gguf(name="Small-1B.Q4_K_M.gguf")).name == "Small-1B"


def test_a_gguf_file_is_known_by_its_content_too(make_gguf):
    path = make_gguf()
    assert inspect(path.rename(path.with_name("blob"))).format == "gguf"


def test_a_text_file_called_gguf_is_a_failure(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_text("This is a text.")
    with pytest.raises(Failure, match="no GGUF file") as failure:
        inspect(path)
    assert "This is a te" in failure.value.cause
    assert failure.value.fix


def test_an_empty_file_is_a_failure(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"")
    with pytest.raises(Failure, match="empty"):
        inspect(tmp_path / "model.gguf")


def test_a_git_lfs_pointer_is_named(tmp_path):
    (tmp_path / "model.gguf").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0")
    with pytest.raises(Failure, match="Git LFS"):
        inspect(tmp_path / "model.gguf")


def test_cut_off_anywhere_it_is_a_failure(make_gguf, tmp_path):
    raw = make_gguf().read_bytes()
    cut = tmp_path / "cut.gguf"
    for kept in range(4, len(raw) - 64, 7):
        cut.write_bytes(raw[:kept])
        with pytest.raises(Failure, match="cut off"):
            inspect(cut)


def test_random_damage_never_gives_anything_but_a_failure(make_gguf, tmp_path):
    raw = make_gguf().read_bytes()
    broken = tmp_path / "broken.gguf"
    dice = random.Random(0)  # noqa: S311  (the same damage each time)
    for _ in range(400):
        damaged = bytearray(raw)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(4, 600)] = dice.randrange(256)
        broken.write_bytes(damaged)
        with contextlib.suppress(Failure):
            inspect(broken)


@pytest.mark.parametrize(
    ("version", "words"), [(1, "version 1"), (99, "version 99"), (0x03000000, "big-endian")]
)
def test_another_version_is_a_failure(make_gguf, version, words):
    path = make_gguf()
    raw = bytearray(path.read_bytes())
    raw[4:8] = struct.pack("<I", version)
    path.write_bytes(raw)
    with pytest.raises(Failure, match=words):
        inspect(path)


@pytest.mark.parametrize(
    ("architecture", "words"),
    [("smollm3", "smollm3 cannot be converted"), ("gpt-oss", "0.903"), ("bert", "bert cannot be converted")],
)
def test_an_architecture_that_does_not_convert_is_an_error(make_gguf, architecture, words):
    source = inspect(make_gguf(architecture))
    assert not source.usable
    assert words in source.problems[0].cause
    assert "llama" in source.problems[0].fix


def test_a_context_of_no_tokens_is_an_error(make_gguf):
    source = inspect(make_gguf(context=0))
    assert "qwen2.context_length 0" in source.problems[0].cause
    assert not source.usable


def test_what_is_missing_is_said(make_gguf):
    source = inspect(make_gguf(tokens=0, template=None))
    causes = [problem.cause for problem in source.problems]
    assert any("no tokenizer" in cause for cause in causes)
    assert any("no chat template" in cause for cause in causes)
    assert (source.tokenizer, source.chat_template) == (None, None)


def test_damage_is_told_apart_from_another_path(make_gguf, tmp_path: Path):
    with pytest.raises(Failure, match="no file or folder"):
        inspect(tmp_path / "gone.gguf")
