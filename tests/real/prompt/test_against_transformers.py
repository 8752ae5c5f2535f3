"""What slmtui renders from a chat template is what transformers renders, letter for letter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest

from slmtui.prompt.chat_template import Request, read_chat_template
from slmtui.prompt.derive import derive
from slmtui.runtime.parameters import Message, Role

HERE = Path(__file__).parent
TEMPLATES = HERE.parent.parent / "data" / "chat_templates"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((TEMPLATES / "expected.toml").read_text(encoding="utf-8"))
SAMPLE = "fernlight-support"
ODD = "  {Content} <|im_end|>\n{{ x }} </s>[INST]\t👩‍👩‍👧 e\u0301 你好 \u202e\r\nlast "

CONVERSATIONS: list[list[list[str]]] = [
    [["user", "Hello"]],
    [["user", ODD]],
    [["system", "Be brief."], ["user", "Hello"]],
    [["system", ODD], ["user", ODD], ["assistant", ODD], ["user", ODD]],
    [["user", "a"], ["assistant", "<think>\nhm\n</think>\n\nb"], ["user", "c"], ["assistant", "d"]],
    [["user", ""], ["assistant", ""], ["user", ""]],
    [["assistant", "I begin"], ["user", "a"]],
    [["user", "a"], ["user", "b"]],
    [["user", "a"], ["system", "late"], ["user", "b"]],
]


@pytest.fixture(scope="session")
def truth(
    tmp_path_factory: pytest.TempPathFactory, sample_dir: Path
) -> dict[str, tuple[Path, list[list[str | None]]]]:
    """Each family's folder, and its conversations as transformers renders them, opened and not."""
    entries = []
    for name, expected in EXPECTED.items():
        tokens = {"eos_token": "</s>"} | ({"bos_token": expected["bos"]} if expected["bos"] else {})
        template = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
        folder = tmp_path_factory.mktemp(name)
        entries.append({"folder": str(folder), "template": template, "tokens": tokens})
    entries.append({"folder": str(sample_dir), "template": None, "tokens": {}})
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(HERE / "render_with_transformers.py")],
        input=json.dumps([entry | {"conversations": CONVERSATIONS} for entry in entries]),
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    folders = [Path(str(entry["folder"])) for entry in entries]
    return dict(zip((*EXPECTED, SAMPLE), zip(folders, results, strict=True), strict=True))


@pytest.mark.parametrize("name", [*EXPECTED, SAMPLE])
def test_conversations_come_out_as_transformers_renders_them(
    name: str, truth: dict[str, tuple[Path, list[list[str | None]]]]
) -> None:
    folder, expected = truth[name]
    chat_template = read_chat_template(folder)
    assert chat_template is not None
    requests = [
        Request(tuple(Message(cast(Role, role), content) for role, content in turns), opened)
        for turns in CONVERSATIONS
        for opened in (True, False)
    ]
    rendered = [rendering.text for rendering in chat_template.render_all(requests)]
    assert rendered == [text for pair in expected for text in pair]
    assert rendered[0] is not None


def test_the_samples_template_is_derived_and_agrees_letter_for_letter(
    truth: dict[str, tuple[Path, list[list[str | None]]]],
) -> None:
    folder, expected = truth[SAMPLE]
    derivation = derive(folder)
    assert derivation.agrees
    assert derivation.family == "chatml"
    turns = [Message(cast(Role, role), content) for role, content in CONVERSATIONS[3]]
    assert derivation.template.render(turns) == expected[3][0]
