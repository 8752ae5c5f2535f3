"""The screens in a browser: the real server, real clients, and Chromium where it is installed."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 90


class Served:
    """`slmtui --serve` at work."""

    def __init__(self, *where: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "slmtui", "--serve", *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self.process.stderr is not None
        self.said = ""
        for line in self.process.stderr:
            self.said += line
            if line.startswith("slmtui is open at "):
                break
        self.address = self.said.split()[-1]
        self.root, _, self.key = self.address.partition("?key=")

    @property
    def port(self) -> int:
        return int(self.root.rstrip("/").rpartition(":")[2])

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def slmtuis(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLMTUI_HOME", str(tmp_path_factory.mktemp("served")))
        server = Served("127.0.0.1:0")
        yield server
        server.process.kill()
        server.process.wait(PATIENCE)


@asynccontextmanager
async def visitor(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that has opened the whole address, as a browser does."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(served.address) as page:
            assert page.status == 200
            assert "key=" not in str(page.url)
            assert "terminal" in await page.text()
        yield session


async def drawn(page: aiohttp.ClientWebSocketResponse) -> None:
    """Wait until the first screen is there."""
    said = b""
    async with asyncio.timeout(PATIENCE):
        while b"fernlight" not in said:
            said += await page.receive_bytes()


async def test_the_page_draws_the_screens_takes_keys_and_ends_its_slmtui(served: Served) -> None:
    async with visitor(served) as session:
        origin = {"Origin": served.root.rstrip("/")}
        address = served.root.replace("http:", "ws:") + "ws?width=100&height=30"
        async with session.ws_connect(address, headers=origin) as page:
            await drawn(page)
            (own,) = [one for one in served.slmtuis() if "slmtui" in one.cmdline()]
            await page.send_json(["stdin", "\x11"])  # Ctrl+Q
            async with asyncio.timeout(PATIENCE):
                while (await page.receive()).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                    pass
        await asyncio.to_thread(psutil.wait_procs, [own], PATIENCE)
        assert not own.is_running()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Host": "elsewhere.example", "Origin": "http://elsewhere.example"},
        {},
    ],
    ids=["another page", "a sandboxed page", "a name led to this machine", "no origin"],
)
async def test_no_other_page_drives_it(served: Served, headers: dict[str, str]) -> None:
    async with visitor(served) as session:
        before = served.slmtuis()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(served.root.replace("http:", "ws:") + "ws", headers=headers)
        assert refused.value.status == 403
        assert served.slmtuis() == before


async def test_a_page_from_elsewhere_reads_nothing(served: Served) -> None:
    async with visitor(served) as session:
        for headers in ({"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}):
            for path in ("", "static/js/textual.js", f"?key={served.key}"):
                async with session.get(served.root + path, headers=headers, allow_redirects=False) as answer:
                    assert answer.status == 403
                    assert not answer.cookies


async def test_without_the_key_of_this_time_it_stays_shut(served: Served) -> None:
    own = {"Origin": served.root.rstrip("/")}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        for path in ("", "?key=", "?key=wrong", "static/js/textual.js", "download/x"):
            async with session.get(served.root + path) as answer:
                assert answer.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(served.root.replace("http:", "ws:") + "ws", headers=own)


async def test_localhost_is_as_good_a_name(served: Served) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(served.address.replace("127.0.0.1", "localhost")) as page:
            assert f'"ws://localhost:{served.port}/ws"' in await page.text()
            policy = page.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


async def test_it_listens_on_loopback_alone(served: Served) -> None:
    listening = [
        c.laddr.ip for c in psutil.Process(served.process.pid).net_connections() if c.status == "LISTEN"
    ]
    assert listening == ["127.0.0.1"]


def test_a_port_that_is_taken_is_said_with_another_one(served: Served) -> None:
    done = serve(f"127.0.0.1:{served.port}")
    assert done.returncode == 1
    assert f"error: slmtui cannot listen on 127.0.0.1:{served.port}" in done.stderr
    assert f"fix: Name another port: slmtui --serve 127.0.0.1:{served.port + 1}" in done.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import importlib.util, sys\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name == 'textual_serve' else real(name, *a)\n"
        "from slmtui.cli import main\n"
        "sys.exit(main(['--serve']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE
    )
    assert done.returncode == 1
    assert "fix: pip install 'slmtui[web]'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a child without a signal it can hear")
def test_beyond_loopback_only_with_a_warning_and_its_end_leaves_nothing(tmp_path: Path) -> None:
    everywhere = Served("0.0.0.0:0")
    assert "warning: 0.0.0.0 may be reached from other machines" in everywhere.said
    assert socket.gethostname() in everywhere.address

    async def open_a_page() -> list[psutil.Process]:
        here = everywhere.address.replace(socket.gethostname(), "127.0.0.1")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.get(here):
                pass
            root = here.partition("?")[0]
            own = {"Origin": root.rstrip("/")}
            async with session.ws_connect(root.replace("http:", "ws:") + "ws", headers=own) as page:
                await drawn(page)
                begun = everywhere.slmtuis()
                assert begun
                # A browser answers a page's end by itself; this client does while it reads.
                ending = asyncio.create_task(asyncio.to_thread(everywhere.end))
                while (await page.receive()).type is aiohttp.WSMsgType.BINARY:
                    pass
                assert await ending == 0
                return begun

    left = psutil.wait_procs(asyncio.run(open_a_page()), timeout=PATIENCE)[1]
    assert left == []


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slmtui", "--serve", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
async def test_chromium_shows_it_types_into_it_and_asks_nobody_else(served: Served, tmp_path: Path) -> None:
    async with chromium(tmp_path) as page:
        await page.ask("Network.enable")
        await page.ask("Page.navigate", url=served.address)
        await page.until("document.body.classList.contains('-first-byte')")
        assert await page.value("location.search") == ""
        # The keys go to slmtui without a click.
        await page.ask("Input.dispatchKeyEvent", type="rawKeyDown", key="q", code="KeyQ", modifiers=2,
                       windowsVirtualKeyCode=81)  # fmt: skip
        await page.until("document.body.classList.contains('-closed')")
        ours = (served.root, "data:", "blob:")
        answered = [one["response"]["url"] for one in page.said("Network.responseReceived")]
        assert answered
        assert all(url.startswith(ours) for url in answered), answered
        elsewhere = {
            one["requestId"]
            for one in page.said("Network.requestWillBeSent")
            if not one["request"]["url"].startswith(ours)
        }
        blocked = {
            one["requestId"]
            for one in page.said("Network.loadingFailed")
            if one.get("blockedReason") == "csp"
        }
        assert elsewhere <= blocked, "something would be loaded from elsewhere"


class Page:
    """A page of Chromium, spoken to in its own protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.events: list[dict[str, Any]] = []

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        while True:
            said = json.loads(await self._socket.receive_str(timeout=PATIENCE))
            if said.get("id") == self._number:
                assert "error" not in said, said
                return dict(said["result"])
            if "method" in said:
                self.events.append(said)

    def said(self, event: str) -> list[dict[str, Any]]:
        """What Chromium has told of one kind of event."""
        return [one["params"] for one in self.events if one["method"] == event]

    async def value(self, expression: str) -> Any:
        return (await self.ask("Runtime.evaluate", expression=expression))["result"].get("value")

    async def until(self, expression: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await self.value(expression):
                await asyncio.sleep(0.1)


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    assert CHROMIUM is not None
    process = subprocess.Popen(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--window-size=1200,800", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = folder / "DevToolsActivePort"
        until = time.monotonic() + PATIENCE
        while not (port.is_file() and port.read_text().strip()):
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port.read_text().split()[0]}/json") as answer:
                pages = [one for one in await answer.json() if one["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        for one in (*psutil.Process(process.pid).children(recursive=True), process):
            one.kill()
        process.wait(PATIENCE)
