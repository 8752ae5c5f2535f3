"""A catalog of one model, on the loopback address, for the SDK's web service to look into.

The web service answers for the models of its catalog alone, and a registered model is not in it. The SDK lets
one name the catalog's address (`catalog_urls`), so it gets this one: it names the model that is to be served,
as the public catalog names its own, and nothing goes to the network. Runs in the SDK's worker.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The end of the public catalog's address; the SDK posts its query there.
_PATH = "/asset-gallery/v1.0/models"


def entry(name: str, version: int, max_output_tokens: int) -> dict[str, Any]:
    """The catalog's words for one model: what Foundry Local's `azure_catalog_models.cc` reads of an entry."""
    asset = f"azureml://registries/local/models/{name}/versions/{version}"
    return {
        "assetId": asset,
        "entityId": asset,
        "type": "models",
        "kind": "Versioned",
        "version": str(version),
        "annotations": {
            "name": name,
            "tags": {
                "alias": name,
                "task": "chat-completion",
                "type": "ONNX",
                "maxOutputTokens": str(max_output_tokens),
            },
            "systemCatalogData": {
                "publisher": "local",
                "displayName": name,
                "maxOutputTokens": max_output_tokens,
            },
        },
        "properties": {
            "name": name,
            "version": version,
            "alphanumericVersion": str(version),
            "variantInfo": {
                "variantMetadata": {
                    "device": "cpu",
                    "executionProvider": "CPUExecutionProvider",
                    "modelType": "ONNX",
                }
            },
        },
    }


def start(name: str, version: int, max_output_tokens: int) -> str:
    """Answer every query with that one model, in a thread that ends with the process; returns the address."""
    found = {"totalCount": 1, "value": [entry(name, version, max_output_tokens)], "nextSkip": None}
    # Releases of the SDK look for the list inside the envelope, or right there.
    answer = json.dumps({"indexEntitiesResponse": found, **found}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, name="catalog", daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}{_PATH}"
