"""The help of the Validate screen."""

from __future__ import annotations

HELP = """\
## Validate

Measures the model on this machine and keeps what it finds. **Enter alone** measures all that is missing:

* **Benchmark** (`b`): prompts of several lengths, each warmed up and repeated in random order. *pp512* is
  reading 512 tokens, *tg128 @ d512* generating 128 after them, as mean ± deviation; how restless the machine
  was meanwhile is measured, too.
* **Quality** (`q`): the model and its source read the same text. How well each foresees it (perplexity), how
  far apart their expectations are (KL divergence), and how often both would say the same next.
* **Checklist** (`k`): the questions of its domain, the form of its answers, memory over a long session, long
  input, and edge cases. Its source is asked the same questions: what it says right and the model does not
  was lost by the conversion; what neither knows was never learnt.

Esc cancels it; what was measured by then is kept, unless it was measured to its end before. Close other
programs meanwhile. `h` says **how** it is measured: the benchmark's lengths and repetitions, a text of your
own to read, an untuned base that is asked the questions, too.

**Questions** (Ctrl+T): the suite with each answer, and why a wrong one is wrong. `n` writes a question, `e`
changes one, `d` deletes it, `u` takes that back, `o` loads a file, Ctrl+E opens all of them in your own
editor. Every change is saved at once; the sample's suite becomes your own with the first one. It grows from
the chat, too: there `s` on an answer adds it as you have judged it.

`r` writes the report, `l` leads to the precision lab, which compares other precisions of the same model.
"""
