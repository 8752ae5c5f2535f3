"""What this machine is known to hold that is nobody's business: names, homes, secrets, as logs spell them."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import platform
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from slmtui.environment import hub_settings

# Accounts that name nobody, and words that would leave half of every log blank.
_NOBODY = {
    *("root", "system", "administrator", "admin", "user", "users", "guest", "nobody", "daemon", "default"),
    *("public", "shared", "localhost", "local", "home", "build", "runner", "python", "slmtui", "unknown"),
}
_SECRET = re.compile(
    r"TOKEN(?!S|IZER)|SECRET|PASS(?:WORD|WD|PHRASE)?(?:_|$)|(?:API|ACCESS|PRIVATE)_?KEY|CREDENTIAL|_AUTH$|_PAT$",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 6


def is_secret(name: str) -> bool:
    """Whether a variable is named like a secret."""
    return _SECRET.search(name) is not None


def secrets() -> set[str]:
    """The values of variables that are named like secrets, and the hub's token."""
    values = {hub_settings.token()}
    for name, value in os.environ.items():
        if is_secret(name) and not Path(value).is_absolute() and not re.fullmatch(r"\d{1,7}", value):
            values.add(value.strip())
    return {value for value in values if len(value) >= _SHORTEST_SECRET}


def user_names() -> set[str]:
    """The account's name as the system and the home folder have it, and the user's own name."""
    variables = ("USER", "LOGNAME", "USERNAME", "SUDO_USER")
    names = {Path.home().name, *(os.environ.get(name, "") for name in variables), *_full_names()}
    with contextlib.suppress(OSError, KeyError, ImportError):  # no account of that number
        names.add(getpass.getuser())
    return set(filter(_names_somebody, names))


def host_names() -> set[str]:
    """The machine's name, with and without its domain, and the Windows domain."""
    names = {platform.node(), *(os.environ.get(n, "") for n in ("HOSTNAME", "COMPUTERNAME", "USERDOMAIN"))}
    names |= {name.partition(".")[0] for name in names}
    return set(filter(_names_somebody, names))


def homes() -> set[str]:
    """The home folder as it is called, and where links lead; never the root of a disk."""
    named = {os.environ.get(name, "") for name in ("HOME", "USERPROFILE")}
    named.add(os.environ.get("HOMEDRIVE", "") + os.environ.get("HOMEPATH", ""))
    found = {Path.home(), *map(Path, filter(None, named))}
    found |= {Path(os.path.realpath(home)) for home in found}
    return {str(home) for home in found if home.is_absolute() and home != home.parent}


def path_spellings(path: str) -> set[str]:
    """A path with each kind of separator, as in JSON, in addresses, and as WSL and Git Bash see it."""
    forms = {path, path.replace("\\", "/"), path.replace("\\", "\\\\")}
    if re.match(r"[A-Za-z]:", path):
        rest = path[2:].replace("\\", "/")
        forms |= {f"/mnt/{path[0].lower()}{rest}", f"/{path[0].lower()}{rest}"}
    return {spelling for form in forms for spelling in spellings(form)}


def spellings(word: str) -> set[str]:
    """A word as logs have it: composed, decomposed, escaped, percent-encoded, read in a wrong encoding."""
    forms = {word, unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)}
    for form in tuple(forms):
        encoded = form.encode("utf-8", "surrogateescape")
        forms |= {quote(encoded), quote(encoded, safe=""), json.dumps(form)[1:-1]}
        if not form.isascii():
            wrong = (encoded.decode(encoding, "replace") for encoding in ("latin-1", "cp1252", "cp437"))
            forms |= {repr(encoded)[2:-1], *wrong}
    return {form for form in forms if form.strip()}


def _names_somebody(name: str) -> bool:
    """A single letter names nobody, and would be taken out of every sentence; a character may be a name."""
    name = name.strip()
    return bool(name) and name.lower() not in _NOBODY and not (name.isascii() and len(name) < 2)


def _full_names() -> Iterator[str]:
    """The user's name as people write it, and its parts."""
    full = ""
    if sys.platform == "win32":
        import ctypes

        buffer, length = ctypes.create_unicode_buffer(256), ctypes.c_ulong(256)
        if ctypes.windll.secur32.GetUserNameExW(3, buffer, ctypes.byref(length)):  # 3: NameDisplay
            full = buffer.value
    else:
        import pwd

        with contextlib.suppress(KeyError):  # no account of that number
            full = pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0]
    yield full
    yield from (part for part in full.split() if len(part) > 2 or not part.isascii())
