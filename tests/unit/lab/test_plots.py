"""The plots: points where they belong, no name over another, the frontier marked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from rich.cells import cell_len

from slmtui.lab.plots import PlotColours, plot
from slmtui.lab.row import VariantResult

Rows = Callable[..., VariantResult]


def plain_lines(text: str) -> list[str]:
    return re.sub(r"\x1b\[[^m]*m", "", text).split("\n")


def table(row: Rows) -> list[VariantResult]:
    return [
        row("fp32", 539_000_000, 1e-12, speed=31),
        row("fp16", 270_000_000, 0.0002, speed=30),
        row("int8", 136_000_000, 0.006, speed=58),
        row("int4", 199_000_000, 0.11, speed=61),
        row("int4:compact", 113_000_000, 0.12, speed=66),
    ]


@pytest.mark.parametrize(("width", "height"), [(57, 8), (93, 15), (150, 40)])
def test_it_fills_the_room_it_is_given(row: Rows, width: int, height: int) -> None:
    lines = plain_lines(plot(table(row), "bytes", "kl_mean", width, height))
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}


def test_names_whose_signs_are_wide_or_joined_take_their_own_cells(row: Rows) -> None:
    rows = [
        row(kind, size, kl, source=source)
        for source in ("model", "model-2")
        for kind, size, kl in (("fp32", 500, 0.001), ("int4", 100, 0.1))
    ]
    called = {"model": "模型-α", "model-2": "e\u0301te\u0301"}
    lines = plain_lines(plot(rows, "bytes", "kl_mean", 93, 15, None, called, cell_len))
    assert {cell_len(line) for line in lines} == {93}
    text = "\n".join(lines)
    for name in called.values():
        assert f"{name} INT4 guide" in text
    assert not re.search("[\ue000-\uf8ff]|model", text)


def test_what_is_beaten_in_both_figures_has_another_mark(row: Rows) -> None:
    text = "\n".join(plain_lines(plot(table(row), "bytes", "kl_mean", 93, 15)))
    assert "○ INT4 guide" in text
    assert text.count("○") == 1
    assert text.count("●") == 4


def test_more_speed_is_better(row: Rows) -> None:
    text = "\n".join(plain_lines(plot(table(row), "tokens_per_second", "kl_mean", 93, 15)))
    assert "○ FP16" in text
    assert text.count("○") == 1


def test_every_name_can_be_read_where_there_is_room(row: Rows) -> None:
    text = "\n".join(plain_lines(plot(table(row), "bytes", "kl_mean", 93, 15)))
    for name in ("FP32", "FP16", "INT8 whole", "INT4 guide", "INT4 compact"):
        assert name in text


def test_points_stand_where_their_figures_are(row: Rows) -> None:
    rows = [row("fp32", 1000, 0.1), row("int4", 500, 0.001)]
    lines = plain_lines(plot(rows, "bytes", "kl_mean", 80, 20))
    assert lines[0].startswith("  0.1┤")
    assert lines[-3].startswith("0.001┤")
    ticks = {label: lines[-1].index(label) for label in ("500 B", "1.0 kB")}
    assert abs(lines[-3].index("●") - ticks["500 B"]) <= len("500 B")
    assert abs(lines[0].index("○") - ticks["1.0 kB"]) <= len("1.0 kB")


def test_a_divergence_of_rounding_does_not_stretch_the_axis(row: Rows) -> None:
    text = "\n".join(plain_lines(plot(table(row), "bytes", "kl_mean", 93, 15)))
    assert "0.00001" in text
    assert "1e-12" not in text


def test_one_row_alone_or_without_figures_is_no_plot(row: Rows) -> None:
    assert plot([row("fp32"), row("int4", kl=None)], "bytes", "kl_mean", 80, 20) == ""
    assert plot([], "bytes", "kl_mean", 80, 20) == ""


def test_rows_that_are_all_alike_are_drawn(row: Rows) -> None:
    rows = [row("fp32", 0, 0.0, speed=5), row("int4", 0, 0.0, speed=5)]
    for cost, gain in (("bytes", "kl_mean"), ("tokens_per_second", "top1")):
        assert len(plain_lines(plot(rows, cost, gain, 60, 12))) == 12


def test_names_of_models_cannot_send_control_sequences(row: Rows) -> None:
    rows = [row("fp32", 10, 0.1, source="\x1b[2Jevil"), row("int4", 5, 0.2, source="other")]
    text = plot(rows, "bytes", "kl_mean", 80, 16)
    assert "\x1b[2J" not in text
    assert "other INT4 guide" in text


def test_colours_are_the_callers(row: Rows) -> None:
    text = plot(table(row), "bytes", "kl_mean", 80, 16, PlotColours(frontier=(1, 2, 3), beaten=(4, 5, 6)))
    assert "38;2;1;2;3" in text
    assert "38;2;4;5;6" in text
