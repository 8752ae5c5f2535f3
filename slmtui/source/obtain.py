"""From what the user named to a path: what lies on the hub is fetched, because the user asked for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slmtui.events import Cancel, Service
from slmtui.source import hub_cache, samples
from slmtui.source.options import SourceOptions


def obtain(source: str, options: SourceOptions, cancel: Cancel) -> Service[tuple[Path, SourceOptions]]:
    """The path of `source`, and `options` with the base's path; hub ids of either are fetched.

    Raises:
        Failure: there is nothing of that name, here or there.
    """
    path = yield from _path(source, options, cancel)
    if options.base is not None:
        base = yield from _path(options.base, options, cancel)
        options = dataclasses.replace(options, base=str(base))
    return path, options


def _path(text: str, options: SourceOptions, cancel: Cancel) -> Service[Path]:
    identifier = None if samples.find(text.strip()) else hub_cache.asked_for(text)
    if identifier is None:
        return samples.resolve(text)
    from slmtui.source.hub import fetch  # only who fetches pays for it

    return (yield from fetch(identifier, cancel, allow_pickle=options.allow_pickle))
