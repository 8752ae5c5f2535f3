"""The conversations of all models, one JSON file each, saved as they happen and searchable."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slmtui.config.files import remove, write_atomic
from slmtui.config.locations import data_dir
from slmtui.events import Failure
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.conversation_json import from_json, to_json

_ID = re.compile(r"[0-9a-f]{16}")
_AROUND = 40


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that a search has found: the turn (from 0) and the words around the first hit."""

    conversation: Conversation
    turn: int
    excerpt: str


def folder() -> Path:
    """Where they are kept."""
    return data_dir() / "conversations"


def save(conversation: Conversation) -> None:
    """Write it to its file, whole or not at all; an empty one is not kept.

    Raises:
        Failure: the file cannot be written.
    """
    if conversation.turns or conversation.system:
        write_atomic(_file(conversation.id), to_json(conversation))


def load(conversation_id: str) -> Conversation:
    """The conversation with that id.

    Raises:
        Failure: there is none, or its file is damaged.
    """
    path = _file(conversation_id)
    try:
        # The file's name counts: one that was copied by hand is another conversation.
        return dataclasses.replace(from_json(path.read_bytes()), id=conversation_id)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(f"{path} cannot be read: {reason}.", "Choose another conversation.") from error
    except Failure as failure:
        raise Failure(f"{path} is damaged. {failure.cause}", "Mend or delete that file.") from failure


def saved(model_dir: Path | None = None, most: int | None = None) -> tuple[list[Conversation], list[Failure]]:
    """Those with a model, or all of them, the latest changed first; and what is wrong with damaged ones.

    Hundreds take seconds to read: with `most` no more than so many are, the files written last.
    """
    found: list[Conversation] = []
    damaged: list[Failure] = []
    for path in sorted(folder().glob("*.json"), key=_written, reverse=True):
        if not _ID.fullmatch(path.stem):
            continue
        if most is not None and len(found) >= most:
            break
        try:
            conversation = load(path.stem)
        except Failure as failure:
            damaged.append(failure)
            continue
        if model_dir is None or conversation.model_dir == str(model_dir):
            found.append(conversation)
    return sorted(found, key=lambda one: one.changed, reverse=True), damaged


def search(
    words: str, model_dir: Path | None = None, among: Sequence[Conversation] | None = None
) -> list[Found]:
    """Conversations that hold all the words in one turn or in their title, the latest changed first.

    Case and accents do not matter. Without words every conversation is found. `among` these, which were read
    before, it takes no files.
    """
    wanted = _folded(words).split()
    hits = []
    for conversation in saved(model_dir)[0] if among is None else among:
        if model_dir is not None and conversation.model_dir != str(model_dir):
            continue
        texts = [f"{turn.question}\n{turn.text}" for turn in conversation.turns] or [""]
        texts[0] = f"{conversation.title}\n{texts[0]}" if conversation.title else texts[0]
        for index, text in enumerate(texts):
            folded = _folded(text) if wanted else ""
            if all(word in folded for word in wanted):
                hits.append(Found(conversation, index, _excerpt(text, wanted)))
                break
    return hits


def delete(conversation_id: str) -> None:
    """Forget a conversation for good.

    Raises:
        Failure: its file cannot be deleted.
    """
    remove(_file(conversation_id))


def _file(name: str) -> Path:
    if not _ID.fullmatch(name):
        raise Failure(f"{name!r} is no conversation's id.", "Choose one from the list.")
    return folder() / f"{name}.json"


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # deleted meanwhile
        return 0.0


def _folded(text: str) -> str:
    """`text` without case and accents; as long as `text` for what people search in."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _excerpt(text: str, words: list[str]) -> str:
    lower = text.casefold()
    at = min((lower.find(word) for word in words if word in lower), default=0)
    start = max(0, at - _AROUND)
    cut = " ".join(text[start : at + 2 * _AROUND].split())
    return ("…" if start else "") + cut + ("…" if at + 2 * _AROUND < len(text) else "")
