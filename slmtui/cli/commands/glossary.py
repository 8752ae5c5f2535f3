"""`slmtui glossary`: the words of the field, explained."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `glossary`."""
    parser = command(
        commands,
        "glossary",
        glossary,
        "explain the words of the field, or one of them",
        "Explain a word that slmtui uses, such as an option or a column of a table; without one, all.\n"
        "Several words are looked for as one. Exits with 1 if there is no such word.",
        example="slmtui glossary kl divergence",
        cancellable=False,
    )
    parser.add_argument("term", metavar="TERM", nargs="*", help="a word, or a part of one")
    add_json(parser)


def glossary(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Print the terms that match; one that is called exactly so is printed alone."""
    import textwrap

    from slmtui.events import Failure
    from slmtui.glossary import search, term

    wanted = " ".join(arguments.term)
    exact = term(wanted)
    found = (exact,) if exact else search(wanted)
    if not found:
        raise Failure(f"The glossary has no {wanted!r}.", "`slmtui glossary` lists all of its words.")
    if report.json:
        report.object(
            {"terms": [{"name": one.name, "also": list(one.also), "text": one.text} for one in found]}
        )
        return 0
    for number, one in enumerate(found):
        also = f" ({', '.join(one.also)})" if one.also else ""
        if number:
            report.line()
        report.line(f"{one.name}{also}")
        report.line(textwrap.fill(one.text, 96, initial_indent="  ", subsequent_indent="  "))
    return 0
