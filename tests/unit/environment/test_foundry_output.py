"""Recorded answers of both generations of the `foundry` command are understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.environment import foundry_output as output

CLASSIC_LIST = """\
Models cached on device:
   Alias                                             Model ID
[10:50:17 ERR] Failed to process model #0 on page 1.
💾 phi-4-mini                                        Phi-4-mini-instruct-generic-gpu:5
💾 qwen2.5-0.5b                                      qwen2.5-0.5b-instruct-generic-cpu:3
💾 fernlight:1                                       fernlight:1
💾 Model was not found in cataloglisa-3.2
"""


def test_a_classic_list_gives_its_ids_custom_models_too():
    assert output.cached_models(CLASSIC_LIST) == [
        "Phi-4-mini-instruct-generic-gpu:5",
        "qwen2.5-0.5b-instruct-generic-cpu:3",
        "fernlight:1",
        "lisa-3.2",
    ]


@pytest.mark.parametrize("symbol", ["??", "\ufffd\ufffd", "ðŸ’¾", "鐠", "*"])
def test_the_symbol_of_a_classic_row_may_be_garbled(symbol: str):
    assert output.cached_models(CLASSIC_LIST.replace("💾", symbol))[0] == "Phi-4-mini-instruct-generic-gpu:5"


@pytest.mark.parametrize("symbol", ["??", "\ufffd\ufffd", "ðŸ’¾", "鐠", "*"])
def test_a_garbled_row_of_a_custom_model_still_gives_its_id(symbol: str):
    assert "lisa-3.2" in output.cached_models(CLASSIC_LIST.replace("💾", symbol))


@pytest.mark.parametrize("text", ["No models cached on device\n", '{"models": []}', "[]"])
def test_an_empty_cache_is_an_empty_list(text: str):
    assert output.cached_models(text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"models": [{"alias": "qwen", "id": "qwen-cpu:3", "cached": true}, {"alias": "mine"}]}',
        'Loading…\n[3] ready\n{"models": [{"alias": "qwen", "modelId": "qwen-cpu:3"}, {"id": "mine"}]}\n',
        '[{"id": "qwen-cpu:3"}, {"id": "mine"}, {}]',
    ],
)
def test_a_modern_list_gives_its_ids(text: str):
    assert output.cached_models(text) == ["qwen-cpu:3", "mine"]


@pytest.mark.parametrize("text", ["", "Hello", "\x00\x01", '{"error": "no"}', '{"models": 3}', "[1, 2]"])
def test_what_is_no_list_is_not_taken_for_an_empty_one(text: str):
    assert output.cached_models(text) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("💾 Cache directory path: /Users/a b/.foundry/cache/models\n", "/Users/a b/.foundry/cache/models"),
        ("?? Cache directory path: C:\\Users\\海\\.foundry\\cache\n", "C:\\Users\\海\\.foundry\\cache"),
        ('{"path": "/models", "userSet": false}', "/models"),
        ('Starting…\n{"path": "C:\\\\models", "userSet": true}', "C:\\models"),
        ("Cache location: /models", "/models"),
    ],
)
def test_the_cache_location_is_read(text: str, path: str):
    assert output.cache_location(text) == Path(path)


@pytest.mark.parametrize("text", ["", "Hello", '{"path": ""}', '{"path": 3}', "{}"])
def test_what_is_no_location_gives_none(text: str):
    assert output.cache_location(text) is None


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("🟢 Model management service is running on http://127.0.0.1:5273/openai/status", True),
        (
            "🔴 Model management service is not running!\nTo start the service, run: foundry service start",
            False,
        ),
        ('{"running":false,"state":"not_running"}', False),
        ('{"running":false,"state":"initializing"}', False),
        ('{"running":true,"state":"ready","pid":2828,"webUrls":["http://127.0.0.1:58082"]}', True),
        ("", None),
        ("Hello", None),
    ],
)
def test_the_servers_state_is_read(text: str, state: bool | None):
    assert output.running(text) is state
