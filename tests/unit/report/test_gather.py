"""A report gathered from what was recorded and measured: complete, honest about the rest, and private."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any, get_args

import pytest

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.foundry.deployed import DeployedModel
from slmtui.pipeline.measurements import keep
from slmtui.pipeline.template_proof import template_digest
from slmtui.report.document import Report
from slmtui.report.gather import gather
from slmtui.report.render import Form, render
from slmtui.runtime import conversation, conversations
from tests.unit.report.made import bench, checklist, quality

OK = {"id": "loads", "title": "The runtime loads it", "status": "ok", "evidence": "after 0.3 s", "fix": ""}
PARITY = {"verdict": "verified", "reason": "as INT4 can", "cosine": 0.99, "top1": 0.86, "kl_mean": 0.05}
PASSES = {"builder": {"type": "ModelBuilder", "precision": "int4", "int4_block_size": 32}}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A converted model's folder, as far as a report looks at it."""
    folder = Path.home() / "my models" / "lamp-int4"
    folder.mkdir(parents=True)
    (folder / "genai_config.json").write_text('{"model": {"context_length": 2048}}', encoding="utf-8")
    (folder / "model.onnx").write_bytes(b"x" * 1000)
    return folder


def describe(model: Path, origin: Path, **changed: Any) -> None:
    """Write its manifest."""
    document = {
        "made_at": "2026-01-02T03:04:05+00:00",
        "seconds": 9.0,
        "peak_rss_bytes": 400_000_000,
        "precision": "int4",
        "recipe": {"preset": "guide", "options": {}},
        "passes": PASSES,
        "parity": {**PARITY, "kl_p99": 0.3, "tokens": 852, "seconds": 3.0},
        "verdicts": [OK],
        "key": "abc",
        "versions": {"slmtui": "0.1.0", "torch": "2.13.0"},
        "source": {
            "path": str(origin),
            "format": "huggingface",
            "architecture": "Qwen2ForCausalLM",
            "parameters": 1_513_920,
            "dtype": "bfloat16",
            "licence": "mit",
            "files": {"model.safetensors": {"bytes": 3_000_000, "sha256": "ab12"}},
        },
        "files": {"model.onnx": {"bytes": 1000, "sha256": "cd34"}},
    }
    (model / "slmtui.json").write_text(json.dumps(document | changed), encoding="utf-8")


def deploy(model: Path, source: Path, evidence: str = "4 of 4 conversations agree") -> Deployment:
    """A deployment that has converted the model and written its template."""
    made = Deployment.new("lamp", source).with_step("source", "verified")
    made = made.with_step("conversion", "verified", output=str(model))
    return made.with_step(
        "prompt", "verified", verdicts=[{**OK, "id": "agrees", "evidence": evidence}]
    ).save()


def test_what_is_recorded_and_measured_is_all_in_it(model: Path, tmp_path: Path) -> None:
    describe(model, tmp_path / "lamp")
    deploy(model, tmp_path / "lamp")
    for found in (bench(), quality(), checklist()):
        keep(model, found)
    report = gather("lamp")
    assert report == gather(str(model)).__class__.from_json(report.to_json())
    assert report.name == "lamp"
    assert (report.model.folder, report.model.bytes, report.model.context) == (
        "~/my models/lamp-int4",
        1000,
        2048,
    )
    assert (report.model.precision, report.model.recipe) == ("int4", "INT4, block size 32, symmetric")
    assert report.source is not None
    assert (report.source.name, report.source.bytes, report.source.files[0].sha256) == (
        "lamp",
        3_000_000,
        "ab12",
    )
    assert report.parity is not None
    assert (report.parity.verdict, report.parity.kl_p99) == ("verified", 0.3)
    assert [verdict.evidence for verdict in report.template] == ["4 of 4 conversations agree"]
    assert (report.bench, report.quality, report.checklist) == (bench(), quality(), checklist())
    assert [each.what for each in report.missing] == ["whether Foundry Local finds and loads it"]
    assert {each.what: each.truth for each in report.forecast} == {"size": 1000, "memory": 4e8, "time": 9.0}
    assert any("its source is not here any more" in note for note in report.notes)


