"""An earlier report, read back to be compared with; or why that file cannot be."""

from __future__ import annotations

import json
from pathlib import Path

from slmtui.events import Failure
from slmtui.report.document import FORMAT, VERSION, Report

_FIX = "Give the JSON of an earlier report: slmtui report NAME --format json --output FILE"
# A report with a suite of ten thousand long answers has less.
_MOST = 100_000_000


def read_baseline(path: Path) -> Report:
    """The report in a JSON file.

    Raises:
        Failure: it cannot be read, is cut off, or is no report; the cause says which.
    """
    try:
        if path.is_dir():
            raise Failure(f"The baseline {path} is a folder.", _FIX)
        if path.stat().st_size > _MOST:
            raise Failure(f"The baseline {path} is no report: it is far too large.", _FIX)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Failure(f"The baseline {path} cannot be read: {error.strerror or error}.", _FIX) from error
    except UnicodeDecodeError as error:
        raise Failure(f"The baseline {path} is no report: it is no UTF-8 text.", _FIX) from error
    return read_text(path, text)


def read_text(path: Path, text: str) -> Report:
    """The report in the text of the file `path`.

    Raises:
        Failure: as `read_baseline`.
    """
    if not text.strip():
        raise Failure(f"The baseline {path} is empty.", _FIX)
    if text.lstrip().startswith("<"):
        raise Failure(f"The baseline {path} is a page or Markdown, and only JSON can be compared with.", _FIX)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "it nests too deep"
        raise Failure(f"The baseline {path} is damaged or cut off: it is no JSON ({place}).", _FIX) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Failure(f"The baseline {path} is JSON, but no report of slmtui.", _FIX)
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Failure(f"The baseline {path} does not say which version of the report it is.", _FIX)
    if version > VERSION:
        raise Failure(
            f"The baseline {path} is a report of version {version}; this slmtui knows {VERSION}.",
            "A later slmtui has written it: compare with that one.",
        )
    try:
        return Report.from_json(document)
    except ValueError as error:
        raise Failure(f"The baseline {path} is damaged: {error}.", _FIX) from error
