"""Models of the hub, against a stand-in for it on this machine: fetched whole or not at all, if asked for."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from slmtui.events import Cancel, Cancelled, Failure, LogLine, Progress, drain
from slmtui.source import hub, hub_cache, samples
from slmtui.source.hub_cache import HubId
from slmtui.source.hub_files import HubFile, choose
from slmtui.source.inspect import inspect
from slmtui.source.obtain import obtain
from slmtui.source.options import SourceOptions
from tests.waiting import LONG_BEFORE


def _stand_in():
    path = Path(__file__).with_name("stand_in_hub.py")
    spec = importlib.util.spec_from_file_location("stand_in_hub", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["stand_in_hub"] = module
    spec.loader.exec_module(module)
    return module


stand_in = _stand_in()


@pytest.fixture
def the_hub(checkpoint, monkeypatch, tmp_path) -> Iterator:
    """The stand-in serves the checkpoint; the user's environment names it, and knows no other hub."""
    made = stand_in.Hub(checkpoint.folder)
    server = made.serve()
    for variable in list(os.environ):
        if variable.startswith(("HF_", "HUGGING")) or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HF_ENDPOINT", made.address)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.chdir(tmp_path)
    yield made
    server.shutdown()
    server.server_close()


TINY = HubId("org/tiny")


def left_over() -> list[Path]:
    folder = hub_cache.ours()
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_model_comes_whole_and_is_then_here_without_the_hub(the_hub, checkpoint):
    events = []
    service = hub.fetch(TINY, Cancel())
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            folder = end.value
            break
    assert {path.name for path in folder.iterdir()} == {path.name for path in checkpoint.folder.iterdir()}
    for path in checkpoint.folder.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()
    stages = [event.stage for event in events if isinstance(event, Progress)]
    assert list(dict.fromkeys(stages)) == ["ask", "download", "check"]
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    source = inspect(folder)
    assert (source.name, source.problems) == ("tiny", ())
    before = len(the_hub.requests)
    assert samples.resolve("org/tiny") == folder
    assert len(the_hub.requests) == before, "resolving a name asks nobody"
    assert not any("telemetry" in request for request in the_hub.requests)


def test_what_is_here_is_not_downloaded_again(the_hub):
    folder = drain(hub.fetch(TINY, Cancel()))
    before = len(the_hub.requests)
    assert drain(hub.fetch(HubId("org/tiny", "v1"), Cancel())) == folder
    assert len(the_hub.requests) == before + 1


def test_a_name_that_is_typed_is_fetched_and_a_path_is_not(the_hub, tmp_path):
    path, _ = drain(obtain("org/tiny@v1", SourceOptions(), Cancel()))
    assert path.name == stand_in.COMMIT
    (tmp_path / "clients").mkdir()
    before = len(the_hub.requests)
    for typed in ("clients/secret", "./org/tiny", "/org/tiny", "org"):
        with pytest.raises(Failure):
            drain(obtain(typed, SourceOptions(), Cancel()))
    assert len(the_hub.requests) == before


def test_the_users_own_token_opens_a_private_model(the_hub, monkeypatch, tmp_path):
    the_hub.private = True
    with pytest.raises(Failure, match="private") as failure:
        drain(hub.fetch(TINY, Cancel()))
    assert "HF_TOKEN" in failure.value.fix
    monkeypatch.setenv("HF_TOKEN", stand_in.TOKEN)
    assert (drain(hub.fetch(TINY, Cancel())) / "model.safetensors").is_file()


def test_the_token_of_a_login_is_used_too(the_hub, tmp_path):
    the_hub.gated = True
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text(stand_in.TOKEN)
    assert (drain(hub.fetch(TINY, Cancel())) / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("wanted", "change", "words"),
    [
        (HubId("org/none"), {}, "no model org/none"),
        (HubId("org/tiny", "v9"), {}, "no revision v9"),
        (TINY, {"gated": True}, "is gated"),
        (TINY, {"damaged": "model.safetensors"}, "has another checksum"),
        (TINY, {"damaged": "config.json"}, "has another checksum"),
    ],
)
def test_a_refusal_is_told_in_plain_words_and_leaves_nothing(the_hub, wanted, change, words):
    for name, value in change.items():
        setattr(the_hub, name, value)
    with pytest.raises(Failure, match=words) as failure:
        drain(hub.fetch(wanted, Cancel()))
    assert failure.value.fix
    assert left_over() == []