def test_what_was_not_measured_is_said_with_what_measures_it(model: Path) -> None:
    report = gather(str(model))
    assert {each.command.split()[1].rstrip(",") for each in report.missing} >= {"bench", "validate", "deploy"}
    assert report.parity is None
    assert report.commands == ()
    assert "no slmtui.json" in report.notes[0]
    bench_it = next(each.command for each in report.missing if each.what == "its speed")
    assert bench_it == "slmtui bench ~/'my models/lamp-int4'"  # a shell finds the home folder in it
    for form in get_args(Form):
        assert "slmtui bench" in render(report, form)


def test_a_model_that_was_not_compared_has_no_parity(model: Path, tmp_path: Path) -> None:
    describe(model, tmp_path, parity={"verdict": "unverified", "cosine": None, "tokens": 0, "reason": "no"})
    report = gather(str(model))
    assert report.parity is None
    assert any("parity" in each.what for each in report.missing)


def test_the_forecast_stands_beside_the_truth(model: Path, sample_dir: Path) -> None:
    files = {path.name: {"bytes": path.stat().st_size, "sha256": "ab"} for path in sample_dir.iterdir()}
    del files["README.md"]
    described = {"path": str(sample_dir), "format": "huggingface", "files": files}
    describe(model, sample_dir, source=described)
    report = gather(str(model))
    figures = {each.what: each.forecast for each in report.forecast}
    assert figures["size"] == pytest.approx(2.5e6, rel=0.1)
    assert figures["memory"] == pytest.approx(5.3e8, rel=0.1)
    assert report.source is not None
    assert report.source.name == "fernlight-support"
    assert report.commands[0].lines.startswith("slmtui convert fernlight-support --output lamp-int4-again")
    describe(model, sample_dir, source=described | {"files": {}})
    assert any("changed since" in note for note in gather(str(model)).notes)


def test_the_commands_make_the_same_model_elsewhere(model: Path) -> None:
    hub = Path("/cache/hub/models--maker--lamp-1b/snapshots") / ("0123456789" * 4)
    passes = {"one": {"type": "Rtn", "bits": 8}, "two": {"type": "ModelBuilder", "precision": "int4"}}
    describe(
        model, hub, precision="int8", recipe={"preset": "whole", "options": {"block_size": 64}}, passes=passes
    )
    ours, olive, config, *_ = gather(str(model)).commands
    assert f"convert maker/lamp-1b@{'0123456789' * 4} --output" in ours.lines
    assert "--precision int8 --preset whole --option block_size=64" in ours.lines
    assert "olive run --config olive_config.json" in olive.lines
    # The preset may have other values by now: what ran is what is written down.
    assert json.loads(config.lines)["passes"]["one"] == passes["one"]
    describe(model, hub, recipe=None)
    ours, config, *_ = gather(str(model)).commands
    assert ours.lines.endswith("--config olive_config.json")
    assert json.loads(config.lines)["passes"] == PASSES


def test_a_damaged_manifest_is_said_and_ends_nothing(model: Path) -> None:
    (model / "slmtui.json").write_text('{"made_at": ', encoding="utf-8")
    report = gather(str(model))
    assert "cannot be read" in report.notes[0]
    assert report.source is None


