"""How sure it is that a model expects the prompts a template makes, from 0 to 1, and the evidence in words.

Three shares multiply, each 1 where it has nothing to say against the template:

- form: 1 if the strings bear a known family's marks, 0.9 for a form of its own (derived all the same),
  0.5 without any chat template to derive from;
- vocabulary: of what looks like special tokens in the strings, the share that the tokenizer holds whole,
  counted from 0.5 (all split) to 1 (all whole);
- agreement: the share of probe conversations that come out as the chat template makes them, as far as
  four strings can express them.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from slmtui.prompt import families
from slmtui.prompt.agreement import Comparison
from slmtui.prompt.prompt_template import PromptTemplate

_OWN_FORM = 0.9
_NO_FORM = 0.5


def sureness(
    template: PromptTemplate,
    family: str,
    comparisons: Sequence[Comparison],
    tokens: AbstractSet[str] | None,
) -> tuple[float, str]:
    """The confidence and why.

    `tokens` are those the tokenizer never splits, None if that is not known; `family` is `none` without a
    chat template.
    """
    shares = [_form(family), _vocabulary(template, tokens), _agreement(comparisons)]
    confidence = 1.0
    for share, _ in shares:
        confidence *= share
    return round(confidence, 2), " ".join(words for _, words in shares if words)


def _form(family: str) -> tuple[float, str]:
    if family == families.NONE:
        return _NO_FORM, "There is no chat template to derive it from."
    if family == families.CUSTOM:
        return _OWN_FORM, "It bears the marks of no known family."
    found = families.family(family)
    marks = ", ".join(repr(mark)[1:-1] for mark in (*found.marks, *found.lead_marks))
    return (
        1.0,
        f"It bears the marks of {found.title} ({marks})." if marks else f"It is {found.title.lower()}.",
    )


def _vocabulary(template: PromptTemplate, tokens: AbstractSet[str] | None) -> tuple[float, str]:
    needed = families.control_tokens(template)
    if tokens is None or not needed:
        return 1.0, ""
    missing = sorted(needed - tokens)
    words = f"{len(needed) - len(missing)} of {len(needed)} special tokens are in the vocabulary"
    words += f" ({missing[0]} is not)." if missing else "."
    return 0.5 + 0.5 * (len(needed) - len(missing)) / len(needed), words


def _agreement(comparisons: Sequence[Comparison]) -> tuple[float, str]:
    counted = [c for c in comparisons if c.state != "refused" and c.probe.comparable]
    if not counted:
        return 1.0, ""
    same = [c for c in counted if c.state == "identical"]
    limited = [c for c in counted if c.state == "limited"]
    words = f"{len(same)} of {len(comparisons)} probe conversations are identical"
    words += f", {len(limited)} as far as it can express them." if limited else "."
    return (len(same) + len(limited)) / len(counted), words
