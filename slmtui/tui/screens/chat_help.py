"""The help of the Chat screen: its keys, and how each figure is measured."""

from __future__ import annotations

from slmtui.runtime.figures import FIGURES

_KEYS = """\
## Chat

Talks to the deployed model, in a process of its own. Type a question and press Enter; Ctrl+J makes a new
line, ↑ and ↓ bring earlier questions back, PgUp and PgDn scroll. Esc stops an answer, Ctrl+G goes on with it.
The whole conversation stays in the model's KV cache, so later turns start as fast as the first.

* **A turn of its own**: Shift+Tab goes to the last one, `k` and `j` to the ones around it, Esc back. There:
  `e` edits the question and goes on from there, `r` answers it again, `d` deletes the turn, `u` takes that
  back, `c` copies the answer, `b` its code, `t` unfolds the thinking, `y` says that it is right, `x` what it
  should have been, `s` adds it to the model's suite, whose questions Validate asks.
* **Conversations** are saved as they happen: Ctrl+T finds them again, Ctrl+L starts another one, Ctrl+S
  writes one as Markdown, JSON, or lines for a test suite (the answers that you have judged).
* **Parameters** (Ctrl+O): sampling, engine and system prompt of the next answer, at first as the model's
  `inference_model.json` says. F12 makes it greedy; Shift+F8 finds the runtime options that are fastest
  and keeps them for this model, until Untune in the panel goes back to its own.
* **Side by side** (Shift+F9): another model, precision or engine answers the same at the same moment.
* **Context**: the line above the question says how much of what the model can see is used. When it is full,
  the oldest turns are left out, and a line stands where the model's memory begins.
* If the model's process ends, the conversation stays; Enter starts it again.

"""


def _definitions() -> str:
    """How each figure is measured: the words of those who measure."""
    lines = ["### Figures", ""]
    for figure in FIGURES:
        unit = f" ({figure.unit})" if figure.unit else ""
        lines.append(f"* **{figure.title}**{unit}: {figure.meaning}")
    return "\n".join(lines) + "\n"


HELP = _KEYS + _definitions()
