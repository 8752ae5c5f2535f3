"""The glossary explains the words that the screens and options really use."""

from __future__ import annotations

import json

import pytest

from slmtui.conversion.options import OPTIONS
from slmtui.conversion.recipe import PRECISIONS
from slmtui.glossary import search, term, terms, terms_in
from slmtui.lab.metrics import METRICS
from slmtui.measure.bench_table import HEADINGS
from slmtui.runtime.parameters import ABOUT
from tests.calling import slmtui

WORDS = {
    "bench table": HEADINGS,
    "lab table": tuple(metric.title for metric in METRICS),
    "conversion options": tuple(option.key for option in OPTIONS),
    "conversion form": tuple(option.title for option in OPTIONS if option.title != "Embeddings"),
    "algorithms": tuple(c for o in OPTIONS if o.key == "algorithm" for c in o.choices),
    "precisions": PRECISIONS,
    "sampling": tuple(ABOUT),
}


@pytest.mark.parametrize("place", WORDS)
def test_every_word_of_a_table_or_form_is_explained(place: str) -> None:
    assert [word for word in WORDS[place] if term(str(word)) is None] == []


def test_every_term_has_names_of_its_own_and_a_few_whole_sentences() -> None:
    names = [name.casefold() for one in terms() for name in one.names]
    assert len(names) == len(set(names))
    for one in terms():
        assert one.text.endswith("."), one.name
        assert 40 < len(one.text) < 330, one.name
        assert "  " not in one.text


def test_a_name_is_found_however_it_is_written() -> None:
    found = term("block size")
    assert found is not None
    assert term("block_size") is term("Block-Size") is found
    assert term("") is None


def test_what_begins_with_the_words_comes_before_what_holds_them() -> None:
    names = [one.name for one in search("kv")]
    assert names[0] == "KV cache"
    assert "context" in names  # its text speaks of it
    assert next(one.name for one in search("TTFT")) == "time to first token"
    assert search("no such word") == ()
    assert search(" ") == terms()


def test_the_terms_of_a_text_are_whole_words_of_it() -> None:
    found = [one.name for one in terms_in("Smaller block sizes, and a preloaded KV cache.")]
    assert found == ["block size", "KV cache"]


def test_the_command_explains_one_word_or_all() -> None:
    done = slmtui("glossary", "kl", "divergence")
    assert done.returncode == 0
    assert done.stdout.startswith("KL divergence (")
    all_of_them = json.loads(slmtui("glossary", "--json").stdout)["terms"]
    assert len(all_of_them) == len(terms())
    none = slmtui("glossary", "zebra")
    assert none.returncode == 1
    assert "fix: `slmtui glossary` lists" in none.stderr
