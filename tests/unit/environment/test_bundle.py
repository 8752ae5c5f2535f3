"""The support bundle: complete enough to help, and nothing planted anywhere comes out of it."""

from __future__ import annotations

import json
import os
import platform
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from slmtui.config import locations
from slmtui.environment import bundle, private_words
from slmtui.environment.check import Check
from slmtui.environment.private import Cleaner
from slmtui.events import Failure

# Made up; put together so that no tool takes the file for one with secrets in it.
HUB_TOKEN = "hf_" + "Qx7Lm2Zk9Wv4Rt8Yb3Nc6Pd1"
GITHUB_TOKEN = "ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
CLOUD_KEY = "AKIA" + "IOSFODNN7PLANTED"
WEB_TOKEN = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJwbGFudGVkIn0", "c2lnbmVkLXBsYW50ZWQ"))
PRIVATE_KEY = "\n".join(
    ("-----BEGIN RSA PRIVATE " + "KEY-----", "MIIEpLANTEDbody", "-----END RSA PRIVATE " + "KEY-----")
)
SECRETS = [
    HUB_TOKEN,
    GITHUB_TOKEN,
    CLOUD_KEY,
    WEB_TOKEN,
    "MIIEpLANTEDbody",
    "hunter2planted",
    "c2VjcmV0cGxhbnRlZA==",
]
SENTENCES = [
    f"using token {HUB_TOKEN} for the hub",
    f"Authorization: Bearer {HUB_TOKEN}",
    "authorization: Basic c2VjcmV0cGxhbnRlZA==",
    """headers={'Authorization': 'Bearer hunter2planted', 'Accept': '*/*'}""",
    '{"Proxy-Authorization": "Basic c2VjcmV0cGxhbnRlZA=="}',
    "Looking in indexes: https://ci:hunter2planted@pypi.example.org/simple",
    "git+https://hunter2planted@github.com/org/repo",
    "https://ci:hunter2planted/with/slashes@pypi.example.org/simple",
    f"clone failed for {GITHUB_TOKEN}; {CLOUD_KEY}",
    f"Cookie: session=hunter2planted; id={WEB_TOKEN}",
    f"got {WEB_TOKEN}",
    "https://blob.example.org/file?sv=1&sig=hunter2planted&se=2",
    "https://example.org/x?access_token=hunter2planted#part",
    "HF_TOKEN=hunter2planted python run.py",
    '"api_key": "hunter2planted",',
    "password: hunter2planted",
    PRIVATE_KEY,
]


class Person:
    """Who the bundle must not tell of: the ways this one is named."""

    def __init__(self, name: str, home: str, host: str) -> None:
        self.name, self.home, self.host = name, home, host


PEOPLE = {
    "posix": Person("ada.lovelace", "/home/ada.lovelace", "analytical-engine"),
    "mac": Person("ada", "/Users/ada", "Adas-MacBook.local"),
    "windows": Person("Ada Lovelace", r"C:\Users\Ada Lovelace", "DESKTOP-7PLANTED"),
    "chinese": Person("李小明", "/home/李小明", "小明的电脑"),
    "french": Person("andré", "/Users/andré", "machine-à-calculer"),
    "russian": Person("Ада", r"D:\Users\Ада", "КОМПЬЮТЕР"),
    "linked": Person("grace", "/srv/people/grace", "ship.example.org"),
}


@pytest.fixture(params=PEOPLE.values(), ids=PEOPLE)
def person(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Person:
    """This machine, as if it were that person's."""
    person: Person = request.param
    monkeypatch.setattr(private_words, "homes", lambda: {person.home})
    monkeypatch.setattr(private_words, "user_names", lambda: {person.name})
    monkeypatch.setattr(private_words, "host_names", lambda: {person.host, person.host.partition(".")[0]})
    return person


def sightings(person: Person) -> Iterator[str]:
    """Lines in which a person is named, as logs name them."""
    home, name = person.home, person.name
    windows = "\\" in home
    separator = "\\" if windows else "/"
    inside = home + separator + "models"
    yield f"loading {inside}{separator}tiny"
    yield f"home is {home}."
    yield f"'{home}' and \"{home}\", ({home}) [{home}]"
    yield json.dumps({"path": inside})
    yield json.dumps({"path": inside}, ensure_ascii=False)
    yield f"file://{quote(inside.replace(chr(92), '/'))}"
    yield inside.replace("\\", "/")
    yield f"PermissionError: [Errno 13] Permission denied: {inside!r}"
    yield unicodedata.normalize("NFD", inside)
    yield unicodedata.normalize("NFC", inside)
    yield repr(inside.encode())
    yield inside.encode().decode("latin-1")
    yield inside.encode().decode("cp1252", "replace")
    yield inside.upper()
    yield f"/tmp/pytest-of-{name}/pytest-0, /run/user/{name}_7, owner={name}:staff, {name}@{person.host}"
    yield f"ssh {name}@{person.host}; DOMAIN\\{name} on {person.host}"
    if windows:
        yield f"/mnt/{home[0].lower()}{home[2:]}".replace("\\", "/")
        yield f"/{home[0].lower()}{home[2:]}/x".replace("\\", "/")
        yield rf"\\?\{inside}"
        yield home.replace("\\", "\\\\") + "\\\\AppData"


def traces(person: Person) -> set[str]:
    found = set()
    for word in (person.name, person.host):
        for form in (unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)):
            found |= {form, quote(form), json.dumps(form)[1:-1], repr(form.encode())[2:-1]}
            found |= {form.encode().decode("latin-1"), form.encode().decode("cp1252", "replace")}
    return {trace.casefold() for trace in found}


