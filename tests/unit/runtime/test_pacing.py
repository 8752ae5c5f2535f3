import pytest

from slmtui.runtime.pacing import (
    ALONE_SECONDS,
    FIRST,
    LARGEST,
    SEND_EVERY,
    SMALLEST,
    TARGET_SECONDS,
    PromptPace,
    Speaker,
)


def read(pace: PromptPace, end: int, seconds_a_token: float, start: int = 0) -> list[tuple[int, int]]:
    pieces = []
    for begin, stop in pace.pieces(start, end):
        pieces.append((begin, stop))
        pace.took(stop - begin, (stop - begin) * seconds_a_token)
    return pieces


@pytest.mark.parametrize("end", [2, 16, 17, 18, 33, 100, 5000])
def test_the_pieces_cover_the_prompt_and_none_is_a_single_token(end: int) -> None:
    pieces = read(PromptPace(), end, 0.004)
    assert [token for begin, stop in pieces for token in range(begin, stop)] == list(range(end))
    assert all(stop - begin > 1 for begin, stop in pieces)


def test_a_fast_model_reads_large_pieces_and_a_slow_one_small_ones() -> None:
    fast, slow = PromptPace(), PromptPace()
    read(fast, 5000, 0.0001)
    assert fast.size == LARGEST
    slow.size = LARGEST
    read(slow, 5000, 1.0)
    assert slow.size == SMALLEST


def test_the_size_settles_where_a_piece_takes_about_the_target() -> None:
    pace = PromptPace()
    pieces = read(pace, 5000, 0.004)
    begin, stop = pieces[-2]
    assert TARGET_SECONDS / 2 <= (stop - begin) * 0.004 <= TARGET_SECONDS


def test_the_rest_of_a_prompt_does_not_change_the_size() -> None:
    pace = PromptPace()
    pace.took(2, 0.0001)
    assert pace.size == FIRST


def spoken(times: list[float]) -> list[tuple[str, int, float]]:
    sent: list[tuple[str, int, float]] = []
    speaker = Speaker(lambda *what: sent.append(what))
    for number, now in enumerate(times):
        speaker.say(str(number), now)
    speaker.flush()
    return sent


def test_the_first_token_is_sent_at_once_and_alone() -> None:
    assert spoken([5.0, 5.001, 5.002])[0] == ("0", 1, 5.0)


def test_tokens_that_come_slowly_are_sent_one_by_one() -> None:
    assert [tokens for _, tokens, _ in spoken([0.0, 0.1, 0.2, 0.3])] == [1, 1, 1, 1]


def test_fast_tokens_are_joined_and_none_is_lost() -> None:
    times = [number * SEND_EVERY / 5 for number in range(101)]
    sent = spoken(times)
    assert "".join(text for text, _, _ in sent) == "".join(str(number) for number in range(101))
    assert sum(tokens for _, tokens, _ in sent) == 101
    assert len(sent) <= 23
    assert sent[-1][2] == times[-1]


def test_what_is_less_than_two_pieces_is_one() -> None:
    pace = PromptPace()
    assert list(pace.pieces(0, 2 * FIRST)) == [(0, 2 * FIRST)]
    pace.size = LARGEST
    assert list(pace.pieces(0, LARGEST + 9)) == [(0, LARGEST), (LARGEST, LARGEST + 9)]


def test_on_a_slow_machine_a_short_question_is_one_piece_and_a_long_prompt_is_not() -> None:
    pace = PromptPace()
    read(pace, 5000, 0.005)
    assert pace.size == SMALLEST
    assert list(pace.pieces(0, 40)) == [(0, 40)]
    sizes = [stop - begin for begin, stop in pace.pieces(0, 400)]
    assert max(sizes) * 0.005 <= ALONE_SECONDS
