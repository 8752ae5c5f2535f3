"""What the Convert screen says about itself."""

from __future__ import annotations

HELP = """\
## Convert

Microsoft Olive turns the checkpoint into an ONNX model, in a process of its own: you can leave this screen,
and slmtui stays responsive. **Enter alone** converts with the guide's INT4.

* **Precision**: each row says what it would take. ↑ ↓ choose a row or a field, ← → its value; what a field
  does to size, speed and quality stands below the form.
* **Command**: the `olive` line that makes the same model by hand; `y` copies it.
* **Configuration**: what Olive is told. Edit it here, in your own editor (Ctrl+E), or load a file (Ctrl+L);
  it runs as it is. Form and configuration stay in step as far as the form has words for it. Below stands what
  Olive would ignore or refuse; Ctrl+G applies the fix of the highlighted line, Ctrl+Z undoes, Ctrl+R goes
  back to the form's.
* **Which precision?** `p` leads to the precision lab: several are made, measured and shown side by side.
* **While it runs**: `/` searches the log, `n` goes to the next match, `v` filters by level, `o` holds it,
  `y` copies it, Esc cancels. When it is done, Ctrl+T goes between result and log where there is no room for
  both; when it has failed, `l` shows the log and `l` the form again.

The conversion counts as done only when the files are fresh and complete, **the runtime has loaded the model,
and it says what its source says**; Olive's own word is not taken for it. The output appears whole or not at
all, also after a cancel.
"""
