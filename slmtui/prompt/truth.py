"""The same conversation as made by three: transformers, the runtime, and `PromptTemplate`; token by token.

What reaches the model is token ids, not text, so that is what is compared:

- `transformers`: `apply_chat_template`, then the tokenizer without special tokens of its own, which is what
  `apply_chat_template(tokenize=True)` does. What the model was trained with.
- `runtime`: onnxruntime-genai's own template engine and tokenizer (`Tokenizer.apply_chat_template`,
`encode`), which newer Foundry Locals run too.
- `prompt_template`: the four strings of `inference_model.json` one after the other, encoded by
  onnxruntime-genai: that is how the older Foundry Local reads them. Its tokenizer may put a
  beginning-of-sequence token before them of its own accord, which then counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce
from operator import or_
from typing import Literal, TypeAlias

from slmtui.events import Verdict

Source: TypeAlias = Literal["transformers", "runtime", "prompt_template"]
SOURCES: tuple[Source, ...] = ("transformers", "runtime", "prompt_template")
NAMES: dict[Source, str] = {
    "transformers": "transformers",
    "runtime": "the runtime",
    "prompt_template": "PromptTemplate",
}
"""For people."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its id, the text it stands for, and whether the vocabulary marks it as special.

    A token may hold a part of a character only: `text` then has U+FFFD in it.
    """

    id: int
    text: str
    special: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """The conversation as one of the three made it; without `text` it refused, and `refusal` says why."""

    source: Source
    text: str | None
    tokens: tuple[Token, ...] = ()
    refusal: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        """The token ids alone."""
        return tuple(token.id for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two first part: the index of the token, and what each has there and a little further on.

    `expected` is of `between[0]`, `found` of `between[1]`; an empty one has ended there. `before` is what
    both have just before it.
    """

    token: int
    between: tuple[Source, Source]
    before: str
    expected: str
    found: str

    def __str__(self) -> str:
        one, other = (NAMES[source] for source in self.between)
        where = f"from the {ordinal(self.token + 1)} token on, after {self.before!r}"
        return f"{where}: {self.expected!r} in {one}, {self.found!r} in {other}"


@dataclass(frozen=True, slots=True)
class Truth:
    """The three side by side.

    `identical`: all three make the same tokens. `verdict` sums it up; `findings` are what else has to hold:
    `eos-is-end-of-turn`, `no-doubled-bos`, `special-tokens-whole`.
    """

    made: tuple[Made, Made, Made]
    identical: bool
    first_difference: Parting | None
    verdict: Verdict
    findings: tuple[Verdict, ...] = ()

    def of(self, source: Source) -> Made:
        """The rendering of one of the three."""
        return self.made[SOURCES.index(source)]


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th: people count from one."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def part(one: Made, other: Made, around: int = 6) -> Parting | None:
    """Where the tokens of two first differ; None if they never do."""
    if one.ids == other.ids:
        return None
    length = min(len(one.tokens), len(other.tokens))
    at = next((i for i in range(length) if one.ids[i] != other.ids[i]), length)
    return Parting(
        at,
        (one.source, other.source),
        _text(one.tokens[max(0, at - around) : at]),
        _text(one.tokens[at : at + around]),
        _text(other.tokens[at : at + around]),
    )


@dataclass(frozen=True, slots=True)
class Apart:
    """The tokens of one that another has not, and those before which the other has more than it.

    Both by their index; a gap at the number of its tokens is at its end.
    """

    own: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.own or self.gaps)

    def __or__(self, other: Apart) -> Apart:
        return Apart(self.own | other.own, self.gaps | other.gaps)


def apart(one: Made, other: Made) -> tuple[Apart, Apart]:
    """All that two do not share, of each; nothing where one of them has refused."""
    if one.text is None or other.text is None or one.ids == other.ids:
        return Apart(), Apart()
    # What is frequent is no place to come together again: so a long conversation takes no second either.
    changes = [
        change for change in SequenceMatcher(None, one.ids, other.ids).get_opcodes() if change[0] != "equal"
    ]
    first = ((low, high) for _, low, high, _, _ in changes)
    second = ((low, high) for _, _, _, low, high in changes)
    return _apart(first), _apart(second)


def all_apart(made: Sequence[Made]) -> tuple[Apart, ...]:
    """Of each what it does not share with the first, and of the first what it does not share with any.

    It may take half a second for a conversation of thousands of tokens.
    """
    reference, *others = made
    pairs = [apart(reference, other) for other in others]
    return (reduce(or_, (one for one, _ in pairs), Apart()), *(other for _, other in pairs))


def _apart(ranges: Iterable[tuple[int, int]]) -> Apart:
    known = tuple(ranges)
    own = frozenset(index for low, high in known for index in range(low, high))
    return Apart(own, frozenset(low for low, high in known if low == high))


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)
