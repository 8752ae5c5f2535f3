"""Reading what the `foundry` command prints: JSON of the modern generation, text of the classic one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_LOCATION = re.compile(r"(?:path|location)\s*:\s*(\S.*)", re.IGNORECASE)
# A custom model has no alias; the classic list then prints this in its place, run into the id.
_NO_ALIAS = "Model was not found in catalog"
_MODEL_ID = re.compile(r"[\w][\w.@/+-]*(?::\d+)?")
# In front of a line of a chat: a robot, a coloured light, a prompt. `\w` takes letters of every script.
_SYMBOLS = re.compile(r"^[^\w\"'(\[<]+")
_CHAT_HINT = re.compile(
    r"^interactive (?:chat|mode)|/exit|/help|ctrl\+c|^\W*(?:loading|starting|downloading|unloading) |"
    r"loaded successfully|is (?:running|started) (?:on|at) ",
    re.IGNORECASE,
)
_ANSWER_KEYS = ("choices", "message", "content", "text", "response", "completion", "output", "answer")
_ID_KEYS = ("id", "modelId", "model_id", "variantId", "name", "alias")


def cache_location(text: str) -> Path | None:
    """The folder in an answer to `cache location`.

    `{"path": "…", "userSet": false}`, or `💾 Cache directory path: …` (the symbol may be garbled).
    """
    data = _json(text)
    if isinstance(data, dict):
        path = data.get("path")
        return Path(path) if isinstance(path, str) and path.strip() else None
    match = _LOCATION.search(text)
    return Path(match[1].strip()) if match else None


def cached_models(text: str) -> list[str] | None:
    """The model ids in an answer to `cache list`, in its order; None if it is no such answer.

    `{"models": [{"alias": …, "id": …}]}`, or a heading, `Alias  Model ID` and a row for each model.
    """
    data = _json(text)
    if isinstance(data, dict):
        data = data.get("models")
    if isinstance(data, list):
        ids = [
            next((item[k] for k in _ID_KEYS if item.get(k)), None) for item in data if isinstance(item, dict)
        ]
        return [str(found) for found in ids if found]
    if re.search(r"no models? cached", text, re.IGNORECASE):
        return []
    lines = text.splitlines()
    start = next(
        (i for i, line in enumerate(lines) if re.search(r"alias\s+model id", line, re.IGNORECASE)), None
    )
    if start is None:
        return None
    return [found for line in lines[start + 1 :] if (found := _row(line))]


def chat_answer(text: str, question: str) -> str:
    """What a model has answered in the printed record of `model run` or `run`, on one line; empty if nothing.

    Around the answer stand symbols, the prompt, the echo of what was typed, and hints on how to leave.
    """
    said = (line for line in text.splitlines() if not _CHAT_HINT.search(line))
    lines = (_SYMBOLS.sub("", line).strip() for line in said)
    words = [line for line in lines if line and line != question.strip()]
    return " ".join(" ".join(words).split())


def model_answer(text: str, question: str) -> str:
    """The answer in what `complete`, `model run` or `run` printed, on one line; empty if there is none.

    For `complete -o json` the documentation names no keys: the ones such programs use are looked for,
    OpenAI's among them, and JSON without any of them is no answer.
    """
    if not text.lstrip().startswith(("{", "[{")):
        return chat_answer(text, question)
    data = _json(text)
    for _ in range(4):  # {"choices": [{"message": {"content": …}}]} is four deep
        if isinstance(data, list):
            data = data[0] if data else None
        if not isinstance(data, dict):
            break
        data = next((data[key] for key in _ANSWER_KEYS if data.get(key)), None)
    return " ".join(data.split()) if isinstance(data, str) else ""


def running(text: str) -> bool | None:
    """Whether an answer to `server status` or `service status` says that it runs; None if it does not say."""
    data = _json(text)
    if isinstance(data, dict) and isinstance(data.get("running"), bool):
        return bool(data["running"])
    if re.search(r"not[_ ]running|\bstopped\b", text, re.IGNORECASE):
        return False
    return True if re.search(r"\b(running|started) on\b", text, re.IGNORECASE) else None


def _row(line: str) -> str:
    """The model id at the end of one row, whose symbol in front may be garbled; empty for other lines."""
    _, without_alias, found = line.partition(_NO_ALIAS)
    columns = re.split(r"\s{2,}", line.strip())
    if not without_alias:
        if len(columns) < 2:
            return ""  # a log line or a rule between the rows
        found = columns[-1]
    return found.strip() if _MODEL_ID.fullmatch(found.strip()) else ""


def _json(text: str) -> Any:
    """The first JSON object or array in `text`, which may have log lines around it; None if there is none."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r"[{\[]", text):
        try:
            data = decoder.raw_decode(text, match.start())[0]
        except ValueError:
            continue
        if isinstance(data, dict) or all(isinstance(item, dict) for item in data):
            return data  # `[3] text` of a log line is none
    return None