def test_a_person_is_named_nowhere(person: Person):
    clean = Cleaner()
    for line in sightings(person):
        cleaned = clean.text(line)
        assert not [trace for trace in traces(person) if trace in cleaned.casefold()], (line, cleaned)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_secret_is_told_nowhere(sentence: str):
    cleaned = Cleaner().text(sentence)
    assert not [secret for secret in SECRETS if secret in cleaned], cleaned


@pytest.mark.parametrize(
    "path",
    [
        r"C:\Users\Grace Hopper\AppData\Local\x",
        "C:\\\\Users\\\\Grace Hopper\\\\AppData",
        "c:/users/Grace Hopper/models",
        "/mnt/c/Users/Grace Hopper/models",
        "/home/Grace.Hopper/models",
        "/Users/Grace.Hopper",
        "file:///home/Grace%20Hopper/x",
        r"C:\Users\GRACEH~1\AppData",
    ],
)
def test_other_peoples_homes_are_not_told_either(path: str):
    cleaned = Cleaner().text(f"cannot read {path}: denied")
    assert "grace" not in cleaned.casefold()
    assert "denied" in cleaned


@pytest.mark.parametrize(
    "line",
    [
        "eos_token: <|im_end|>, pad_token_id=2, max_new_tokens=2048, 41.5 tokens per second",
        "onnxruntime-genai 0.14.1 beside olive-ai 0.13.0: No module named 'onnxruntime_genai.models'",
        "/usr/lib/python3/dist-packages/olive/cli/launcher.py:42: KeyError: <Precision.INT8>",
        "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct/tree/main",
        "installing torch@v2.6 from https://download.example.org/whl/cpu",
        "Canada, adage, Ada-like words stay whole where they are other words: adamant",
    ],
)
def test_what_helps_stays(monkeypatch, line: str):
    monkeypatch.setattr(private_words, "user_names", lambda: {"adam"})
    monkeypatch.setattr(private_words, "host_names", lambda: {"engine"})
    assert Cleaner().text(line) == line


def test_this_machines_own_words_are_known(monkeypatch, tmp_path: Path):
    home = tmp_path / "ada lovelace 海"
    home.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    for variable in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(variable, "countess")
    monkeypatch.setenv("WANDB_API_KEY", "0123planted4567")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "falsehood")
    monkeypatch.setattr(platform, "node", lambda: "engine.example.org")
    clean = Cleaner()
    assert clean.text(f"{home}{os.sep}models") == f"~{os.sep}models"
    assert clean.text("countess on engine.example.org, engine") == "<user> on <host>, <host>"
    assert clean.text("wandb: 0123planted4567, falsehood") == "wandb: <secret>, falsehood"


