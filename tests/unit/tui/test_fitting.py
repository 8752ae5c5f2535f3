"""Names in any script in the room there is: nothing is cut within what a terminal draws as one."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from slmtui.tui.format import fit, shortened

ACCENT = "e\u0301"  # an e and the accent above it
FAMILY = "👩\u200d🔬"
SIGNS = ("a", ACCENT, "長", FAMILY, "🇩🇪", "की", "עֹ", "👍🏽", "❤️")


def test_the_end_of_a_path_stays() -> None:
    assert shortened("Publisher/phi-4-mini/v5", 10) == "…4-mini/v5"
    assert shortened("short", 10) == "short"


def test_the_beginning_of_a_name_stays() -> None:
    assert fit("Publisher/phi-4-mini/v5", 10) == "Publisher…"
    assert fit("short", 10) == "short"


@pytest.mark.parametrize("sign", SIGNS)
def test_no_sign_is_broken(sign: str) -> None:
    text = sign * 6
    for width in range(1, cell_len(text)):
        for shown in (fit(text, width), shortened(text, width)):
            left = shown.strip("…")
            assert left == sign * (len(left) // len(sign)), f"{shown!a} in {width}"
            assert "…" in shown
            assert cell_len(shown) <= width


def test_as_much_is_kept_as_there_is_room_for() -> None:
    assert fit("長い名前", 5) == "長い…"
    assert shortened("長い名前", 5) == "…名前"
    assert fit(ACCENT * 4, 3) == ACCENT * 2 + "…"
    assert shortened("a" + ACCENT * 3, 3) == "…" + ACCENT * 2
