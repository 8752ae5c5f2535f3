"""The child process in which the Foundry Local SDK runs; `sdk.py` is its client.

Requests, one JSON object a line, each with an `op`:

| op | fields | replies |
|---|---|---|
| `open` | `cache_dir`, `app_data_dir`, `logs_dir`, `serves` | `opened`: `version`, `seconds` |
| `list` | | `listed`: `models`, each with `id`, `path` (empty if it is gone) |
| `register` | `id` (`name:version`), `path`, `display_name` | `registered` |
| `unregister` | `id` | `unregistered` |
| `load` | `id` | `loaded`: `seconds`, `context_length` or null |
| `answer` | `id`, `messages`, `max_output_tokens` | `token`: `text` …, then `answered`: figures |
| `serve` | `id` | `serving`: `url`; the worker then only waits to be ended |

Instead of its reply a request may get `failed` with a `cause`, and `open` gets `unusable`. Only the SDK's
local catalog is asked: the public one would go to the network. `serve` needs a catalog, and gets one of our
own (`catalog_stub.py`).
"""

from __future__ import annotations

import os
import re
import time
from typing import Any

from slmtui import child
from slmtui.foundry import catalog_stub

# The SDK's messages begin with the place in its source: `file.cc:12 signature(…) const what happened`.
_SOURCE_PLACE = re.compile(r"\b\w+\.(?:cc|cpp|h):\d+ [^()]*\([^()]*\)(?: const)? ")


class Session:
    """One initialised SDK. The SDK is a singleton: one worker serves one cache folder."""

    def __init__(self, request: dict[str, Any]) -> None:
        import foundry_local_sdk as sdk

        self.sdk = sdk
        serving: dict[str, Any] = {}
        if serves := request.get("serves"):
            # The SDK asks its catalog by HTTP; a proxy must not stand between it and this machine.
            os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
            url = catalog_stub.start(serves["name"], serves["version"], serves["max_output_tokens"])
            web = sdk.Configuration.WebService(urls=f"http://127.0.0.1:{serves['port']}")
            serving = {"catalog_urls": [(url, None)], "web": web}
        # Every folder is named, so that nothing is written to the user's home; the telemetry that this
        # switch leaves on is off in every child of slmtui (`process.py`).
        sdk.FoundryLocalManager.initialize(
            sdk.Configuration(
                app_name="slmtui",
                app_data_dir=request["app_data_dir"],
                logs_dir=request["logs_dir"],
                model_cache_dir=request["cache_dir"],
                disable_nonessential_telemetry=True,
                **serving,
            )
        )
        self.version = str(sdk.__version__)
        self.catalog = sdk.FoundryLocalManager.instance.get_catalog(sdk.CatalogType.LOCAL)

    def list(self) -> list[dict[str, Any]]:
        """Every registered version of every model."""
        variants = [variant for model in self.catalog.list_models() for variant in model.variants]
        return [{"id": variant.id, "path": variant.get_path()} for variant in variants]

    def register(self, request: dict[str, Any]) -> None:
        """Register a folder; nothing is copied."""
        with self.sdk.ModelInfoBuilder() as metadata:
            metadata.set_string_property("task", "chat-completion")
            metadata.set_string_property("display_name", request["display_name"])
            self.catalog.register_model(request["path"], request["id"], metadata)

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Load a registered model."""
        started = time.perf_counter()
        model = self.model(request["id"])
        model.load()
        return {"seconds": time.perf_counter() - started, "context_length": model.context_length}

    def answer(self, request: dict[str, Any], link: child.Link) -> dict[str, Any]:
        """Answer a conversation, greedily, streaming the text."""
        sdk = self.sdk
        # Without a limit the SDK asks for 2,048 tokens, which a model with a short context refuses.
        limit = int(request["max_output_tokens"])
        options = sdk.RequestOptions(search=sdk.SearchOptions(temperature=0.0, max_output_tokens=limit))
        roles = {"system": sdk.MessageItem.system, "assistant": sdk.MessageItem.assistant}
        started = time.perf_counter()
        first: float | None = None
        text = ""
        with sdk.ChatSession(self.model(request["id"])) as session, sdk.Request() as asked:
            session.set_options(options)
            session.set_streaming(True)
            for message in request["messages"]:
                asked.add_item(roles.get(message["role"], sdk.MessageItem.user)(message["content"]))
            with session.process_streaming_request(asked) as stream:
                for item in stream:
                    if not isinstance(item, sdk.TextItem):
                        continue
                    first = first or time.perf_counter() - started
                    text += item.text
                    link.send("token", text=item.text)
                with stream.final_response as response:
                    usage = response.get_usage()
                    reason = response.finish_reason
        return {
            "text": text,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "ttft_seconds": first,
            "seconds": time.perf_counter() - started,
            "finish_reason": "length" if reason == sdk.FinishReason.LENGTH else "stop",
        }

    def serve(self, model_id: str) -> str:
        """Load a model of the catalog and start the web service; returns its address."""
        manager = self.sdk.FoundryLocalManager.instance
        model = manager.catalog.get_model_variant(model_id)
        if model is None:
            raise LookupError(f"the web service's catalog does not list {model_id}.")
        model.load()
        manager.start_web_service()
        return str(manager.urls[0])

    def model(self, model_id: str) -> Any:
        """The registered model of that id."""
        model = self.catalog.get_model_variant(model_id)
        if model is None:
            raise LookupError(f"{model_id} is not registered.")
        return model


def main(link: child.Link) -> None:
    """Open the SDK as the first request says, then serve the others until the pipe closes."""
    session: Session | None = None
    while (request := link.receive()) is not None:
        try:
            session = _serve(link, session, request)
        except Exception as error:
            link.send("failed" if session else "unusable", cause=_in_short(error))


def _serve(link: child.Link, session: Session | None, request: dict[str, Any]) -> Session:
    if session is None:
        started = time.perf_counter()
        session = Session(request)
        link.send("opened", version=session.version, seconds=time.perf_counter() - started)
        return session
    match request["op"]:
        case "list":
            link.send("listed", models=session.list())
        case "register":
            session.register(request)
            link.send("registered")
        case "unregister":
            session.catalog.unregister_model(request["id"])
            link.send("unregistered")
        case "load":
            link.send("loaded", **session.load(request))
        case "serve":
            link.send("serving", url=session.serve(request["id"]))
        case "answer":
            link.send("answered", **session.answer(request, link))
    return session


def _in_short(error: Exception) -> str:
    """What the SDK says, without the place in its source."""
    return _SOURCE_PLACE.sub("", str(error)).strip() or type(error).__name__


if __name__ == "__main__":
    child.run(main)
