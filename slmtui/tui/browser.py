"""The screens in a browser: `slmtui --serve`, through textual-serve.

Whoever reaches the page works with this user's rights, so three doors are shut that textual-serve leaves open
or ajar: another machine (it listens on loopback unless an address is given), another page in the same browser
(the `Host` and `Origin` of every request are looked at: no DNS rebinding, no WebSocket from elsewhere), and
another user of this machine (the page opens with a key that is new each time). Nothing in it is loaded from
elsewhere.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import shlex
import socket
import subprocess
import sys

import aiohttp_jinja2
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server, to_int

from slmtui.events import Failure

_WINDOWS = sys.platform == "win32"
_ENDING_SECONDS = 10
# textual-serve leaves the keyboard to the page until somebody clicks into it.
_TAKE_THE_KEYS = """<script>
addEventListener("load", () => {
  const keys = document.querySelector(".xterm-helper-textarea");
  if (keys) keys.focus();
});
</script>
</body>"""


class ScreenServer(Server):
    """Serves the screens on a socket that listens already; every open page has a slmtui of its own."""

    def __init__(self, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        self._socket = listening
        self._key = secrets.token_urlsafe(24)
        # Cookies know no ports: two of them on one machine would take each other's.
        self._cookie = f"slmtui-{port}"
        self._sessions: set[asyncio.Task[object]] = set()
        super().__init__(_command(), host=host, port=port, title="slmtui")
        everywhere = ipaddress.ip_address(host).is_unspecified
        name = socket.gethostname() if everywhere else f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{port}/?key={self._key}"

    def run(self) -> None:
        """Serve until Ctrl+C or SIGTERM."""
        web.run_app(
            self._make_app(), sock=self._socket, print=None, access_log=None, shutdown_timeout=_ENDING_SECONDS
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard())
        app.on_response_prepare.append(_add_headers)
        return app

    def _guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if not _is_ours(request.host):
                raise web.HTTPForbidden(text=f"slmtui does not answer to the name {request.host[:80]!r}.\n")
            # A browser always says where a WebSocket comes from.
            if origin != f"http://{request.host}" and (origin is not None or request.path == "/ws"):
                raise web.HTTPForbidden(text="slmtui answers its own page alone.\n")
            if request.path == "/" and self._fits(request.query.get("key", "")):
                # The key leaves the address bar, and with it the history.
                response = web.HTTPSeeOther("/")
                response.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict")
                raise response
            if not self._fits(request.cookies.get(self._cookie, "")):
                raise web.HTTPForbidden(text="Open the whole address that slmtui --serve has printed.\n")
            return await handler(request)

        return guard

    def _fits(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._key.encode())

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page; its addresses are those it was asked for by, be it localhost or 127.0.0.1."""
        context = {
            "font_size": to_int(request.query.get("fontsize", "16"), 16),
            "app_websocket_url": f"ws://{request.host}/ws",
            "config": {"static": {"url": "/static/"}},
            "application": {"name": self.title},
        }
        page = aiohttp_jinja2.render_string("app_index.html", request, context)
        return web.Response(text=page.replace("</body>", _TAKE_THE_KEYS), content_type="text/html")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One page, and the slmtui behind it."""
        session = asyncio.current_task()
        assert session is not None
        self._sessions.add(session)
        try:
            return await super().handle_websocket(request)
        finally:
            self._sessions.discard(session)

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the command line does."""

    async def on_shutdown(self, app: web.Application) -> None:
        """End every slmtui that a page has open, and wait for it."""
        open_ones = set(self._sessions)
        for session in open_ones:
            session.cancel()
        if open_ones:
            await asyncio.wait(open_ones, timeout=_ENDING_SECONDS)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one.

    Raises:
        Failure: there is no such address here, or the port is taken.
    """
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(where[:2], family=family)
    except OSError as error:
        raise Failure(
            f"slmtui cannot listen on {host}:{port}: {error.strerror or error}.",
            f"Name another port: slmtui --serve {host}:{port + 1 if 0 < port < 65535 else 8001}"
            if host_is_loopback(host)
            else "Name an address of this machine, or another port.",
        ) from error


def host_is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_ours(host: str) -> bool:
    """Whether a request may name us so: a page that had its own name led to us would name that.

    An address cannot be led anywhere, so every address will do.
    """
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.lower() in ("localhost", socket.gethostname().lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Nothing from elsewhere in the page (textual-serve asks for a font), and the page in no other."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws://{request.host}; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"


def _command() -> str:
    """What a shell has to run for the screens."""
    command = [sys.executable, "-m", "slmtui"]
    return subprocess.list2cmdline(command) if _WINDOWS else f"exec {shlex.join(command)}"
