"""`slmtui chat`: questions to a model, its answers as they come."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slmtui.cli.declare import Commands, add_json, command, not_negative, positive
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event, Service
    from slmtui.runtime.answer import Answer
    from slmtui.runtime.client import ModelHost
    from slmtui.runtime.conversation import Conversation
    from slmtui.runtime.parameters import ChatParameters

_USAGE = 2


def declare(commands: Commands) -> None:
    """Add `chat`."""
    parser = command(
        commands,
        "chat",
        chat,
        "ask a converted or deployed model something",
        "Ask a model. The answer goes to standard output as it comes, the figures to standard error. Ctrl+C\n"
        "stops the answer and keeps what has come. Without --prompt, questions are read from standard\n"
        "input, a line each; together they are one conversation.",
        example='slmtui chat my-model --prompt "How do I reset it?" --temperature 0\n'
        "slmtui chat my-model --history talk.json --json < questions.txt",
    )
    parser.add_argument(
        "target", metavar="TARGET", help="a converted model's folder, or a deployed model's name"
    )
    parser.add_argument("--prompt", metavar="TEXT", help="the question")
    parser.add_argument("--system", metavar="TEXT", help="a system message before it")
    parser.add_argument(
        "--history",
        metavar="FILE",
        type=Path,
        help="go on with the conversation in this file (JSON), and keep it there; it may be new",
    )
    parser.add_argument(
        "--engine",
        choices=("genai", "foundry"),
        default="genai",
        help="onnxruntime-genai (default), or the Foundry Local SDK's own runtime",
    )
    sampling = parser.add_argument_group("sampling (default: what the model's inference_model.json says)")
    sampling.add_argument(
        "--max-tokens", metavar="N", type=positive, help="tokens the answer may have (default: 512)"
    )
    sampling.add_argument(
        "--temperature",
        metavar="T",
        type=not_negative,
        help="0: always the likeliest token (else: 0.7)",
    )
    sampling.add_argument(
        "--top-p", metavar="P", type=not_negative, help="from the likeliest tokens that sum to P (else: 0.9)"
    )
    sampling.add_argument(
        "--top-k", metavar="K", type=positive, help="from the K likeliest tokens (else: the model's own)"
    )
    sampling.add_argument(
        "--repetition-penalty", metavar="R", type=not_negative, help="1: none (else: 1.1; not in foundry)"
    )
    sampling.add_argument(
        "--seed", metavar="N", type=int, help="the same seed gives the same answer (default: chance)"
    )
    sampling.add_argument(
        "--stop", metavar="TEXT", action="append", help="end the answer at this text; may be given often"
    )
    add_json(parser)
    parser.set_defaults(usage=parser.format_usage())


def chat(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Ask, and say the answers and their figures."""
    from slmtui.cli.prompts import prompts

    report.begin(answers=0, **dict.fromkeys(_FIGURES))
    asked = prompts(arguments.prompt, cancel)
    first = next(asked, None)
    if first is None:
        print(arguments.usage, end="", file=sys.stderr)
        print("error: give --prompt, or questions on standard input, a line each", file=sys.stderr)
        return _USAGE
    from slmtui import pipeline

    folder = pipeline.chat_folder(arguments.target)
    conversation = _conversation(arguments, folder, pipeline.chat_parameters(folder))
    with pipeline.chat_host(folder, arguments.engine) as host:
        for name in host.ignores:
            asked_for = getattr(arguments, name)
            if asked_for is not None and (name, asked_for) != ("repetition_penalty", 1):  # 1 is none at all
                report.note(f"warning: {host.title} has no {name.replace('_', ' ')}; it is left out.")
        report.working("Loading the model")
        host.load(cancel)
        return _answer_all(_Chat(host, arguments, report, cancel), conversation, first, asked)


def _answer_all(chat: _Chat, conversation: Conversation, first: str, others: Iterator[str]) -> int:
    conversation = chat.answer(conversation, first)
    while not chat.stopped:
        prompt = next(others, None)
        if prompt is None:
            chat.report.finished()
            return 0
        conversation = chat.answer(conversation, prompt)
    return 130


