"""`slmtui chat`: one question to a model, its answer as it comes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command, not_negative, positive
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event


def declare(commands: Commands) -> None:
    """Add `chat`."""
    parser = command(
        commands,
        "chat",
        chat,
        "ask a converted or deployed model something",
        "Ask a model one question. The answer goes to standard output as it comes, the figures to standard\n"
        "error. Ctrl+C stops the answer and keeps what has come.",
        example='slmtui chat my-model --prompt "How do I reset it?" --temperature 0',
    )
    parser.add_argument(
        "target", metavar="TARGET", help="a converted model's folder, or a deployed model's name"
    )
    parser.add_argument("--prompt", metavar="TEXT", required=True, help="the question")
    parser.add_argument("--system", metavar="TEXT", help="a system message before it")
    parser.add_argument(
        "--max-tokens", metavar="N", type=positive, help="tokens the answer may have (default: 512)"
    )
    parser.add_argument(
        "--temperature",
        metavar="T",
        type=not_negative,
        help="0: always the likeliest token (default: 0.7)",
    )
    add_json(parser)


def chat(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Ask, and say the answer and its figures."""
    report.begin(
        text="",
        prompt_tokens=None,
        completion_tokens=None,
        ttft_seconds=None,
        decode_tokens_per_second=None,
        peak_rss_bytes=None,
        seconds=None,
        finish_reason=None,
    )
    from slmtui.runtime.client import ModelHost, Token
    from slmtui.runtime.parameters import ChatParameters, Message

    messages = [Message("user", arguments.prompt)]
    if arguments.system:
        messages.insert(0, Message("system", arguments.system))
    given = {"max_tokens": arguments.max_tokens, "temperature": arguments.temperature}
    parameters = ChatParameters(**{key: value for key, value in given.items() if value is not None})

    def say(event: Event) -> None:
        if not isinstance(event, Token):
            return
        if report.json:
            report.event(event)
        else:
            report.write(event.text)

    with ModelHost(_folder(arguments.target)) as host:
        report.working("Loading the model")
        host.load(cancel)
        answer = report.follow(host.chat(messages, parameters, cancel), say)
    report.update(**{name: getattr(answer, name) for name in _FIGURES})
    if not report.json:
        report.line()
        report.note(
            f"{answer.completion_tokens} tokens, the first after {answer.ttft_seconds:.2f} s, "
            f"then {answer.decode_tokens_per_second:.0f} tokens/s; {size(answer.peak_rss_bytes)} of memory"
        )
    if answer.finish_reason == "cancelled":
        return 130
    report.finished()
    return 0


_FIGURES = (
    "text",
    "prompt_tokens",
    "completion_tokens",
    "ttft_seconds",
    "decode_tokens_per_second",
    "peak_rss_bytes",
    "seconds",
    "finish_reason",
)


def _folder(target: str) -> Path:
    """The folder of the model that is meant: a converted one at that path, a deployed one, or one on its way.

    A checkpoint's folder that happens to be called like a deployed model does not hide it.
    """
    from slmtui import deployment as deployments
    from slmtui.events import Failure
    from slmtui.foundry.deployed import find

    path = Path(target).absolute()
    if (path / "genai_config.json").is_file():
        return path
    if model := find(target):
        return model.path
    for saved in deployments.saved()[0]:
        if saved.name == target:
            from slmtui import pipeline

            return pipeline.chat_target(saved)
    if path.is_dir():
        raise Failure(
            f"{path} is no converted model: it has no genai_config.json.",
            f"Convert it first: slmtui convert {target} --output DIR",
        )
    raise Failure(
        f"{target} is neither a converted model's folder nor a deployed model's name.",
        "`slmtui list` shows the names; a folder is given by its path.",
    )
