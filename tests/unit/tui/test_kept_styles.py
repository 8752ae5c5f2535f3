"""The app's styles are read once, and again when their colours change."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet

from slmtui.tui.kept_styles import KeptStyles

SHEETS = 100  # more than Textual's own keeps


def filled() -> KeptStyles:
    styles = KeptStyles(variables={"ground": "#101010"})
    for number in range(SHEETS):
        styles.add_source(f"#part-{number} {{ background: $ground; }}", ("", str(number)))
    return styles


def grounds(styles: Stylesheet) -> set[str]:
    return {rule.styles.background.hex for rule in styles.rules}


def test_a_sheet_that_was_read_is_not_read_again() -> None:
    styles = filled()
    before = list(styles.rules)
    assert len(before) == SHEETS
    styles.add_source("Late { color: red; }", ("", "late"))
    styles.set_variables({"ground": "#101010"})
    styles.reparse()
    assert all(one is other for one, other in zip(before, styles.rules, strict=False))
    assert len(styles.rules) == SHEETS + 1


def test_other_colours_are_taken() -> None:
    styles = filled()
    assert grounds(styles) == {"#101010"}
    styles.set_variables({"ground": "#203040"})
    styles.reparse()
    assert grounds(styles) == {"#203040"}