class _Chat:
    """Questions answered one after the other."""

    def __init__(
        self, host: ModelHost, arguments: argparse.Namespace, report: Report, cancel: Cancel
    ) -> None:
        self.report = report
        self.stopped = False
        self._host = host
        self._history: Path | None = arguments.history
        self._many = arguments.prompt is None
        self._cancel = cancel
        self._count = 0

    def answer(self, conversation: Conversation, prompt: str) -> Conversation:
        """The conversation with one more answer, which was said.

        Raises:
            Failure: it broke off.
        """
        from slmtui.events import Failure
        from slmtui.runtime import conversation as change
        from slmtui.runtime.neutral import Neutral
        from slmtui.runtime.talk import talk

        self._neutral = Neutral()
        asked = change.ask(conversation, prompt) if prompt.strip() else _blank(conversation, prompt)
        service: Service[Conversation] = talk(self._host, asked, self._cancel, keep=self._keep)
        answered = self.report.follow(service, self._say)
        turn = answered.turns[-1]
        if turn.problem is not None:
            log = Path(turn.problem.log) if turn.problem.log else None
            raise Failure(turn.problem.cause, turn.problem.fix, log)
        assert turn.answer is not None  # noqa: S101 - one of the two ends a turn
        self._count += 1
        self._conclude(turn.answer)
        return answered

    def _say(self, event: Event) -> None:
        from slmtui.runtime.answer import Fill, Loop, Token

        report = self.report
        if isinstance(event, Token) and not report.json:
            report.write(self._neutral.feed(event.text) if report.to_terminal else event.text)
        elif isinstance(event, Token | Loop) or (isinstance(event, Fill) and event.dropped_messages):
            if report.json:
                report.event(event)
            elif isinstance(event, Loop):
                report.note(f"\nThe model repeats itself, {event.period} tokens at a time. Ctrl+C stops it.")
            elif isinstance(event, Fill):
                count = event.dropped_messages
                report.note(f"The context is full: the {count} oldest messages are left out from now on.")

    def _conclude(self, answer: Answer) -> None:
        report, figures = self.report, {name: getattr(answer, name) for name in _FIGURES}
        report.update(answers=self._count, **figures)
        if self._many and report.json:
            report.event(_answered(self._count, figures))
        if not report.json:
            if report.to_terminal:
                report.write(self._neutral.rest())
            report.line()
            ending = _ENDINGS.get(answer.finish_reason, "")
            report.note(
                f"{answer.completion_tokens} tokens, the first after {answer.ttft_seconds:.2f} s, "
                f"then {answer.decode_tokens_per_second:.0f} tokens/s; "
                f"{size(answer.peak_rss_bytes)} of memory{ending}"
            )
        self.stopped = answer.finish_reason == "cancelled"

    def _keep(self, conversation: Conversation) -> None:
        if self._history is not None:
            from slmtui.config.files import write_atomic
            from slmtui.runtime.conversation_json import to_json

            write_atomic(self._history, to_json(conversation))


def _conversation(arguments: argparse.Namespace, folder: Path, parameters: ChatParameters) -> Conversation:
    """The conversation to go on with, or a new one, with what the command line says."""
    from slmtui.events import Failure
    from slmtui.runtime import conversation as change
    from slmtui.runtime.conversation_json import from_json

    names = ("max_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "seed", "stop")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    parameters = dataclasses.replace(parameters, **given)
    conversation = change.new(folder.name, str(folder))
    history: Path | None = arguments.history
    if history is not None and history.exists():
        try:
            # One that is empty, as `mktemp` makes it, is as good as new.
            conversation = from_json(kept) if (kept := history.read_bytes()).strip() else conversation
        except OSError as error:
            reason = error.strerror or str(error)
            raise Failure(f"{history} cannot be read: {reason}.", "Name another file.") from error
        except Failure as failure:
            raise Failure(f"{history} cannot be continued. {failure.cause}", failure.fix) from failure
    changes: dict[str, Any] = {"system": arguments.system} if arguments.system is not None else {}
    return dataclasses.replace(
        conversation,
        model=conversation.model or folder.name,
        model_dir=str(folder),
        engine=arguments.engine,
        parameters=parameters,
        **changes,
    )


def _blank(conversation: Conversation, prompt: str) -> Conversation:
    """A question of nothing, which `--prompt ""` asks on purpose."""
    from slmtui.runtime.conversation import Turn

    return dataclasses.replace(conversation, turns=(*conversation.turns, Turn(prompt)))


def _answered(number: int, figures: dict[str, Any]) -> Event:
    from slmtui.runtime.answer import Answered

    return Answered(number, figures)


_ENDINGS = {
    "length": "; it reached the maximum of tokens",
    "context": "; the context is full",
    "loop": "; it repeated itself up to the maximum of tokens",
}
_FIGURES = (
    "text",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "ttft_seconds",
    "tpot_ms_p50",
    "tpot_ms_p95",
    "prompt_tokens_per_second",
    "decode_tokens_per_second",
    "load_seconds",
    "rss_bytes",
    "peak_rss_bytes",
    "cpu_percent",
    "cpu_percent_per_core",
    "dropped_messages",
    "context_length",
    "seconds",
    "finish_reason",
)
