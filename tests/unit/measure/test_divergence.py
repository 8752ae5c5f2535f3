"""The figures, against the formulas worked out by hand."""

from __future__ import annotations

import math

import numpy as np

from slmtui.measure.divergence import diverge


def test_the_same_logits_are_no_distance_apart() -> None:
    logits = np.random.default_rng(1).normal(size=(40, 30)).astype(np.float32)
    found = diverge(logits, logits)
    assert np.allclose(found.cosine, 1.0)
    assert found.top1.all()
    assert np.abs(found.kl).max() < 1e-12


def test_two_distributions_as_on_paper() -> None:
    source, result = np.log([[0.5, 0.25, 0.25]]), np.log([[0.25, 0.5, 0.25]])
    found = diverge(source, result)
    assert math.isclose(found.kl[0], 0.5 * math.log(2) - 0.25 * math.log(2))
    assert not found.top1[0]


def test_the_divergence_is_over_the_sources_distribution() -> None:
    """KL is not symmetric: what the source says decides what weighs."""
    source, result = np.log([[0.9, 0.1]]), np.log([[0.5, 0.5]])
    there, back = diverge(source, result).kl[0], diverge(result, source).kl[0]
    assert math.isclose(there, 0.9 * math.log(1.8) + 0.1 * math.log(0.2))
    assert math.isclose(back, 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(5))


def test_what_is_added_to_every_logit_changes_no_distribution() -> None:
    logits = np.array([[1000.0, 1001.0, 999.0]], np.float32)
    assert abs(diverge(logits, logits - 2000).kl[0]) < 1e-9


def test_half_precision_is_computed_in_full() -> None:
    logits = np.random.default_rng(2).normal(size=(3, 50_000)).astype(np.float16)
    assert np.abs(diverge(logits.astype(np.float32), logits).kl).max() < 1e-12
