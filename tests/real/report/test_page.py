"""The page in a real browser: it is shown whole, and whatever a model has said, nothing leaves it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slmtui.report.compare import compare
from slmtui.report.render import render
from tests.unit.report.made import HOSTILE, full

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed here")


class Site:
    """A page on this machine, and every request that was made of it."""

    def __init__(self) -> None:
        self.page = b""
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.page if self.path == "/" else b"")

            def log_message(self, form: str, *arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def shown(self, page: str, folder: Path) -> str:
        """The elements that the browser has made of `page`; `asked` are its requests."""
        self.page, self.asked = page.encode("utf-8"), []
        done = subprocess.run(
            [str(BROWSER), *QUIET, f"--user-data-dir={folder}", "--dump-dom", f"{self.address}/"],
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=60,
        )
        return done.stdout


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def attack(address: str) -> str:
    """Everything that would ask for something, if it became part of a page."""
    return (
        f'"><img src={address}/img onerror="fetch(\'{address}/onerror\')">'
        f'<script>fetch("{address}/fetch")</script>'
        f'<link rel=stylesheet href="{address}/css"><iframe src="{address}/frame"></iframe></style>'
        f'<style>@import "{address}/import"; body {{ background: url({address}/url) }}</style>'
        f'<meta http-equiv=refresh content="0;{address}/refresh"><svg><image href="{address}/svg"/></svg>'
    )


def test_no_request_leaves_a_page_whatever_a_model_has_said(site: Site, tmp_path: Path) -> None:
    text = HOSTILE + attack(site.address)
    report = full(text)
    shown = site.shown(render(report, "html", compare(full("other", name=text), report)), tmp_path)
    assert site.asked == ["/"]
    assert shown.count("<svg") > 5
    assert "<img" not in shown
    assert "<script" not in shown
    # Even text that became part of the page would ask for nothing: the page's own policy forbids it.
    page = render(full("NOT-OURS"), "html").replace("NOT-OURS", attack(site.address).replace("refresh", "x"))
    assert "<img" in site.shown(page, tmp_path)
    assert site.asked == ["/"]
    # And this browser does ask, where nothing forbids it.
    site.shown(
        f"<!doctype html><title>a</title><link rel=icon href=data:,>{attack(site.address)[2:]}", tmp_path
    )
    assert {"/img", "/fetch", "/css", "/frame"} <= set(site.asked)
