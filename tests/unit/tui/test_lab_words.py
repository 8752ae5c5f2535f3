"""What the lab recommends, in words."""

from __future__ import annotations

from slmtui.lab.recommend import Recommendation
from slmtui.lab.row import VariantResult
from slmtui.lab.variants import default_variants
from slmtui.tui.lab_words import recommended

_ROW = VariantResult("fernlight", default_variants()[0])


def test_of_several_models_the_recommendation_names_the_one_it_is_about() -> None:
    taken = Recommendation(_ROW, "INT8 whole: it answers best.")
    assert recommended(taken, "") == "★ INT8 whole: it answers best."
    assert recommended(taken, "Fernlight") == "★ Fernlight INT8 whole: it answers best."
    none = Recommendation(None, "No variant keeps size < 1 MB.")
    assert recommended(none, "") == "No variant keeps size < 1 MB."
    assert recommended(none, "Fernlight") == "Fernlight: No variant keeps size < 1 MB."
