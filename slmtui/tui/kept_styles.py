"""The styles of the app: each sheet is read once, not with every screen that opens."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

# More sheets than there are widgets. Textual keeps 64 and forgets the oldest first, which with one more than
# that is each of them right before it is needed again.
_SHEETS = 1_024


class KeptStyles(Stylesheet):
    """Textual's own reads every sheet anew for each new screen, four times over while it starts."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache: LRUCache[tuple[object, ...], list[RuleSet]] = LRUCache(_SHEETS)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the variables of a theme; what was read is good for as long as they stay the same."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Read what has not been read with these variables."""
        self.parse()
