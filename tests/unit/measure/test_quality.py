"""What is said of figures that need a word."""

from __future__ import annotations

import math

import pytest

from slmtui.measure.quality import _quality

REPLY = {"event": "compared", "tokens": 600, "tokens_left": 0, "other_tokens": []}


@pytest.mark.parametrize(
    ("figures", "who"),
    [
        ({"perplexity": 22_623.6, "perplexity_source": 24_098.6}, "source"),
        ({"perplexity": 12.0, "perplexity_source": 1001.0}, "source"),
        ({"perplexity": 5000.0}, "model"),
    ],
)
def test_perplexity_on_text_that_was_never_learnt_is_said_to_mean_nothing(
    figures: dict[str, float], who: str
) -> None:
    (note,) = _quality(REPLY | figures, "built in", 1.0).notes
    assert note.startswith(f"The {who} itself has a perplexity of ")
    assert ("KL divergence" in note) == (who == "source")


@pytest.mark.parametrize(
    "figures",
    [
        {"perplexity": 5000.0, "perplexity_source": 12.0},  # damage, not the text
        {"perplexity": 14.0},
        {},
    ],
)
def test_otherwise_nothing_is_said(figures: dict[str, float]) -> None:
    found = _quality(REPLY | figures, "built in", 1.0)
    assert found.notes == ()
    assert math.isnan(found.kl_mean)