def test_it_names_nobody_and_no_place(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "adas-laptop.example")
    monkeypatch.setenv("USER", "ada")
    source = tmp_path / "secret projects" / "lamp"
    describe(model, source, passes={"b": {"type": "ModelBuilder", "text": f"{source}/calibration.txt"}})
    elsewhere = "/srv/ada/cache/models/lamp"
    deploy(model, source, f"ada on adas-laptop reads {model} and {source}/x.json, {elsewhere}")
    keep(model, checklist(text=f"see {Path.home()}/log"))
    report = gather("lamp")
    assert report.template[0].evidence == "<user> on <host> reads ~/my models/lamp-int4 and lamp/x.json, lamp"
    for form in get_args(Form):
        text = render(report, form).replace("see " + json.dumps(str(Path.home()))[1:-1], "")
        for private in (str(Path.home()), str(tmp_path), "adas-laptop", "secret projects", "/srv/ada"):
            assert private not in text
    # What the model has said stays as it said it.
    assert report.checklist is not None
    assert report.checklist.suite is not None
    assert report.checklist.suite.answers[0].answer == f"see {Path.home()}/log"


def test_conversations_stay_here_unless_they_are_asked_for(model: Path) -> None:
    talk = conversation.grown(conversation.ask(conversation.new("lamp", str(model)), "My secret?"), "No.")
    conversations.save(talk)
    assert "My secret?" not in json.dumps(gather(str(model)).to_json())
    (sample,) = gather(str(model), transcripts=True).samples
    assert (sample.question, sample.answer) == ("My secret?", "No.")


def test_samples_show_what_failed_first_and_shortened(model: Path) -> None:
    suite = pipeline.suite_path(model)
    suite.parent.mkdir(parents=True)
    suite.write_text(json.dumps({"prompt": "What?", "equals": "that"}) + "\n", encoding="utf-8")
    keep(model, checklist(passed=0, of=1, text="no " * 1000, suite_name=suite.name))
    (sample,) = gather(str(model)).samples
    assert (sample.question, sample.note) == ("What?", "did not pass: not it")
    assert len(sample.answer) == 600
    suite.unlink()
    assert gather(str(model)).samples[0].question == "question 1"


def test_a_deployed_copy_has_the_figures_of_what_it_is_a_copy_of(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(model, tmp_path / "lamp")
    keep(model, bench())
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("genai_config.json", "model.onnx"):
        (copy / name).write_bytes((model / name).read_bytes())
    deploy(model, tmp_path / "lamp").with_step(
        "foundry", "verified", target=str(copy), model_id="lamp:1"
    ).save()
    report: Report = gather("lamp")
    assert report.bench == bench()
    assert report.model.precision == "int4"
    (copy / "model.onnx").write_bytes(b"another")
    changed = gather("lamp")
    assert changed.model.precision == ""
    assert "another by now" in changed.notes[0]


def test_a_template_that_was_changed_after_it_was_proved_is_said(model: Path, tmp_path: Path) -> None:
    describe(model, tmp_path / "lamp")
    (model / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    one = deploy(model, tmp_path / "lamp")
    step = one.step("prompt")
    one.with_step("prompt", "verified", **step.record, digest=template_digest(model)).save()
    assert [each.id for each in gather("lamp").template] == ["agrees"]
    (model / "inference_model.json").write_text("{}", encoding="utf-8")
    found = gather("lamp").template
    assert [(each.id, each.status) for each in found] == [("agrees", "ok"), ("template-unchanged", "warn")]
    assert "slmtui template" in found[1].fix
    assert str(Path.home()) not in found[1].fix


def test_a_deployed_copy_with_another_template_is_said(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(model, tmp_path / "lamp")
    deploy(model, tmp_path / "lamp")
    folder = tmp_path / "cache" / "lamp"
    copy = DeployedModel(
        "lamp", 1, "lamp:1", folder, folder.parent, 1, True, True, folder, model, "copy", "2026-01-02T03:04"
    )
    monkeypatch.setattr(pipeline, "deployed_models", lambda: (copy,))
    monkeypatch.setattr(pipeline, "behind", lambda folder: (copy,) if folder == model else ())
    assert [each.id for each in gather("lamp").template] == ["agrees", "template-deployed"]


def test_no_such_model_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        gather(str(tmp_path / "none"))
    assert caught.value.fix
