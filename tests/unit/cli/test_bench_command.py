"""`slmtui bench`: what is asked for, and what is no length."""

from __future__ import annotations

import pytest

from slmtui.cli.parser import build


def test_lengths_are_lists() -> None:
    parsed = build().parse_args(["bench", "m", "--prompt-tokens", "32, 512", "--output-tokens", "7"])
    assert (parsed.prompt_tokens, parsed.output_tokens, parsed.repetitions) == ((32, 512), (7,), None)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--prompt-tokens", "0"],
        ["--prompt-tokens", "32,-1"],
        ["--prompt-tokens", "32,"],
        ["--prompt-tokens", "2,048"],
        ["--output-tokens", "many"],
        ["--output-tokens", "1.5"],
        ["--repetitions", "0"],
        ["--repetitions", "-3"],
        ["--markdown", "--json"],
    ],
)
def test_what_is_no_length_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build().parse_args(["bench", "m", *arguments])
    assert ended.value.code == 2
    assert f"argument {arguments[0]}" in capsys.readouterr().err.replace("--json: not", "--markdown: not")
