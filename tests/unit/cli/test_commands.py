from __future__ import annotations

import argparse
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from slmtui import deployment as deployments
from slmtui.cli.commands import chat
from slmtui.cli.parser import build
from slmtui.cli.report import Report
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Event, Failure
from slmtui.runtime.client import Answer, Token
from tests import published

SAMPLE = "fernlight-support"


def do(*arguments: str, cancel: Cancel | None = None) -> tuple[int, str, str]:
    """Run a command's function in this process; returns the code and both streams."""
    parsed = build().parse_args(arguments)
    out, err = io.StringIO(), io.StringIO()
    report = Report(parsed.json, out, err)
    return parsed.run(parsed, report, cancel or Cancel()), out.getvalue(), err.getvalue()


def objects(text: str) -> list[dict[str, Any]]:
    published.hold(text.splitlines())
    return [json.loads(line) for line in text.splitlines()]


def test_samples_are_one_object_with_what_scripts_need() -> None:
    code, out, _ = do("samples", "--json")
    assert code == 0
    (answer,) = objects(out)
    tiny = next(sample for sample in answer["samples"] if sample["name"] == SAMPLE)
    assert tiny["available"] is True
    assert Path(tiny["path"]).is_dir()
    assert tiny["bytes"] > 1_000_000
    other = next(sample for sample in answer["samples"] if not sample["bundled"])
    assert (other["path"], other["available"]) == (None, False)


def test_samples_for_people_say_how_to_fetch_the_others() -> None:
    code, out, err = do("samples")
    assert code == 0
    assert out.splitlines()[0].split() == ["name", "here", "size", "licence", "what", "it", "is"]
    assert "slmtui samples get smollm2" in err


def test_inspect_says_what_the_issue_asks_for() -> None:
    code, out, _ = do("inspect", SAMPLE, "--json")
    assert code == 0
    (answer,) = objects(out)
    assert {
        "architecture", "parameters", "dtype", "context_length", "format", "bytes", "chat_template",
        "problems",
    } <= set(answer)  # fmt: skip
    assert answer["architecture"] == "Qwen2ForCausalLM"
    assert answer["usable"] is True