def test_an_account_that_names_nobody_leaves_the_words_in_place(monkeypatch):
    monkeypatch.setenv("HOME", "/root")
    monkeypatch.setenv("USERPROFILE", r"C:\Users\Administrator")
    for variable in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(variable, "root")
    assert "root" not in private_words.user_names()


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, slmtui_home: Path) -> Person:
    """Names and secrets in everything that goes into a bundle."""
    person = PEOPLE["chinese"]
    monkeypatch.setattr(private_words, "homes", lambda: {person.home})
    monkeypatch.setattr(private_words, "user_names", lambda: {person.name, "ada"})
    monkeypatch.setattr(private_words, "host_names", lambda: {person.host})
    monkeypatch.setenv("HF_TOKEN", HUB_TOKEN)
    monkeypatch.setenv("PIP_INDEX_URL", "https://ci:hunter2planted@pypi.example.org/simple")
    monkeypatch.setenv("PYTHONPATH", f"{person.home}/lib")
    monkeypatch.setattr(sys, "executable", f"{person.home}/venv/bin/python")
    logs = locations.log_dir()
    logs.mkdir(parents=True)
    text = "\n".join([*SENTENCES, *sightings(person)])
    (logs / "convert-1.log").write_text(text, encoding="utf-8")
    (logs / f"convert-of-{person.name}.log").write_text(text, encoding="utf-8")
    (logs / f"{HUB_TOKEN}.log").write_text(text, encoding="utf-8")
    (logs / "powershell.log").write_text(text, encoding="utf-16")
    (logs / "not-utf-8.log").write_bytes(text.encode() + b"\xff\xfe\x80")
    (logs / "deeper").mkdir()
    (logs / "deeper" / "sdk.log").write_text(text, encoding="utf-8")
    long = "x" * bundle.MOST_BYTES + f"{text}\nsafe end\n"
    (logs / "cut.log").write_text(long[:-1] + "\n", encoding="utf-8")
    locations.settings_file().parent.mkdir(parents=True)
    settings = f'theme = "x"\ntoken = "{HUB_TOKEN}"\n[toolchain]\npython = "{person.home}/bin/python"\n'
    locations.settings_file().write_text(settings, encoding="utf-8")
    return person


CHECKS = [
    Check(
        "folders",
        "Own folders",
        "fail",
        f"not writable: /home/李小明/x by ada, {HUB_TOKEN}",
        "writable",
        "see https://ci:hunter2planted@host.example.org/",
        "chmod /home/李小明/x",
    )
]


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def test_nothing_planted_comes_out(planted: Person, tmp_path: Path):
    path = tmp_path / "reports" / "report.zip"
    bundle.write(path, CHECKS)
    everything = "\n".join(f"{name}\n{text}" for name, text in contents(path).items())
    assert [secret for secret in SECRETS if secret in everything] == []
    assert [trace for trace in traces(planted) if trace in everything.casefold()] == []
    assert "planted" not in everything.casefold()
    assert planted.name.encode() not in path.read_bytes()


def test_it_holds_what_helps(planted: Person, tmp_path: Path):
    bundle.write(tmp_path / "report.zip", CHECKS)
    found = contents(tmp_path / "report.zip")
    assert {"README.txt", "versions.json", "checks.json", "settings.toml", "logs/convert-1.log"} <= set(found)
    versions = json.loads(found["versions.json"])
    assert versions["packages"]["olive-ai"]["installed"]
    assert versions["interpreter"] == "~/venv/bin/python"
    assert (versions["variables"]["HF_TOKEN"], HUB_TOKEN in str(versions)) == ("<secret>", False)
    (check,) = json.loads(found["checks.json"])
    assert (check["id"], check["status"], check["fix"]) == ("folders", "fail", "chmod ~/x")
    assert 'theme = "x"' in found["settings.toml"]
    assert "loading ~/models/tiny" in found["logs/convert-1.log"]
    assert found["logs/cut.log"].endswith("safe end\n")
    assert found["logs/cut.log"].startswith("… (the end of ")
    assert len([name for name in found if name.startswith("logs/")]) == 7


def test_without_logs_and_settings_there_is_a_bundle_still(tmp_path: Path):
    bundle.write(tmp_path / "report.zip", [])
    assert json.loads(contents(tmp_path / "report.zip")["checks.json"]) == []


def test_only_the_last_logs_are_in_it(slmtui_home: Path, tmp_path: Path):
    logs = locations.log_dir()
    logs.mkdir(parents=True)
    for number in range(20):
        log = logs / f"{number:02}.log"
        log.write_text("a line\n", encoding="utf-8")
        os.utime(log, (number, number))
    bundle.write(tmp_path / "report.zip", [])
    names = sorted(name for name in contents(tmp_path / "report.zip") if name.startswith("logs/"))
    assert names == [f"logs/{number:02}.log" for number in range(8, 20)]


def test_a_bundle_that_cannot_be_written_leaves_nothing_and_the_old_one(tmp_path: Path, monkeypatch):
    path = tmp_path / "report.zip"
    bundle.write(path, [])
    old = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Failure, match="No space left"):
        bundle.write(path, [])
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_only_an_earlier_bundle_is_replaced(tmp_path: Path):
    (tmp_path / "report.zip").touch()  # as tempfile makes them
    bundle.write(tmp_path / "report.zip", [])
    bundle.write(tmp_path / "report.zip", [])
    notes = tmp_path / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    with pytest.raises(Failure, match="no support bundle"):
        bundle.write(notes, [])
    assert notes.read_text(encoding="utf-8") == "mine"
    with pytest.raises(Failure, match="is a folder") as caught:
        bundle.write(tmp_path, [])
    assert str(tmp_path / "slmtui-report.zip") in caught.value.fix
