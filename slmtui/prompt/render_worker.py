"""The child process that renders chat templates: `python -m slmtui.prompt.render_worker`.

A chat template is a program that came with a model. The sandbox keeps it from files and Python's
internals, but not from running for hours or filling the memory; only a process can be stopped from that.

Request: `{"template", "variables": {name: value},
          "requests": [{"messages", "add_generation_prompt", "now"}]}`
Replies: `ready` once the request was read, then for each conversation `rendered {text}` or
         `refused {cause}`, at last `done`; or `broken {cause, line}` if the template is no Jinja.
"""

from __future__ import annotations

import traceback
from datetime import datetime
from typing import TYPE_CHECKING, Any

from slmtui.child import Link, run

if TYPE_CHECKING:
    import jinja2

MAX_TEXT = 4_000_000
"""Characters of one rendered conversation; the probes need a few thousand."""


def main(link: Link) -> None:
    """Render one request's conversations, then end."""
    import jinja2

    request = link.receive()
    if request is None:
        return
    from slmtui.prompt.jinja_environment import compile_template

    link.send("ready")
    compiled: dict[str | None, jinja2.Template] = {}
    try:
        for conversation in request["requests"]:
            now = conversation["now"]
            if now not in compiled:
                compiled[now] = compile_template(
                    request["template"], datetime.fromisoformat(now) if now else None
                )
            link.send(**_render(compiled[now], request["variables"], conversation))
    except jinja2.TemplateSyntaxError as error:
        link.send("broken", cause=error.message or "it cannot be read", line=error.lineno)
    except (SyntaxError, RecursionError, MemoryError) as error:
        # Jinja accepted it, Python does not: nested too deeply.
        link.send("broken", cause=f"it is nested too deeply ({type(error).__name__})", line=None)
    else:
        link.send("done")


def _render(
    template: jinja2.Template, variables: dict[str, Any], conversation: dict[str, Any]
) -> dict[str, Any]:
    try:
        # transformers always passes the first four, so that `tools is defined` holds in a template.
        text = template.render(
            messages=conversation["messages"],
            tools=None,
            documents=None,
            add_generation_prompt=conversation["add_generation_prompt"],
            **variables,
        )
    except Exception as error:
        # Whatever a template does wrong ends here: its own refusals, undefined names, Python's errors.
        line = _template_line(error)
        said = str(error).strip() or type(error).__name__
        return {"event": "refused", "cause": f"{said} (line {line})" if line else said}
    if len(text) > MAX_TEXT:
        return {"event": "refused", "cause": f"it makes {len(text):,} characters of a few lines"}
    return {"event": "rendered", "text": text}


def _template_line(error: BaseException) -> int | None:
    """The line of the template the error came from; Jinja puts it into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == "<template>"), None)


if __name__ == "__main__":
    run(main)