def test_inspect_exits_with_1_when_the_source_is_not_usable(sample_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((sample_dir / "config.json").read_bytes())
    code, out, _ = do("inspect", str(tmp_path), "--json")
    assert code == 1
    (answer,) = objects(out)
    errors = [problem for problem in answer["problems"] if problem["severity"] == "error"]
    assert errors
    assert all(error["cause"] and error["fix"] for error in errors)
    code, out, _ = do("inspect", str(tmp_path))
    assert code == 1
    assert f"error: {errors[0]['cause']}" in out


def test_list_is_empty_before_anything_was_made() -> None:
    assert do("list", "--json") == (
        0,
        '{"models": [], "unfinished": [], "deployments": [], "problems": []}\n',
        "",
    )
    assert do("list")[1] == "No model is deployed.\n"


def test_list_names_deployments_on_their_way_and_damaged_files() -> None:
    Deployment.new("mine", "model").with_step("source", "verified").save()
    (deployments.deployments_dir() / "bad.toml").write_text("name = ", encoding="utf-8")
    code, out, _ = do("list", "--json")
    assert code == 0
    (answer,) = objects(out)
    (mine,) = answer["deployments"]
    assert (mine["name"], mine["source"], mine["next_station"]) == ("mine", "model", "conversion")
    assert mine["stations"]["source"] == "verified"
    assert "bad.toml" in answer["problems"][0]["cause"]
    _, out, err = do("list")
    assert "mine" in out
    assert "next: convert" in out
    assert "bad.toml" in err


def test_undeploy_of_an_unknown_model_says_how_to_find_the_name() -> None:
    with pytest.raises(Failure, match="No model called nonesuch") as caught:
        do("undeploy", "nonesuch", "--json")
    assert "slmtui list" in caught.value.fix


def test_run_refuses_a_bad_name_before_it_fetches_anything() -> None:
    with pytest.raises(Failure, match="'/'"):
        do("run", "smollm2-135m-instruct", "--name", "a/b", "--json")


# Chat, with a stand-in for the model host.

ANSWER = Answer("one two", 5, 0, 2, 0.1, 20.0, 0.2, 1000, "stop")


class Host:
    """Says two words; one that is asked to stop after the first does so."""

    asked: list[Any]
    alive, title, ignores = True, "a stand-in", ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        return None

    def load(self, cancel: Cancel) -> None:
        cancel.check()

    def chat(self, messages: Any, parameters: Any, cancel: Cancel, *, make_room: bool) -> Iterator[Event]:
        Host.asked = [self.folder, messages, parameters]
        yield Token("one\x1b[31m ")
        if cancel.is_set:
            return SimpleNamespace(**{f: getattr(ANSWER, f) for f in ANSWER.__slots__} | {
                "text": "one ", "finish_reason": "cancelled", "completion_tokens": 1,
            })  # fmt: skip
        yield Token("two")
        return ANSWER


@pytest.fixture
def converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("slmtui.runtime.client.ModelHost", Host)
    folder = tmp_path / "converted"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", encoding="utf-8")
    return folder


def test_chat_streams_tokens_and_ends_with_the_figures(converted: Path) -> None:
    code, out, _ = do(
        "chat", str(converted), "--prompt", "Hi", "--system", "Be kind.", "--max-tokens", "9",
        "--temperature", "0", "--json",
    )  # fmt: skip
    assert code == 0
    *tokens, end = objects(out)
    assert tokens == [{"event": "token", "text": "one\x1b[31m "}, {"event": "token", "text": "two"}]
    figures = {
        "event": "finished", "status": "ok", "text": "one two", "prompt_tokens": 5, "completion_tokens": 2,
        "ttft_seconds": 0.1, "decode_tokens_per_second": 20.0, "peak_rss_bytes": 1000,
    }  # fmt: skip
    assert figures.items() <= end.items()
    folder, messages, parameters = Host.asked
    assert folder == converted
    assert [(m.role, m.content) for m in messages] == [("system", "Be kind."), ("user", "Hi")]
    assert (parameters.max_tokens, parameters.temperature) == (9, 0.0)


def test_a_stopped_chat_keeps_what_has_come(converted: Path) -> None:
    parsed = build().parse_args(["chat", str(converted), "--prompt", "Hi", "--json"])
    out = io.StringIO()
    cancel = Cancel()
    report = Report(True, out, io.StringIO())
    report.event = _then(report.event, cancel.set)  # type: ignore[method-assign]
    assert chat.chat(parsed, report, cancel) == 130
    report.cancelled()
    end = objects(out.getvalue())[-1]
    assert (end["status"], end["text"], end["completion_tokens"]) == ("cancelled", "one ", 1)


def lines(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Standard input that is a pipe with this in it."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    monkeypatch.setattr("sys.stdin", os.fdopen(reading, encoding="ascii"))


def test_prompts_come_from_standard_input_a_line_each(
    converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines(monkeypatch, "\ufeffGrüße\r\n\n  \nAnd now?".encode())
    code, out, _ = do("chat", str(converted), "--json", "--history", str(tmp_path / "talk.json"))
    assert code == 0
    answers = [event for event in objects(out) if event["event"] == "answer"]
    assert [(event["number"], event["text"]) for event in answers] == [(1, "one two"), (2, "one two")]
    assert objects(out)[-1]["answers"] == 2
    said = [(m.role, m.content) for m in Host.asked[1]]
    assert said == [("user", "Grüße"), ("assistant", "one\x1b[31m two"), ("user", "And now?")]
    # The file goes on where it stopped.
    assert do("chat", str(converted), "--prompt", "More", "--history", str(tmp_path / "talk.json"))[0] == 0
    assert len(Host.asked[1]) == 5


def test_without_a_prompt_it_is_a_usage_error(converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(monkeypatch, b"\n \n")
    assert do("chat", str(converted), "--json")[:2] == (2, "")


def test_waiting_for_a_line_ends_when_it_is_cancelled(
    converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr("sys.stdin", os.fdopen(reading, encoding="utf-8"))
    cancel = Cancel()
    threading.Timer(0.2, cancel.set).start()
    parsed = build().parse_args(["chat", str(converted)])
    with pytest.raises(Cancelled):
        chat.chat(parsed, Report(False, io.StringIO(), io.StringIO()), cancel)
    os.close(writing)


def test_the_models_own_parameters_hold_unless_others_are_given(converted: Path) -> None:
    config = '{"temperature": 0.3, "top_p": 0.5, "top_k": 7, "repetition_penalty": 1.2}'
    template = '{"user": "{Content}", "prompt": "{Content}"}'
    (converted / "inference_model.json").write_text(
        f'{{"Name": "x", "PromptTemplate": {template}, "ModelConfig": {config}}}', encoding="utf-8"
    )
    do(
        "chat",
        str(converted),
        "--prompt",
        "Hi",
        "--top-p",
        "0.8",
        "--seed",
        "4",
        "--stop",
        "a",
        "--stop",
        "b",
    )
    parameters = Host.asked[2]
    assert (parameters.temperature, parameters.top_p, parameters.top_k) == (0.3, 0.8, 7)
    assert (parameters.seed, parameters.stop, parameters.repetition_penalty) == (4, ("a", "b"), 1.2)


def test_a_history_that_is_none_is_named(converted: Path, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Failure, match="no conversation"):
        do("chat", str(converted), "--prompt", "Hi", "--history", str(tmp_path / "talk.json"))
    assert (tmp_path / "talk.json").read_text(encoding="utf-8") == "{}"


def test_a_terminal_sees_what_was_made_harmless(converted: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    parsed = build().parse_args(["chat", str(converted), "--prompt", "Hi"])
    assert chat.chat(parsed, Report(False, out, io.StringIO()), Cancel()) == 0
    assert out.getvalue() == "one␛[31m two\n"


def _then(first: Callable[[Event], None], second: Callable[[], object]) -> Callable[[Event], None]:
    def both(event: Event) -> None:
        first(event)
        second()

    return both


def test_a_deployed_name_is_not_hidden_by_a_checkpoints_folder(
    converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fern").mkdir()
    with pytest.raises(Failure, match="no converted model"):
        do("chat", "fern", "--prompt", "Hi")
    monkeypatch.setattr("slmtui.foundry.deployed.find", lambda name: SimpleNamespace(folder=converted))
    assert do("chat", "fern", "--prompt", "Hi")[0] == 0
    assert Host.asked[0] == converted


def test_chat_finds_a_deployment_that_is_only_converted_so_far(converted: Path) -> None:
    Deployment.new("mine", "model").with_step("conversion", "verified", output=str(converted)).save()
    assert do("chat", "mine", "--prompt", "Hi")[0] == 0
    assert Host.asked[0] == converted


def test_numbers_outside_their_range_are_usage_errors() -> None:
    for wrong in ("--max-tokens=0", "--temperature=-0.1", "--temperature=inf"):
        with pytest.raises(SystemExit) as end:
            build().parse_args(["chat", "x", "--prompt", "y", wrong])
        assert end.value.code == 2


def test_the_parser_leaves_the_screens_to_no_command() -> None:
    assert build().parse_args([]) == argparse.Namespace(run=None, serve=None)
