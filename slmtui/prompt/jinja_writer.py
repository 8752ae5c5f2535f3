"""The chat template that renders what `PromptTemplate.render` makes.

Written with what every template engine in use knows (Jinja2 and the one in onnxruntime-genai): one loop, an
if, texts joined with `+`. Where no answer is to be opened, the last question is wrapped like the earlier
ones, which the four strings alone cannot say.
"""

from __future__ import annotations

from slmtui.prompt.prompt_template import CONTENT, PromptTemplate

HEADER = "{#- slmtui wrote this: it renders what PromptTemplate in inference_model.json says. -#}"
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def chat_template_for(template: PromptTemplate, bos: str = "") -> str:
    """The Jinja text; `bos` is put before the first turn, unless every turn brings it along.

    The turns are those of `PromptTemplate.render`: a missing string stands for the message as it is, a
    missing `user` for `prompt`.
    """
    prompt = template.prompt or CONTENT
    user = template.user or prompt
    opening = user.startswith(bos) and prompt.startswith(bos)
    lines = [HEADER]
    if bos and not opening:
        lines.append(f"{{{{- {_text(bos)} -}}}}")
    lines += [
        "{%- for message in messages -%}",
        "{%- if message['role'] == 'user' and loop.last and add_generation_prompt -%}",
        _turn(prompt),
        "{%- elif message['role'] == 'user' -%}",
        _turn(user),
        "{%- elif message['role'] == 'system' -%}",
        _turn(template.system or CONTENT),
        "{%- else -%}",
        _turn(template.assistant or CONTENT),
        "{%- endif -%}",
        "{%- endfor -%}",
    ]
    return "\n".join(lines) + "\n"


def _turn(shape: str) -> str:
    pieces = [_text(piece) if piece else "" for piece in shape.split(CONTENT)]
    parts = [part for piece in pieces for part in (piece, "message['content']")][:-1]
    return "{{- " + (" + ".join(part for part in parts if part) or "''") + " -}}"


def _text(text: str) -> str:
    return "'" + text.translate(_ESCAPES) + "'"
