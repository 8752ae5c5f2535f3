"""The commands on the tiny sample, with the real Olive, runtime and SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLE = "fernlight-support"


def test_convert_streams_events_and_ends_with_a_model(converting: Any, converted: Path) -> None:
    events = converting.objects
    assert all(isinstance(event["event"], str) for event in events)
    fractions = [e["fraction"] for e in events if e["event"] == "progress" and e["fraction"] is not None]
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 5
    end = events[-1]
    assert {"event", "status", "output", "bytes", "seconds", "cause", "fix", "log"} <= set(end)
    assert (end["event"], end["status"], end["cause"]) == ("finished", "ok", None)
    assert end["bytes"] == sum(f.stat().st_size for f in converted.rglob("*") if f.is_file())
    assert end["seconds"] > 0
    assert Path(end["log"]).is_file()
    assert (converted / "genai_config.json").is_file()
    assert [e["status"] for e in events if e["event"] == "verdict"].count("fail") == 0
    assert converted.name == "model int4"


def test_convert_says_how_far_the_result_is_from_its_source(converting: Any, converted: Path) -> None:
    parity = converting.last["parity"]
    assert parity["verdict"] == "verified"
    assert 0 < parity["kl_mean"] < parity["kl_p99"]
    assert 0.5 < parity["top1"] < parity["cosine"] < 1
    assert parity["seconds"] > 0
    assert json.loads((converted / "slmtui.json").read_text(encoding="utf-8"))["parity"] == parity
    told = [event for event in converting.objects if event["event"] == "verdict"][-1]
    assert (told["id"], told["status"]) == ("parity", "ok")


def test_convert_without_the_comparison_is_marked_unverified(
    slmtui: Any, converting: Any, tmp_path: Path
) -> None:
    done = slmtui("convert", SAMPLE, "--output", tmp_path / "unproved", "--no-parity", "--json")
    assert done.code == 0, done
    parity = done.last["parity"]
    assert (parity["verdict"], parity["kl_mean"]) == ("unverified", None)
    assert set(parity) == set(converting.last["parity"])


def test_a_probe_that_cannot_be_read_is_named_before_anything_runs(slmtui: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    for file in (tmp_path / "none.txt", tmp_path / "empty.txt"):
        done = slmtui("convert", SAMPLE, "--output", tmp_path / "out", "--probe", file, "--json")
        assert file.name in done.failed_clearly()["cause"]
        assert not (tmp_path / "out").exists()


def test_convert_leaves_an_existing_target_alone(slmtui: Any, converted: Path) -> None:
    before = sorted(f.stat().st_mtime_ns for f in converted.iterdir())
    other = slmtui("convert", SAMPLE, "--output", converted, "--precision", "fp32", "--json").failed_clearly()
    anew = slmtui("convert", SAMPLE, "--output", converted, "--force", "--json").failed_clearly()
    for end in (other, anew):
        assert str(converted) in end["cause"] or converted.name in end["cause"]
    assert sorted(f.stat().st_mtime_ns for f in converted.iterdir()) == before


def test_template_prints_the_inference_model(slmtui: Any, converted: Path) -> None:
    done = slmtui("template", converted, "--name", "fern", "--json")
    assert done.code == 0
    (answer,) = done.objects
    assert answer["family"]
    assert answer["agrees"] is True
    assert answer["problems"] == []
    assert answer["written"] is None
    assert answer["inference_model"]["Name"].startswith("fern")
    assert "{Content}" in answer["inference_model"]["PromptTemplate"]["prompt"]
    people = slmtui("template", converted, "--name", "fern")
    assert people.code == 0
    assert json.loads(people.out) == answer["inference_model"]
    assert answer["confidence"] == 1.0
    agreement = answer["agreement"]
    assert agreement["identical"] is True
    assert agreement["first_difference"] is None
    assert agreement["transformers"] == agreement["runtime"] == agreement["prompt_template"]


def test_template_takes_values_checks_and_keeps_both_worlds_in_step(
    slmtui: Any, converted: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in converted.iterdir():
        if file.suffix in (".json", ".jinja"):  # the template needs no weights
            (folder / file.name).write_bytes(file.read_bytes())
    (folder / "inference_model.json").unlink(missing_ok=True)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    no_file = slmtui("template", folder, "--check", "--json")
    assert "--write" in no_file.failed_clearly()["fix"]

    changes = ("--set", r"PromptTemplate.system=<<{Content}>>\n", "--set", "ModelConfig.temperature=0.25")
    done = slmtui(
        "template", folder, *changes, "--write", "--sync-chat-template", "--search-options", "--json"
    )
    assert done.code == 0, done
    (answer,) = done.objects
    assert answer["inference_model"]["PromptTemplate"]["system"] == "<<{Content}>>\n"
    assert answer["agreement"]["identical"] is True
    assert answer["chat_template_synced"] is True
    assert json.loads((folder / "genai_config.json").read_text())["search"]["temperature"] == 0.25
    assert slmtui("template", folder, "--check").code == 0

    wrong = slmtui("template", folder, "--set", "ModelConfig.top_p=3", "--json")
    assert wrong.code == 1
    assert wrong.objects[0]["problems"][0]["line"] > 1
    assert "KEY=VALUE" in slmtui("template", folder, "--set", "top_p", "--json").failed_clearly()["cause"]

    assert slmtui("template", folder, "--undo-chat-template", "--undo-search-options").code == 0
    (folder / "inference_model.json").unlink()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_deployed_model_is_listed_answers_and_can_be_undone(slmtui: Any, deploying: Any) -> None:
    assert deploying.code == 0, deploying
    end = deploying.last
    target = Path(end["target"])
    assert target.is_dir()
    assert target.name == "fern"
    assert (target / "inference_model.json").is_file()

    listed = slmtui("list", "--json")
    assert listed.code == 0
    (model,) = [m for m in listed.objects[0]["models"] if m["name"] == "fern"]
    assert (model["model_id"], model["path"], model["registered"]) == (end["model_id"], str(target), True)

    question, answer = known_answer()
    chat = slmtui("chat", "fern", "--prompt", question, "--temperature", "0", "--json")
    assert chat.code == 0, chat
    *tokens, last = chat.objects
    assert all(token["event"] == "token" for token in tokens)
    assert "".join(token["text"] for token in tokens) == last["text"]
    assert last["text"].strip() == answer
    assert last["event"] == "finished"
    assert last["prompt_tokens"] > 0
    assert last["completion_tokens"] > 0
    assert last["ttft_seconds"] > 0
    assert last["decode_tokens_per_second"] > 0
    assert last["peak_rss_bytes"] > 10_000_000

    undone = slmtui("undeploy", "fern", "--json")
    assert undone.code == 0, undone
    assert not target.exists()
    assert [m["name"] for m in slmtui("list", "--json").objects[0]["models"]] == []
    slmtui("chat", "fern", "--prompt", question, "--json").failed_clearly()


def test_chat_for_people_is_the_answer_and_nothing_else(slmtui: Any, converted: Path) -> None:
    question, answer = known_answer()
    done = slmtui("chat", converted, "--prompt", question, "--temperature", "0")
    assert done.code == 0
    assert done.out.strip() == answer
    assert "tokens/s" in done.err


def test_chat_ends_at_the_given_number_of_tokens(slmtui: Any, converted: Path) -> None:
    done = slmtui("chat", converted, "--prompt", known_answer()[0], "--max-tokens", "3", "--json")
    assert done.last["completion_tokens"] == 3
    assert done.last["finish_reason"] == "length"


def test_run_goes_all_the_way_and_again_without_doing_it_twice(slmtui: Any, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    done = slmtui("run", SAMPLE, "--name", "fern-run", "--cache-dir", cache, "--json")
    assert done.code == 0, done
    stations = [e["station"] for e in done.objects if e["event"] == "station"]
    assert stations == ["source", "conversion", "prompt", "foundry", "runtime"]
    end = done.last
    assert (end["event"], end["status"], end["name"]) == ("finished", "ok", "fern-run")
    assert Path(end["target"]).is_relative_to(cache)
    assert end["model_id"].startswith("fern-run")
    assert end["answer"].strip()
    assert end["seconds"] > 0

    again = slmtui("run", SAMPLE, "--name", "fern-run", "--cache-dir", cache, "--json")
    assert again.code == 0
    assert again.last["answer"] == end["answer"]
    assert not [e for e in again.objects if e["event"] == "progress"]

    (saved,) = [d for d in slmtui("list", "--json").objects[0]["deployments"] if d["name"] == "fern-run"]
    assert saved["next_station"] is None
    assert slmtui("undeploy", "fern-run", "--json").code == 0
    (saved,) = [d for d in slmtui("list", "--json").objects[0]["deployments"] if d["name"] == "fern-run"]
    assert saved["next_station"] == "foundry"


def known_answer() -> tuple[str, str]:
    """A question the tiny sample was trained on, and its answer."""
    from slmtui.source import samples

    file = samples.resolve(SAMPLE).parent / "questions.jsonl"
    first = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    return first["trained"][0], first["answer"]
