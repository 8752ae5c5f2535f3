"""One value of a JSON text is changed, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slmtui.config.json_text import column_of, layout, line_of, replace_member, set_at, set_field, spelled
from slmtui.events import Failure

TEXT = """\
{
    "Name" :  "a",

    "PromptTemplate": { "user": "{Content}", "prompt": "x \\"Name\\": {Content}" },
    "ModelConfig": {
        "top_p": 0.9
    }
}
"""


def at(text: str, key: str) -> Any:
    value = json.loads(text)
    for name in key.split("."):
        value = value[name]
    return value


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("Name", 'b "c"\n', '"a"', '"b \\"c\\"\\n"'),
        ("Name", "你好 🙂", '"a"', '"你好 🙂"'),
        ("PromptTemplate.user", "<u>{Content}", '"{Content}"', '"<u>{Content}"'),
        ("ModelConfig.top_p", 1, "0.9", "1"),
    ],
)
def test_only_the_value_changes(key: str, value: Any, old: str, new: str) -> None:
    changed = set_field(TEXT, key, value)
    assert changed == TEXT.replace(old, new, 1)
    assert at(changed, key) == value


def test_a_new_key_stands_behind_its_sisters_in_their_style() -> None:
    changed = set_field(TEXT, "ModelConfig.top_k", 40)
    assert '"top_p": 0.9,\n        "top_k": 40\n    }' in changed
    changed = set_field(TEXT, "PromptTemplate.system", "s")
    assert '{Content}", "system": "s" },' in changed
    assert set_field('{"a": 1}', "b", "c") == '{"a": 1, "b": "c"}'


def test_an_object_that_is_missing_is_made() -> None:
    assert json.loads(set_field("{}", "ModelConfig.top_p", 0.5)) == {"ModelConfig": {"top_p": 0.5}}
    assert set_field("{}", "Name", "a") == '{\n  "Name": "a"\n}'
    assert at(set_field(TEXT, "a.b.c.d", 1), "a.b.c.d") == 1


def test_a_key_deeper_down_is_replaced_and_not_doubled() -> None:
    assert set_field('{"a": {"b": {"c": 1}}}', "a.b.c", 2) == '{"a": {"b": {"c": 2}}}'


@pytest.mark.parametrize(
    ("text", "key", "left"),
    [
        ('{"a": 1, "b": 2}', "a", '{"b": 2}'),
        ('{"a": 1, "b": 2}', "b", '{"a": 1}'),
        ('{"a": 1}', "a", "{}"),
        ('{"a": 1}', "b", '{"a": 1}'),
        ('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', "b", '{\n  "a": 1,\n  "c": 3\n}'),
        ('{"x": {"a": 1}}', "x.a", '{"x": {}}'),
    ],
)
def test_none_removes_a_key(text: str, key: str, left: str) -> None:
    assert set_field(text, key, None) == left


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": NaN}', "[" * 100_000])
def test_text_that_is_no_object_is_a_failure(text: str) -> None:
    with pytest.raises(Failure):
        set_field(text, "Name", "a")


def test_a_key_that_leads_through_a_number_is_a_failure() -> None:
    with pytest.raises(Failure, match="a is no JSON object"):
        set_field('{"a": 1}', "a.b", 2)


def test_windows_line_ends_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert set_field(text, "Name", "b") == text.replace('"a"', '"b"', 1)
    assert at(set_field(text, "ModelConfig.top_k", 1), "ModelConfig.top_k") == 1


def test_of_two_keys_with_one_name_the_last_is_meant() -> None:
    text = '{"a": {"x": 1},\n "a": {"y": 2}}'
    found = layout(text)
    assert found.doubles == (("a",),)
    assert ("a", "x") not in found.spans
    assert line_of(text, found.spans["a", "y"].key) == 2
    assert json.loads(set_field(text, "a.y", 3)) == {"a": {"y": 3}}


def test_keys_inside_texts_are_not_taken_for_keys() -> None:
    assert line_of(TEXT, layout(TEXT).spans["Name",].key) == 2


LISTS = """{
  "systems": {"local": {"accelerators": [{"device": "cpu"}, {"device": "gpu", "a.b": [1, [2]]}]}},
  "passes": {
    "builder": {
      "quantization_config": {"block_size": 128},
      "precision": "int4"
    }
  }
}"""


def test_elements_of_lists_have_a_place_too() -> None:
    spans = layout(LISTS, 9).spans
    path = ("systems", "local", "accelerators", "[1]", "device")
    assert spelled(path) == "systems.local.accelerators[1].device"
    assert LISTS[spans[path].start : spans[path].end] == '"gpu"'
    deep = spans["systems", "local", "accelerators", "[1]", "a.b", "[1]", "[0]"]
    assert LISTS[deep.start : deep.end] == "2"
    changed = json.loads(set_at(LISTS, path, "cpu"))
    assert changed["systems"]["local"]["accelerators"][1]["device"] == "cpu"
    assert column_of(LISTS, spans["systems",].key) == 3


def test_a_member_is_replaced_by_others_where_it_stood() -> None:
    path = ("passes", "builder", "quantization_config")
    changed = replace_member(LISTS, path, {"int4_block_size": 128, "int4_is_symmetric": False})
    assert changed == LISTS.replace(
        '"quantization_config": {"block_size": 128}',
        '"int4_block_size": 128,\n      "int4_is_symmetric": false',
    )
    assert replace_member('{"a": 1, "b": 2}', ("a",), {"x": 1, "y": 2}) == '{"x": 1, "y": 2, "b": 2}'
    assert "quantization_config" not in replace_member(LISTS, path, {})


def test_a_member_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(Failure, match=r"no passes\.x"):
        replace_member(LISTS, ("passes", "x"), {"y": 1})
