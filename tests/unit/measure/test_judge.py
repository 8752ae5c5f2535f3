"""From figures to a word."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from slmtui.conversion.proof import UNVERIFIED
from slmtui.measure.judge import Figures, judge, thresholds
from slmtui.measure.parity import Parity, unverified

SAME = Figures(cosine=1.0, top1=1.0, kl_mean=0.0, kl_p99=0.0, tokens=600)


def test_every_precision_has_its_bounds_and_wrong_lies_beyond_degraded() -> None:
    assert set(thresholds()) == {"fp32", "fp16", "int8", "int4"}
    for bounds in thresholds().values():
        assert bounds.verified.cosine > bounds.degraded.cosine
        assert bounds.verified.kl_mean < bounds.degraded.kl_mean
        assert bounds.verified.kl_p99 < bounds.degraded.kl_p99


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8", "int4", "one of my own"])
def test_the_same_is_verified_and_noise_is_wrong(precision: str) -> None:
    assert judge(SAME, precision).verdict == "verified"
    noise = Figures(cosine=0.02, top1=0.0, kl_mean=9.0, kl_p99=14.0, tokens=600)
    assert judge(noise, precision).verdict == "wrong"


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8", "int4"])
def test_between_the_bounds_it_is_degraded_and_the_reason_names_the_figure(precision: str) -> None:
    bounds = thresholds()[precision]
    found = judge(replace(SAME, kl_mean=(bounds.verified.kl_mean + bounds.degraded.kl_mean) / 2), precision)
    assert found.verdict == "degraded"
    assert "mean KL divergence" in found.reason
    found = judge(replace(SAME, cosine=bounds.degraded.cosine - 0.01), precision)
    assert found.verdict == "wrong"
    assert "cosine" in found.reason
    found = judge(replace(SAME, kl_p99=bounds.degraded.kl_p99 * 2), precision)
    assert found.verdict == "wrong"
    assert "worst hundredth" in found.reason


def test_what_is_not_a_number_is_wrong_unless_the_source_says_it_too() -> None:
    nothing = Figures(tokens=600, result_finite=False)
    assert judge(nothing, "int4").verdict == "wrong"
    assert judge(replace(nothing, source_finite=False), "int4").verdict == "unverified"
    assert judge(Figures(tokens=600), "int4").verdict == "wrong"  # a figure got lost: never verified


def test_another_vocabulary_is_wrong_and_other_tokens_are_a_finding() -> None:
    assert judge(Figures(vocabularies=(100, 120)), "int4").verdict == "wrong"
    found = judge(replace(SAME, other_tokens=("Water boils",)), "int4")
    assert found.verdict == "degraded"
    assert "Water boils" in found.reason


def test_the_record_is_json_with_the_same_keys_whatever_was_found() -> None:
    measured = Parity("verified", 1.0, 1.0, 0.1, 0.2, 600, 4.0, "")
    nothing = unverified("no memory")
    assert set(measured.as_record()) == set(nothing.as_record()) == set(UNVERIFIED)
    assert nothing.as_record()["kl_mean"] is None
    assert not any(isinstance(v, float) and math.isnan(v) for v in nothing.as_record().values())


def test_the_verdict_for_people_has_the_figures_or_the_reason() -> None:
    verdict = Parity("degraded", 0.9, 0.5, 0.7, 3.0, 600, 4.0, "It says less.").as_verdict()
    assert verdict.status == "warn"
    assert "0.7 on average" in verdict.evidence
    assert verdict.fix
    assert unverified("no memory").as_verdict().status == "unchecked"
    assert "nan" not in unverified("no memory").as_verdict().evidence


def test_a_source_that_is_good_for_nothing_is_named_with_what_to_do() -> None:
    damaged = judge(Figures(tokens=600, source_finite=False), "int4")
    assert "earlier checkpoint" in damaged.fix
    zeros = judge(Figures(cosine=0.0, top1=1.0, kl_mean=0.0, kl_p99=0.0, tokens=600), "int4")
    assert zeros.verdict == "wrong"
    assert "all logits are 0" in zeros.reason
    parity = replace(unverified("The source itself answers with what is not a number."), fix="Fetch it.")
    assert parity.as_verdict().fix == "Fetch it."


def test_a_source_whose_answers_are_no_numbers_is_wrong_and_one_that_masks_tokens_is_not() -> None:
    nan = judge(Figures(tokens=600, source_finite=False, source_damaged=True), "fp32")
    assert nan.verdict == "wrong"
    assert "earlier checkpoint" in nan.fix
    masked = judge(Figures(tokens=600, source_finite=False, result_finite=False), "fp32")
    assert masked.verdict == "unverified"
