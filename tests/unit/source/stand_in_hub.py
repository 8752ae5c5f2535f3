"""A stand-in for the Hugging Face hub on this machine: the two requests that a download makes, and refusals.

It answers as huggingface.co does, as far as huggingface_hub looks: `/api/models/ORG/NAME/revision/REV` gives
the list of files, `/ORG/NAME/resolve/COMMIT/FILE` one of them.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_secret"  # noqa: S105


@dataclass
class Hub:
    """One model, `org/tiny`, whose files are those of `folder`."""

    folder: Path
    revisions: tuple[str, ...] = ("main", "v1", COMMIT)
    gated: bool = False
    private: bool = False
    damaged: str = ""  # the name of a file that has another byte than the list says
    rate: float = 1e9  # bytes a second
    requests: list[str] = field(default_factory=list)
    address: str = ""

    def serve(self) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def listed(self) -> list[dict[str, Any]]:
        return [
            self.described(path) | {"rfilename": path.relative_to(self.folder).as_posix()}
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        ]

    def described(self, path: Path) -> dict[str, Any]:
        content = path.read_bytes()
        blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
        entry: dict[str, Any] = {"size": len(content), "blobId": blob}
        if path.suffix in (".safetensors", ".bin", ".gguf"):
            sha = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"sha256": sha, "size": len(content), "pointerSize": 130}
        return entry


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *arguments: Any) -> None:
        self.hub = hub
        super().__init__(*arguments)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not path.startswith(("/api/models/org/tiny", "/org/tiny/")) or (self.hub.private and not known):
            self._refuse(401 if self.hub.private else 404, "RepoNotFound")
        elif self.hub.gated and not known:
            self._refuse(403, "GatedRepo")
        elif path.startswith("/api/"):
            revision = path.rpartition("/revision/")[2] if "/revision/" in path else "main"
            if revision not in self.hub.revisions:
                self._refuse(404, "RevisionNotFound")
                return
            siblings = self.hub.listed()
            document = {"id": "org/tiny", "modelId": "org/tiny", "sha": COMMIT, "siblings": siblings}
            self._send(json.dumps(document).encode(), {"Content-Type": "application/json"}, with_body)
        else:
            self._file(path.partition(f"/resolve/{COMMIT}/")[2], with_body)

    def _file(self, name: str, with_body: bool) -> None:
        path = self.hub.folder / name
        if not path.is_file():
            self._refuse(404, "EntryNotFound")
            return
        entry, content = self.hub.described(path), path.read_bytes()
        if name == self.hub.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        lfs = entry.get("lfs")
        headers = {"ETag": f'"{lfs["sha256"] if lfs else entry["blobId"]}"', "X-Repo-Commit": COMMIT}
        if lfs:
            headers |= {"X-Linked-ETag": headers["ETag"], "X-Linked-Size": str(entry["size"])}
        self._send(content, headers, with_body)

    def _send(self, body: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(200)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not with_body:
            return
        step = 16384
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            if self.hub.rate < 1e9:
                time.sleep(step / self.hub.rate)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""
