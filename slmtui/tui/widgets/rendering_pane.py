"""One way to make a prompt, and what came out: its tokens, and where they part from the others'."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from slmtui.prompt.truth import Apart, Made
from slmtui.tui.format import MUTED, icon, safe
from slmtui.tui.widgets.prompt_text import from_tokens

TITLES = {
    "transformers": ("transformers", "the tokenizer the model was trained with"),
    "runtime": ("Runtime", "the chat template, as onnxruntime-genai renders it"),
    "prompt_template": ("PromptTemplate", "as an older Foundry Local wraps it"),
}


class RenderingPane(Vertical):
    """A title with the number of tokens, and the prompt below it."""

    DEFAULT_CSS = """
    RenderingPane {
        height: auto;
        .rendering-title { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        .rendering-text { height: auto; background: $surface; padding: 0 1; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(classes="rendering-title")
        yield Static(classes="rendering-text")

    def show(self, made: Made, state: str, apart: Apart, *, ids: bool) -> None:
        """Show what one made; `state` is a sign's name, `apart` what is to be marked."""
        name, about = TITLES[made.source]
        said = "refused" if made.text is None else f"{len(made.tokens):,} tokens"
        self.query_one(".rendering-title", Static).update(
            Content.assemble(icon(state), " ", (name, "bold"), (f"  {said}, {about}", MUTED))
        )
        text = self.query_one(".rendering-text", Static)
        if made.text is None:
            text.update(Content(safe(made.refusal)))
        else:
            text.update(from_tokens(made.tokens, ids=ids, apart=apart))
