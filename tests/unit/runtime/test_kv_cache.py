"""The rule of the kept prefix, on a stand-in for the runtime that keeps its books as the real one does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from slmtui.runtime.kv_cache import KvCache, capacity_for, common_prefix, search_options
from slmtui.runtime.parameters import ChatParameters

GREEDY = search_options(ChatParameters(temperature=0), 50, 1000)
SAMPLED = search_options(ChatParameters(), 50, 1000)


class Params:
    def __init__(self, model: object) -> None:
        self.options: dict[str, Any] = {}

    def set_search_options(self, **options: Any) -> None:
        self.options |= options


class Generator:
    def __init__(self, model: Any, params: Params) -> None:
        if model.full:
            raise RuntimeError("Failed to allocate memory")
        self.params = params
        self.rewinds = model.rewinds
        self.sequence: list[int] = []
        model.generators.append(self)

    def token_count(self) -> int:
        return len(self.sequence)

    def rewind_to(self, length: int) -> None:
        if not self.rewinds:
            raise RuntimeError("RewindTo is currently not supported for lfm2.")
        del self.sequence[length:]

    def append_tokens(self, tokens: Sequence[int]) -> None:
        self.sequence += tokens

    def write(self, *tokens: int) -> None:
        self.sequence += tokens


class Model:
    def __init__(self, model_type: str = "qwen2", *, rewinds: bool = True) -> None:
        self.type = model_type
        self.rewinds = rewinds
        self.full = False
        self.generators: list[Generator] = []


class Runtime:
    GeneratorParams = Params
    Generator = Generator


def cache_of(model: Model, context: int = 8192) -> KvCache:
    return KvCache(Runtime, model, context)


def turn(cache: KvCache, prompt: list[int], written: Sequence[int] = (), **how: Any) -> int:
    """One request: prepare, read, and let the model write; returns what was kept."""
    options = {"length": len(prompt) + 100, "sampling": GREEDY, "seed": None} | how
    kept = cache.prepare(prompt, options["length"], options["sampling"], options["seed"])
    assert cache.length == cache.generator.token_count() == kept
    cache.read(prompt[kept:])
    if written:
        cache.generator.write(*written)
        cache.wrote(written, ended=how.get("ended", True))
    return kept


def test_common_prefix() -> None:
    assert common_prefix([], [1]) == 0
    assert common_prefix([1, 2, 3], [1, 2, 4, 3]) == 2
    assert common_prefix([1, 2], [1, 2, 3]) == 2


def test_the_next_turn_reads_only_what_is_new() -> None:
    model = Model()
    cache = cache_of(model)
    assert turn(cache, [1, 2, 3], [7, 8]) == 0
    assert turn(cache, [1, 2, 3, 7, 8, 9, 4, 5]) == 5
    assert len(model.generators) == 1


def test_the_last_token_of_an_answer_cut_short_is_read_again() -> None:
    """The runtime has chosen it but not yet computed its keys and values."""
    cache = cache_of(Model())
    turn(cache, [1, 2, 3], [7, 8], ended=False)
    assert turn(cache, [1, 2, 3, 7, 8, 9, 4]) == 4


def test_an_answer_cut_short_goes_on_from_its_last_token_alone() -> None:
    """As it would have without the cut: two tokens at once are computed by other kernels."""
    cache = cache_of(Model())
    turn(cache, [1, 2, 3], [7, 8], ended=False)
    assert turn(cache, [1, 2, 3, 7, 8]) == 4
    # Asked for a second time nothing was generated in between: these two are read together as ever.
    assert turn(cache, [1, 2, 3, 7, 8]) == 3


def test_an_edited_message_keeps_what_stands_before_it() -> None:
    cache = cache_of(Model())
    turn(cache, [1, 2, 3, 4, 5], [7])
    assert turn(cache, [1, 2, 9, 4, 5]) == 2
    assert cache.generator.sequence == [1, 2, 9, 4, 5]


def test_regenerating_leaves_two_tokens_to_read() -> None:
    cache = cache_of(Model())
    turn(cache, [1, 2, 3, 4, 5], [7, 8, 9])
    assert turn(cache, [1, 2, 3, 4, 5]) == 3


def test_a_new_conversation_keeps_nothing_but_the_generator() -> None:
    model = Model()
    cache = cache_of(model)
    turn(cache, [1, 2, 3])
    assert turn(cache, [9, 8, 7]) == 0
    assert len(model.generators) == 1


def test_a_prompt_of_one_token_is_read_whole() -> None:
    cache = cache_of(Model())
    turn(cache, [1])
    assert turn(cache, [1]) == 0


def test_changed_parameters_hold_without_a_new_generator() -> None:
    model = Model()
    cache = cache_of(model)
    turn(cache, [1, 2, 3, 4], sampling=SAMPLED)
    hotter = search_options(ChatParameters(temperature=1.5), 50, 1000)
    assert turn(cache, [1, 2, 3, 4], sampling=hotter) == 2
    assert model.generators[0].params.options["temperature"] == 1.5


@pytest.mark.parametrize("other", [SAMPLED, search_options(ChatParameters(temperature=0), 50, 1000)])
def test_another_sampling_method_needs_a_new_generator(other: dict[str, Any]) -> None:
    model = Model()
    cache = cache_of(model)
    turn(cache, [1, 2, 3, 4], sampling=search_options(ChatParameters(top_p=1.0), 50, 1000))
    assert turn(cache, [1, 2, 3, 4], sampling=other) == 0
    assert len(model.generators) == 2


def test_a_seed_always_starts_from_its_beginning() -> None:
    model = Model()
    cache = cache_of(model)
    for _ in range(2):
        assert turn(cache, [1, 2, 3, 4], sampling=SAMPLED, seed=5) == 0
    assert turn(cache, [1, 2, 3, 4], sampling=SAMPLED) == 0
    assert [g.params.options.get("random_seed") for g in model.generators] == [5, 5, None]


def test_a_model_that_cannot_go_back_starts_over() -> None:
    model = Model("lfm2", rewinds=False)
    cache = cache_of(model)
    turn(cache, [1, 2, 3, 4], [7])
    assert turn(cache, [1, 2, 9, 4]) == 0
    assert cache.generator.sequence == [1, 2, 9, 4]


def test_a_conversation_that_outgrows_its_buffer_gets_a_larger_one() -> None:
    model = Model()
    cache = cache_of(model)
    turn(cache, [1, 2, 3, 4])
    assert turn(cache, [1, 2, 3, 4], length=5000) == 0
    assert [g.params.options["max_length"] for g in model.generators] == [4096, 8192]


def test_the_buffer_is_small_for_short_conversations_and_never_longer_than_the_context() -> None:
    assert capacity_for(100, 131_072) == 4096
    assert capacity_for(4097, 131_072) == 8192
    assert capacity_for(100, 2048) == 2048
    assert capacity_for(120_000, 128_000) == 128_000


def test_a_failed_allocation_leaves_nothing_half_made() -> None:
    model = Model()
    cache = cache_of(model)
    turn(cache, [1, 2, 3, 4])
    model.full = True
    with pytest.raises(RuntimeError):
        cache.prepare([1, 2, 3], 8000, GREEDY, None)
    cache.drop()
    model.full = False
    assert turn(cache, [1, 2, 3]) == 0


def test_short_and_long_keys_of_a_long_rope_model_never_meet() -> None:
    cache = cache_of(Model("phi3"), context=131_072)
    short, long = list(range(4000)), list(range(5000))
    assert turn(cache, short) == 0
    assert not cache.undivided(4096)
    assert cache.prepare(long, 5100, GREEDY, None) == 0
    assert cache.undivided(5000)
    cache.read(long)
    assert turn(cache, long, length=5200) == 4998
    assert not cache.undivided(5000)
    assert turn(cache, short) == 0


def test_other_models_are_read_in_pieces_at_any_length() -> None:
    cache = cache_of(Model("qwen2"), context=131_072)
    turn(cache, [1, 2])
    assert not cache.undivided(100_000)


def test_the_models_own_top_k_stands_in_and_the_vocabulary_limits_it() -> None:
    assert search_options(ChatParameters(), 40, 1000)["top_k"] == 40
    assert search_options(ChatParameters(), 0, 1000)["top_k"] == 50
    assert search_options(ChatParameters(), 1, 1000)["top_k"] == 50
    assert search_options(ChatParameters(top_k=5000), 40, 1000)["top_k"] == 1000
    assert search_options(ChatParameters(top_k=1), 40, 1000)["do_sample"] is False
