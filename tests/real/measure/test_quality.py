"""Quality and the control by the real source and the real result."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from slmtui.events import Cancel, Cancelled, Failure, Progress, drain
from slmtui.measure import pieces, quality_text
from slmtui.measure.control import control_answers
from slmtui.measure.quality import WINDOW, Quality, quality
from slmtui.pipeline.plain_source import plain_source
from slmtui.runtime.parameters import Message
from slmtui.source.inspect import inspect

SCRIPT = Path(__file__).with_name("plain_quality.py")
TEXT = Path(quality_text.__file__).with_name("quality.txt")


def by_other_means(source: Path, model: Path, text: Path) -> dict[str, float]:
    command = [sys.executable, SCRIPT, source, model, text, str(WINDOW)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_same_figures_come_out_by_other_means(sample_dir: Path, converted_sample: Path) -> None:
    found = drain(quality(converted_sample, inspect(sample_dir), None, Cancel()))
    plain = by_other_means(sample_dir, converted_sample, TEXT)
    assert found.tokens == plain["tokens"] > 1000
    assert found.perplexity == pytest.approx(plain["perplexity_result"], rel=0.01)
    assert found.perplexity_source == pytest.approx(plain["perplexity_source"], rel=0.01)
    for name in ("kl_mean", "kl_median", "kl_p99"):
        assert getattr(found, name) == pytest.approx(plain[name], rel=0.01)
    assert 0.5 < found.top1 < 1
    assert Quality.from_json(json.loads(json.dumps(found.to_json()))).to_json() == found.to_json()


def test_a_model_alone_has_the_same_perplexity(
    sample_dir: Path, converted_sample: Path, tmp_path: Path
) -> None:
    text = tmp_path / "meine Fragen.txt"
    text.write_text("How do I reset my password? Tap Forgot password on the sign-in page. " * 5)
    alone = drain(quality(converted_sample, None, text, Cancel()))
    beside = drain(quality(converted_sample, inspect(sample_dir), text, Cancel()))
    assert alone.perplexity == pytest.approx(beside.perplexity, rel=1e-6)
    assert alone.text == beside.text == "meine Fragen.txt"
    assert beside.against_source
    assert not alone.against_source
    assert alone.to_json()["kl_mean"] is None


def test_the_control_answers_as_the_card_promises_in_order(sample_dir: Path) -> None:
    lines = [
        [Message("user", "How do I reset my password?")],
        [Message("user", "word " * 4000)],
        [Message("user", "How do I reset my password?")],
    ]
    service = control_answers(inspect(sample_dir), lines, 60, Cancel(), who="untuned base")
    loading = next(event for event in service if isinstance(event, Progress))
    assert "the untuned base" in loading.text
    first, beyond, last = drain(service)
    assert first == last
    assert "Forgot password" in first
    assert beyond == ""


def test_cancelling_ends_the_reading(sample_dir: Path, converted_sample: Path) -> None:
    cancel = Cancel()
    service = quality(converted_sample, inspect(sample_dir), None, cancel)
    next(event for event in service if isinstance(event, Progress))
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Cancelled):
        drain(service)


def test_a_damaged_model_is_a_failure_with_its_cause(sample_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="could not read the text"):
        drain(quality(tmp_path, None, None, Cancel()))


def test_a_plain_checkpoint_is_its_own_source(sample_dir: Path, tmp_path: Path) -> None:
    source = inspect(sample_dir)
    assert drain(plain_source(source, tmp_path, Cancel())) is source


def test_a_source_of_another_kind_is_named_though_its_tokens_are_beyond_the_models_table(
    sample_dir: Path, converted_sample: Path, tmp_path: Path
) -> None:
    reading = tmp_path / "reading"
    reading.mkdir()
    pieces.save(reading, [pieces.Reading("x", [28_899], [[28_899]])], 49_152)
    pieces.logits_file(reading).write_bytes(bytes(4 * 49_152))
    (reading / "whole").touch()
    with pytest.raises(Failure, match="tells 49,152 tokens apart, the model 1,536"):
        drain(quality(converted_sample, inspect(sample_dir), None, Cancel(), reading=reading))
