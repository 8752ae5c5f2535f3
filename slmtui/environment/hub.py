"""The Hugging Face hub: asked only when a model on it was chosen, and then one question."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from slmtui.environment import hub_settings
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.command import Answer, ask
from slmtui.events import Cancel

_ID, _TITLE = "hub", "Hugging Face hub"
_NEEDED = "reachable"
_SECONDS = 10.0
_LOGIN = (
    "`hf auth login`, or set HF_TOKEN to a token that may read it: https://huggingface.co/settings/tokens"
)


def hub(cancel: Cancel, model: str) -> Check:
    """Whether the hub answers and would give out `model` (`org/name`), and whether there is a token."""
    cached = hub_settings.cached(model)
    if name := hub_settings.offline():
        return _not_asked(model, f"not asked: {name} is set", f"Unset {name}.", cached)
    address = hub_settings.endpoint()
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return _not_asked(model, "HF_ENDPOINT is no address", "Correct or unset HF_ENDPOINT.", cached)
    answer = ask(
        Path(sys.executable),
        *("-X", "utf8", "-m", "slmtui.environment.hub_probe"),
        f"{address}/api/models/{quote(model)}",
        timeout=_SECONDS,
        cancel=cancel,
    )
    told, host = _told(answer), parts.hostname
    status = told.get("status")
    if not isinstance(status, int):
        problem = answer.problem or told.get("problem") or "gave no answer"
        fix = "Check the connection and the proxy; HF_ENDPOINT names another hub."
        return _not_asked(model, f"{host} is not reachable: {str(problem)[:200]}", fix, cached)
    return _answered(model, host, status, cached)


def _answered(model: str, host: str, status: int, cached: Path | None) -> Check:
    token = "a token is there" if hub_settings.token() else "no token"
    verdict: CheckStatus = "fail"
    if status < 400:
        return Check(
            _ID, _TITLE, "ok", f"{host} has {model}, {token}", _NEEDED, "The model comes from there."
        )
    if status in (401, 403):
        found, fix = f"{host} does not give out {model}, {token}", _LOGIN
        reason = "It is private or needs consent on its page, or there is no such model."
    elif status == 404:
        found, fix = f"{host} has no {model}, {token}", "Check the name; a private model needs a token."
        reason = "There is no such model, or only its owner may see it."
    else:
        found, fix = f"{host} answers with an error ({status}), {token}", "Try again later."
        reason = "The hub itself has a problem, or asks for fewer questions."
    if cached is not None:
        verdict, reason = "warn", f"{reason} A copy is in {cached}."
    return Check(_ID, _TITLE, verdict, found, _NEEDED, reason, fix)


def _not_asked(model: str, found: str, fix: str, cached: Path | None) -> Check:
    """No answer; that stops nothing where the model is in the hub's cache already."""
    if cached is not None:
        return Check(_ID, _TITLE, "warn", found, _NEEDED, f"{model} is here from before, in {cached}.", fix)
    return Check(_ID, _TITLE, "fail", found, _NEEDED, f"{model} would have to come from there.", fix)


def _told(answer: Answer) -> dict[str, Any]:
    try:
        data = json.loads(answer.stdout)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
