import math

import pytest

from slmtui.events import Failure
from slmtui.runtime.parameters import ChatParameters


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_p": 0.0},
        {"top_p": 1.01},
        {"top_k": 0},
        {"repetition_penalty": 0.0},
        {"repetition_penalty": 1e-300},
        {"repetition_penalty": 1e300},
        {"seed": -1},
        {"seed": 2**31},
    ],
)
def test_a_value_outside_its_range_is_named_with_the_range(wrong: dict[str, float]) -> None:
    with pytest.raises(Failure) as caught:
        ChatParameters(**wrong)  # type: ignore[arg-type]
    assert str(next(iter(wrong.values()))) in caught.value.cause
    assert caught.value.fix.startswith("Give ")


@pytest.mark.parametrize("fine", [{"top_p": 1.0}, {"temperature": 0}, {"seed": 2**31 - 1}, {"top_k": 1}])
def test_the_ends_of_the_ranges_are_allowed(fine: dict[str, float]) -> None:
    ChatParameters(**fine)  # type: ignore[arg-type]


def test_greedy_is_temperature_0_or_a_choice_of_one() -> None:
    assert ChatParameters(temperature=0).greedy
    assert ChatParameters(top_k=1).greedy
    assert not ChatParameters().greedy


def test_next_to_nothing_is_greedy_lest_the_runtime_overflow() -> None:
    assert ChatParameters(temperature=1e-38).greedy
    assert not ChatParameters(temperature=1e-3).greedy
