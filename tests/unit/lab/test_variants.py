"""Variants as people type them."""

from __future__ import annotations

import pytest

from slmtui.events import Failure
from slmtui.lab.claims import CLAIMS, claim
from slmtui.lab.variants import Variant, default_variants, parse_variant, parse_variants


def test_the_usual_ones_are_the_guides_four_and_the_compact_one() -> None:
    names = [variant.label for variant in default_variants()]
    assert names == ["FP32", "FP16", "INT8 whole", "INT4 guide", "INT4 compact"]


@pytest.mark.parametrize(
    ("text", "identifier", "label", "folder"),
    [
        ("int4", "int4:guide", "INT4 guide", "int4-guide"),
        ("INT4:Compact", "int4:compact", "INT4 compact", "int4-compact"),
        ("fp32", "fp32:plain", "FP32", "fp32-plain"),
        (
            "int4:guide,block_size=128",
            "int4:guide,block_size=128",
            "INT4 guide, block_size 128",
            "int4-guide-block_size-128",
        ),
    ],
)
def test_a_variant_is_read_and_named(text: str, identifier: str, label: str, folder: str) -> None:
    found = parse_variant(text)
    assert (found.id, found.label, found.folder) == (identifier, label, folder)
    assert parse_variant(found.id) == found
    assert Variant.from_json(found.to_json()) == found
    assert Variant.of(found.recipe()) == found


def test_each_is_taken_once_in_order() -> None:
    assert [v.id for v in parse_variants(["int8 int4:guide", "int4;fp16"])] == [
        "int8:whole",
        "int4:guide",
        "fp16:plain",
    ]


@pytest.mark.parametrize("text", ["int3", "int4:huge", "int4:guide,block_size", "int4,shape=round"])
def test_what_is_no_variant_is_refused_with_what_is_one(text: str) -> None:
    with pytest.raises(Failure) as caught:
        parse_variant(text)
    assert caught.value.fix


def test_the_guide_claims_something_of_each_of_its_precisions() -> None:
    assert [claim.size_share for claim in CLAIMS.values()] == [1.0, 0.5, 0.25, 0.125]
    for variant in default_variants():
        assert claim(variant.precision) is not None
    assert claim("int2") is None
