"""What the Start screen says to somebody who is here for the first time."""

from __future__ import annotations

TOUR = (
    ("2 Environment", "Is this machine ready, and are the versions right?"),
    ("3 Convert", "Olive makes an INT4 ONNX model. It counts once the runtime has loaded it."),
    ("4 Template", "The prompt, derived from the model's own chat template."),
    ("5 Deploy", "Into Foundry Local. It counts once the SDK lists it, loads it and answers."),
    ("6 Chat", "Talk to it, and see what every answer costs."),
    ("7 Validate", "Measured, asked what it must know, and reported."),
)
TOUR_KEYS = "Enter goes on from one to the next; ? explains each screen."

# Shown until something has been done once.
WELCOME = (
    ("Enter", "takes the next step; with Enter alone the sample becomes a model you chat with."),
    ("?", "explains the screen and the field you are in."),
    ("Ctrl+P", "finds every command by its name."),
    ("Esc", "goes back; here it ends this welcome."),
    ("Ctrl+Q", "quits; the next start goes on from there."),
)

HELP = """\
## Start

Choose what to deploy:

* **Continue** a deployment where it stopped.
* Try a **sample**: the small one ships with slmtui and takes about a minute from here to a chat.
* **Your model**: type the path of a Hugging Face folder (`config.json`, `model.safetensors`, a tokenizer), of
  a LoRA adapter's folder, or of a `.gguf` file; the right arrow key takes the suggested completion. Or type
  a model's name on the Hugging Face hub, `org/name`, and slmtui fetches it; `org/name@revision` means a
  branch, a tag or a commit of it, and the main branch without one.

On the right stands what slmtui found in it, and what is missing or dangerous. What only you can know is
asked before anything is done with it: where an adapter's **base model** is, and whether you trust **pickled
weights** or **Python code** that come with the model. The answers are kept with the deployment.
"""