def test_without_a_connection_it_says_so_or_takes_what_is_here(the_hub, monkeypatch):
    folder = drain(hub.fetch(TINY, Cancel()))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    lines = [event.text for event in hub.fetch(TINY, Cancel()) if isinstance(event, LogLine)]
    assert any("that is here already is taken" in line for line in lines)
    assert drain(hub.fetch(TINY, Cancel())) == folder
    with pytest.raises(Failure, match="cannot be reached"):
        drain(hub.fetch(HubId("org/other"), Cancel()))


def test_a_hub_that_takes_the_call_and_says_nothing_is_given_up(the_hub, monkeypatch):
    monkeypatch.setattr(hub, "_PATIENCE_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(Failure, match="cannot be reached from here"):
            drain(hub.fetch(TINY, Cancel()))
    assert time.monotonic() - started < LONG_BEFORE


def test_a_hub_that_was_switched_off_is_said_so(the_hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Failure, match="HF_HUB_OFFLINE is set"):
        drain(hub.fetch(TINY, Cancel()))
    assert the_hub.requests == []


def test_cancelling_ends_it_and_leaves_nothing(the_hub, checkpoint):
    checkpoint.weigh({"big": np.zeros(9_000_000, np.float32)}, "model-extra.safetensors")
    the_hub.rate = 36e6  # huggingface_hub writes ten megabytes at a time
    cancel = Cancel()
    service = hub.fetch(TINY, cancel)
    next(e for e in service if isinstance(e, Progress) and e.stage == "download" and (e.fraction or 0) > 0.05)
    threading.Timer(0.05, cancel.set).start()
    with pytest.raises(Cancelled):
        drain(service)
    assert left_over() == []


def test_a_name_of_the_users_own_hub_cache_needs_no_download(the_hub, checkpoint, tmp_path):
    cache = tmp_path / "hf" / "hub" / "models--org--mine"
    snapshot = cache / "snapshots" / stand_in.COMMIT
    snapshot.parent.mkdir(parents=True)
    checkpoint.folder.rename(snapshot)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(stand_in.COMMIT)
    assert samples.resolve("org/mine") == snapshot
    assert the_hub.requests == []


# Which files


def files(*names: str) -> list[HubFile]:
    return [HubFile(name, 1) for name in names]


def test_only_what_a_conversion_reads_is_downloaded():
    given = files(
        "config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5", "onnx/model.onnx",
        "README.md", "tokenizer.json", "consolidated.safetensors", "modeling_x.py", "../evil.py",
        "runs/log.json", "LICENSE",
    )  # fmt: skip
    chosen = [file.name for file in choose(TINY, given, allow_pickle=True)]
    assert chosen == [
        "LICENSE", "README.md", "config.json", "model.safetensors", "modeling_x.py", "tokenizer.json",
    ]  # fmt: skip


def test_pickled_weights_are_downloaded_only_after_a_yes():
    given = files("config.json", "pytorch_model.bin", "training_args.bin")
    with pytest.raises(Failure, match="nothing was downloaded") as failure:
        choose(TINY, given, allow_pickle=False)
    assert "--allow-pickle" in failure.value.fix
    chosen = [file.name for file in choose(TINY, given, allow_pickle=True)]
    assert chosen == ["config.json", "pytorch_model.bin"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a.Q4.gguf", "README.md"), "GGUF files"),
        (("README.md",), "no checkpoint"),
        (("config.json", "tf_model.h5"), "no weights"),
    ],
)
def test_a_repository_of_another_kind_says_what_it_is(names, words):
    with pytest.raises(Failure, match=words) as failure:
        choose(TINY, files(*names), allow_pickle=True)
    assert failure.value.fix


@pytest.mark.parametrize(
    ("text", "repository", "revision"),
    [
        ("org/name", "org/name", None),
        ("org/name@v1.0", "org/name", "v1.0"),
        ("https://huggingface.co/org/name", "org/name", None),
        ("https://huggingface.co/org/name/tree/refs/pr/3", "org/name", "refs/pr/3"),
    ],
)
def test_a_hub_id_is_read_in_all_its_forms(text, repository, revision):
    assert hub_cache.parse(text) == HubId(repository, revision)


@pytest.mark.parametrize("text", ["name", "a/b/c", "../x", "org/..", "org/name@../../x", "C:\\models\\x", ""])
def test_what_is_no_hub_id_is_taken_for_none(text):
    assert hub_cache.parse(text) is None
