"""The hub: asked only about a chosen model, by a server of the test's own that plays it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slmtui.environment import doctor, hub, hub_settings
from slmtui.environment.check import Check
from slmtui.events import Cancel

TOKEN = "hf_" + "madeUpForThisTest"


class FakeHub:
    """A stand-in for the hub; remembers what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.location = ""
        self.asked: list[tuple[str, str, str]] = []


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """The hub is here, and there is no token."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("TRANSFORMERS_OFFLINE", "HUGGINGFACE_HUB_CACHE", "http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf home"))

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            seen = (self.command, self.path, self.headers.get("Authorization", ""))
            fake.asked.append(seen)
            self.send_response(fake.status)
            if fake.location:
                self.send_header("Location", fake.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeHub(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", fake.url + "/")
    yield fake
    server.shutdown()
    server.server_close()


def asked() -> Check:
    return hub.hub(Cancel(), "org/name-1.5B")


def test_a_model_that_is_there_is_found_without_a_token(fake_hub: FakeHub):
    check = asked()
    assert (check.id, check.status) == ("hub", "ok")
    assert check.found == "127.0.0.1 has org/name-1.5B, no token"
    assert fake_hub.asked == [("HEAD", "/api/models/org/name-1.5B", "")]


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_token_is_used_and_never_shown(fake_hub: FakeHub, monkeypatch, place: str):
    if place == "variable":
        monkeypatch.setenv("HF_TOKEN", TOKEN)
    else:
        hub_settings.token_file().parent.mkdir(parents=True)
        hub_settings.token_file().write_text(f"{TOKEN}\n", encoding="utf-8")
    check = asked()
    assert check.found.endswith("a token is there")
    assert fake_hub.asked[0][2] == f"Bearer {TOKEN}"
    assert TOKEN not in str(check)


@pytest.mark.parametrize(
    ("status", "says", "fix"),
    [
        (401, "does not give out", "HF_TOKEN"),
        (403, "does not give out", "HF_TOKEN"),
        (404, "has no org/name", "Check the name"),
        (429, "answers with an error (429)", "later"),
        (503, "answers with an error (503)", "later"),
    ],
)
def test_what_the_hub_refuses_stops_a_deployment(fake_hub: FakeHub, status: int, says: str, fix: str):
    fake_hub.status = status
    check = asked()
    assert check.status == "fail"
    assert says in check.found
    assert fix in check.fix


def test_a_redirect_is_an_answer_and_takes_no_token_elsewhere(fake_hub: FakeHub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fake_hub.status, fake_hub.location = 307, f"{fake_hub.url}/elsewhere"
    assert asked().status == "ok"
    assert len(fake_hub.asked) == 1


def test_a_hub_that_cannot_be_reached_is_told(fake_hub: FakeHub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    check = asked()
    assert check.status == "fail"
    assert check.found.startswith("127.0.0.1 is not reachable: ")
    assert "HF_ENDPOINT" in check.fix


def test_a_hub_that_hangs_is_not_waited_for(fake_hub: FakeHub, monkeypatch):
    import socket

    monkeypatch.setattr(hub, "_SECONDS", 1.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        check = asked()
    assert "gave no answer within 1.5 s" in check.found


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_who_wants_to_stay_offline_is_not_asked_about(fake_hub: FakeHub, monkeypatch, variable: str):
    monkeypatch.setenv(variable, "1")
    check = asked()
    assert (check.status, check.found) == ("fail", f"not asked: {variable} is set")
    assert fake_hub.asked == []


def test_a_copy_in_the_hubs_cache_makes_up_for_an_answer(fake_hub: FakeHub, monkeypatch):
    snapshots = hub_settings.home() / "hub" / "models--org--name-1.5B" / "snapshots"
    (snapshots / "0123abc").mkdir(parents=True)
    fake_hub.status = 401
    assert asked().status == "warn"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    check = asked()
    assert check.status == "warn"
    assert str(snapshots) in check.reason


@pytest.mark.parametrize("address", ["file:///etc/passwd", "hub", "ftp://hub.example.org"])
def test_an_endpoint_that_is_no_address_is_told(fake_hub: FakeHub, monkeypatch, address: str):
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert asked().found == "HF_ENDPOINT is no address"


def test_credentials_in_the_address_are_not_shown(fake_hub: FakeHub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", fake_hub.url.replace("://", "://me:hunter2@"))
    assert "hunter2" not in str(asked())


def test_the_page_asks_the_hub_only_when_a_model_on_it_is_chosen(fake_hub: FakeHub):
    assert "hub" not in {check.id for check in doctor.checks()}
    assert fake_hub.asked == []
    found = {check.id: check for check in doctor.checks(model_on_hub="org/name-1.5B")}
    assert found["hub"].status == "ok"
    assert len(fake_hub.asked) == 1
