"""The SDK's list of models as it was before slmtui came, put back once nothing of slmtui's is in it.

The SDK writes its list anew with every change: in its own layout, and without what it does not know. A list
that somebody laid out by hand, or another release wrote, would not be the same bytes after an undeployment,
although it says the same. So its bytes are kept in the ledger with the first deployment into a cache folder,
and put back with the last undeployment, unless somebody else has changed what the list says meanwhile.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from slmtui.config.files import write_bytes_atomic
from slmtui.events import Failure
from slmtui.foundry import ledger
from slmtui.foundry.index import INDEX


def keep(cache_dir: Path) -> None:
    """Keep the list's bytes, unless something of slmtui's is in it already."""
    if _ours(cache_dir):
        return
    before = _content(cache_dir)
    if before != ledger.read().index_of(cache_dir):
        ledger.keep_index(cache_dir, before)


def put_back(cache_dir: Path) -> bool:
    """Put the bytes back; while something of slmtui's is in the list, nothing is done.

    Returns:
        Whether the list is byte for byte as it was.
    """
    if _ours(cache_dir) or (before := ledger.read().index_of(cache_dir)) is None:
        return False
    now = _content(cache_dir)
    if now is not None and now != before and _says_the_same(before, now):
        with suppress(Failure):  # the SDK's own bytes say the same, so nobody is worse off
            write_bytes_atomic(cache_dir / INDEX, before)
            now = before
    return now == before


def forget(cache_dir: Path) -> None:
    """Forget the bytes; last of all, so that a killed slmtui can still put them back."""
    if ledger.read().index_of(cache_dir) is not None:
        ledger.keep_index(cache_dir, None)


def _ours(cache_dir: Path) -> bool:
    return any(e.cache_dir == cache_dir and e.state != "partial" for e in ledger.read().entries)


def _content(cache_dir: Path) -> bytes | None:
    try:
        return (cache_dir / INDEX).read_bytes()
    except OSError:
        return None


def _says_the_same(before: bytes, now: bytes) -> bool:
    try:
        return _models(before) == _models(now) or _agree(_models(before), _models(now))
    except (ValueError, LookupError, TypeError):
        return False


def _models(content: bytes) -> dict[str, Any]:
    models = json.loads(content)["models"]
    return {str(model["model_info"]["id"]): model for model in models}


def _agree(before: Any, now: Any, *, whole: bool = True) -> bool:
    """The same models, and the same of all that both say of one: the SDK leaves out what it does not know."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return bool(before == now)
    if whole and before.keys() != now.keys():
        return False
    return all(_agree(before[key], now[key], whole=False) for key in before.keys() & now.keys())
