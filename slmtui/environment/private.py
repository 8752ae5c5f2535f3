"""Takes out of a text what is nobody's business: names, home folders, the machine's name, secrets.

Nothing here is clever about what a text means. What this machine is known to hold is taken out wherever it
stands, in every spelling that logs have; of other people's, what looks like it. Too much taken out costs a
word, too little a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from slmtui.environment import private_words as words

_Rule: TypeAlias = tuple[re.Pattern[str], str]

_KEY, _KEY_END = r"-----BEGIN [A-Z ]*PRIVATE KEY-----", r"-----END [A-Z ]*PRIVATE KEY-----"
_KINDS = r"(?:bearer|basic|token|digest|negotiate|apikey)"
_PREFIXES = r"(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|dckr_pat_|sk-|xox[a-z]-)"
_NAMES = r"(?:token|secret|passw(?:or)?d|passphrase|(?:api|access)[_-]?key|credentials?|signature)"
_HARMLESS = r"[<(\[{]|(?:None|null|true|false)\b"
# What is told by its look: pattern, flags, and what stands there instead.
_LOOKS: tuple[_Rule, ...] = tuple(
    (re.compile(pattern, flags), instead)
    for pattern, flags, instead in (
        (rf"{_KEY}.*?(?:{_KEY_END}|\Z)", re.S, "<key>"),
        # A log that is cut in the middle of a key begins with its rest.
        (rf"\A(?:(?!-----BEGIN).)*?{_KEY_END}", re.S, "<key>"),
        # user:password@ or token@ of an address; passwords may have slashes in them.
        (r"(?<=://)[^\s/?#\"'<>\\]*@", 0, "<credentials>@"),
        (r"(?<=://)[^\s/:@\"'<>]+:[^\s@\"'<>]*@", 0, "<credentials>@"),
        (
            rf"(?P<head>\b(?:proxy-)?authorization\b\W{{1,6}})(?:{_KINDS}\s+)?[^\s\"',;}}\]]+",
            re.I,
            r"\g<head><secret>",
        ),
        (rf"(?P<head>\b{_KINDS}\s+)[A-Za-z0-9._~+/=-]{{12,}}", re.I, r"\g<head><secret>"),
        (r"(?P<head>\b(?:set-)?cookie\b\W{1,6})[^\r\n\"']+", re.I, r"\g<head><secret>"),
        (r"\bhf_[A-Za-z0-9]{6,}", 0, "<token>"),
        (rf"\b{_PREFIXES}[A-Za-z0-9_-]{{8,}}", 0, "<token>"),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}", 0, "<token>"),
        (r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*", 0, "<token>"),
        # name=value and "name": "value". `eos_token` and its like hold no secret, but a word between < and >.
        (
            rf"(?P<head>\b[\w.-]*{_NAMES}[\"']?\s*[=:]\s*[\"']?)(?!{_HARMLESS})[^\s\"'&,;]{{6,}}",
            re.I,
            r"\g<head><secret>",
        ),
        (r"(?P<head>[?&](?:key|sig|code|auth|X-[\w-]+)=)[^\s&\"'#]+", re.I, r"\g<head><secret>"),
        (r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b", 0, "<email>"),
    )
)
# Home folders of whoever: the next part of the path is a name, which on Windows may have spaces in it.
_SEPARATOR = r"(?:\\\\|\\|/|%5[Cc]|%2[Ff])"
_NOT_A_NAME = r"(?!(?:Public|Shared|Default|<user>)\b)"
_WORD = r"[^\\/\s:*?\"'<>|,;)\]%]+"
_OTHER_HOMES: tuple[_Rule, ...] = (
    (
        re.compile(
            rf"(?P<head>(?:\b[A-Za-z](?::|%3A|\$)|/mnt/[a-z]|(?<!\w)/[a-z]){_SEPARATOR}+"
            rf"(?:Users|Documents(?: |%20)and(?: |%20)Settings){_SEPARATOR}+)"
            rf"{_NOT_A_NAME}(?:[^\\/:*?\"<>|\r\n]{{1,64}}?(?={_SEPARATOR})|{_WORD})",
            re.I,
        ),
        r"\g<head><user>",
    ),
    (
        re.compile(
            rf"(?P<head>(?<![\w.])(?:/|%2F)(?:home|Users|(?:export|var)/home){_SEPARATOR}+){_NOT_A_NAME}{_WORD}"
        ),
        r"\g<head><user>",
    ),
)


class Cleaner:
    """Knows this machine's private words, as they are when it is made."""

    def __init__(self) -> None:
        self._rules: tuple[_Rule, ...] = (
            *_each(words.secrets(), "<secret>"),
            *_LOOKS,
            *_each_home(words.homes()),
            *_OTHER_HOMES,
            # Names last: they are part of all of these.
            *_each(words.host_names(), "<host>", whole=True),
            *_each(words.user_names(), "<user>", whole=True),
        )

    def text(self, text: str) -> str:
        """`text` without what is private."""
        for pattern, instead in self._rules:
            text = pattern.sub(instead, text)
        return text

    def value(self, value: Any) -> Any:
        """A JSON value with all its texts cleaned; keys are ours and stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value


def _each(found: Iterable[str], instead: str, *, whole: bool = False) -> list[_Rule]:
    """A rule for each spelling of each word, the longest first, so that none leaves a part of another behind.

    With `whole` not inside other words, where the script has word ends. Digits and underscores end a name,
    too: ada_models, ada2.
    """
    rules = []
    spelled = {spelling for known in found for spelling in words.spellings(known)}
    for word in _longest_first(spelled):
        pattern = re.escape(word)
        if whole and word.isascii():
            pattern = rf"(?<![A-Za-z]){pattern}(?![A-Za-z])"
        rules.append((re.compile(pattern, re.IGNORECASE), instead))
    return rules


def _each_home(homes: Iterable[str]) -> list[_Rule]:
    spelled = {spelling for home in homes for spelling in words.path_spellings(home)}
    return [
        (re.compile(rf"(?<![\w.-]){re.escape(home)}(?![\w-]|\.\w)", re.IGNORECASE), "~")
        for home in _longest_first(spelled)
    ]


def _longest_first(spelled: set[str]) -> list[str]:
    return sorted(spelled, key=lambda word: (-len(word), word))
