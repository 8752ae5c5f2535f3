"""What a station is for, in its place while there is no model for it yet."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from slmtui.tui.widgets.facts import Facts

_CONVERTED = "a converted model, which station 3 makes"
_PURPOSES = {
    "convert": (
        ("it does", "makes an ONNX model of a checkpoint with Microsoft Olive, in your precision"),
        ("it needs", "a model: station 1 has samples, and takes yours"),
        ("you get", "files that ONNX Runtime GenAI has loaded, and that say what the checkpoint says"),
    ),
    "template": (
        ("it does", "derives the prompt template from the model's chat template, for you to change"),
        ("it needs", _CONVERTED),
        ("you get", "inference_model.json beside the model; what it makes is compared token by token"),
    ),
    "deploy": (
        ("it does", "puts the model into a models folder of Foundry Local, and registers it there"),
        ("it needs", "a converted model with its template, from stations 3 and 4"),
        ("you get", "a model that the SDK lists, loads and has heard an answer of"),
    ),
    "chat": (
        ("it does", "lets you talk to the model, and shows what each answer costs"),
        ("it needs", _CONVERTED),
        ("you get", "conversations that are kept, and two models' answers side by side"),
    ),
    "validate": (
        ("it does", "measures speed, memory, quality beside the source, and what it must know"),
        ("it needs", _CONVERTED),
        ("you get", "figures, plots, a checklist, and a report to hand over"),
    ),
}


class Purpose(Vertical):
    """What the station of `mode` does, needs and leaves you with; the screen says when it is shown."""

    DEFAULT_CSS = "Purpose { height: auto; }"

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self.display = False

    def compose(self) -> ComposeResult:
        yield Static("What happens here", classes="section")
        yield Facts()

    def on_mount(self) -> None:
        self.query_one(Facts).show(_PURPOSES[self._mode])
