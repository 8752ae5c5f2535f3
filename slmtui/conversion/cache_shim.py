"""Olive's cache, which is used once here, without its price. For the worker alone.

Olive 0.13.0 names every model in its cache by the digest of all its files, to find it again, and copies the
result out of the cache at the end, byte for byte. Here every run has a cache of its own, in the folder that
the result is built in, and both go together. So a file goes by its name, size and time; and what is copied
out of the cache is a second name of the same file, until the cache is removed. What lies elsewhere is copied.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

_OLIVE = "0.13.0"


@contextlib.contextmanager
def spared(cache: Path) -> Iterator[None]:
    """While it lasts, Olive's cache is the folder `cache`, which is gone afterwards."""
    if metadata.version("olive-ai") != _OLIVE:
        yield
        return
    from olive import resource_path
    from olive.model.config import model_config

    copy_dir, hash_file = resource_path.copy_dir, model_config.hash_file

    def link_dir(source: str | Path, destination: str | Path, **options: Any) -> None:
        if Path(source).resolve().is_relative_to(cache.resolve()):
            options["copy_function"] = _link
        copy_dir(source, destination, **options)

    resource_path.copy_dir, model_config.hash_file = link_dir, _identity
    try:
        yield
        # A file of the result is to have one name only before anyone remembers its state.
        shutil.rmtree(cache, ignore_errors=True)
    finally:
        resource_path.copy_dir, model_config.hash_file = copy_dir, hash_file


def _link(source: str, destination: str, **_: Any) -> str:
    """A second name for a file where the disk has such a thing, else a copy."""
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)
    return destination


def _identity(file: str | Path, *_: Any, **__: Any) -> str:
    """What tells a file from every other in one run, in the form of a digest."""
    found = Path(file).stat()
    told = f"{Path(file).resolve()} {found.st_size} {found.st_mtime_ns}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
