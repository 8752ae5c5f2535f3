from __future__ import annotations

import pytest

from slmtui.conversion.progress import Tracker, is_bar
from slmtui.events import Progress

# What Olive 0.13.0 with onnxruntime-genai 0.14.1 prints, in seconds after its start; a model of four layers.
LOG = [
    (3.4, "[2026-11-24 06:35:43,265] [INFO] [engine.py:207:run] Running Olive on accelerator: cpu-cpu"),
    (3.5, "[2026-11-24 06:35:44,150] [INFO] [engine.py:665:_run_pass] Running pass builder:modelbuilder"),
    (4.6, "GroupQueryAttention (GQA) is used in this model."),
    (4.7, "Loading weights:   0%|          | 0/51 [00:00<?, ?it/s]"),
    (4.8, "Loading weights: 100%|██████████| 51/51 [00:00<00:00, 19351.87it/s]"),
    (4.9, "Reading embedding layer"),
    (5.0, "Reading layer 0"),
    (5.1, "Reading layer 1"),
    (5.2, "Reading layer 2"),
    (5.3, "Reading layer 3"),
    (5.4, "Reading final norm"),
    (5.5, "Reading LM head"),
    (5.6, "Saving ONNX model in /somewhere/Reading layer 9/models"),
    (5.8, "Quantizing /model/layers.0/attn/qkv_proj/MatMul"),
    (5.9, "Quantizing /model/layers.3/mlp/down_proj/MatMul"),
    (6.0, "Quantizing /lm_head/MatMul"),
    (6.1, "0it [00:00, ?it/s]"),
    (
        6.2,
        "Saving model.layers.1.mlp.gate_proj.MatMul.weight_Q4 (u8, [576,18,16]):  50%|█████     | 29/58 [00:",
    ),
    (
        6.3,
        "Saving lm_head.MatMul.weight_scales (f32, [49152,18]): 100%|██████████| 58/58 [00:00<00:00, 9it/s]",
    ),
    (6.4, "Saving GenAI config in /somewhere/models"),
    (6.5, "Saving processing files in /somewhere/models for GenAI"),
]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def follow(layers: int | None = 4) -> list[Progress]:
    clock = Clock()
    tracker = Tracker(3_000_000, layers, clock=clock)
    seen = [tracker.now()]
    for at, line in LOG:
        clock.now = at
        progress = tracker.read(line)
        if progress is not None:
            seen.append(progress)
    clock.now = 6.6
    return [*seen, tracker.enter("gate")]


def test_the_stages_come_in_order_and_the_fraction_never_falls() -> None:
    seen = follow()
    assert list(dict.fromkeys(p.stage for p in seen)) == [
        "start", "load", "layers", "prepare", "quantize", "save", "finish", "gate",
    ]  # fmt: skip
    fractions = [p.fraction or 0.0 for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert 0.9 < fractions[-1] < 1.0


def test_the_text_says_which_of_how_many() -> None:
    texts = [p.text for p in follow()]
    for text in (
        "Loading tensor 51 of 51",
        "Reading layer 3 of 4",
        "Quantizing layer 4 of 4",
        "Quantizing the output layer",
        "Saving tensor 29 of 58",
    ):
        assert text in texts


def test_a_model_whose_layers_are_not_known_is_counted_all_the_same() -> None:
    assert "Reading layer 3" in [p.text for p in follow(layers=None)]


def test_time_left_is_unknown_until_a_stage_of_the_real_work_is_over() -> None:
    seen = follow()
    assert all(p.seconds_left is None for p in seen if p.stage in ("start", "load"))
    assert all(p.seconds_left is not None for p in seen if p.stage not in ("start", "load"))


def test_time_left_follows_the_pace_of_this_machine() -> None:
    def left(slowness: float) -> float:
        clock = Clock()
        tracker = Tracker(135_000_000, 30, clock=clock)
        clock.now = 4.0
        tracker.enter("load")
        clock.now += 2.0 * slowness
        return tracker.enter("layers").seconds_left or 0.0

    assert 4.0 < left(1.0) < 9.0
    assert left(3.0) == pytest.approx(3 * left(1.0))


def test_time_left_runs_down_while_a_stage_is_silent_but_not_to_nothing() -> None:
    clock = Clock()
    tracker = Tracker(135_000_000, 30, clock=clock)
    tracker.enter("load")
    clock.now = 2.0
    first = tracker.enter("prepare").seconds_left or 0.0
    clock.now = 2.5
    second = tracker.now().seconds_left or 0.0
    clock.now = 500.0
    third = tracker.now().seconds_left or 0.0
    assert first > second > third > 0


def test_a_gguf_file_has_a_stage_more() -> None:
    tracker = Tracker(135_000_000, 30, unpacks=True)
    tracker.enter("unpack")
    line = "Converting and de-quantizing GGUF tensors...:   8%|▊         | 23/272 [00:00<00:05, 43.91it/s]"
    progress = tracker.read(line)
    assert progress is not None
    assert (progress.stage, progress.text) == ("unpack", "Unpacking tensor 23 of 272")


def test_a_stage_that_lies_behind_is_no_step_back() -> None:
    tracker = Tracker(3_000_000, 4)
    tracker.enter("save")
    progress = tracker.read("Reading layer 1")
    assert progress == tracker.now()
    assert (progress.stage, progress.text) == ("save", "Saving")


def test_other_lines_say_nothing() -> None:
    tracker = Tracker(3_000_000, 4)
    for line in ("", "Loading weights: broken", "the user's Reading layer 3", "Saving x |   | 1/0 [", "é\t"):
        assert tracker.read(line) is None


def test_progress_bars_are_told_from_the_log() -> None:
    assert [line for _, line in LOG if is_bar(line)] == [LOG[i][1] for i in (3, 4, 16, 17, 18)]
