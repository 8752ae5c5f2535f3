"""All that is known of a model in one report: what was recorded and measured; nothing is measured now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slmtui import __version__, pipeline
from slmtui.config.files import folder_bytes
from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.events import Verdict
from slmtui.pipeline import Measurements
from slmtui.pipeline.template_proof import template_digest
from slmtui.report.decode import decode
from slmtui.report.document import Command, Deployed, File, Missing, Model, Parity, Report, Source
from slmtui.report.foretold import foretold
from slmtui.report.machine import machine
from slmtui.report.private import Private, shown
from slmtui.report.rebuild import rebuild, recipe_of, run_line, source_name
from slmtui.report.recorded import Recorded, recorded, verdicts
from slmtui.report.samples import samples_of


def gather(target: str, *, transcripts: bool = False) -> Report:
    """The report on a deployed or converted model by its name, or on a converted model's folder.

    It names no user, machine or home folder. Conversations are private, and are part of it only with
    `transcripts`.

    Raises:
        Failure: there is no such model.
    """
    found = recorded(target)
    measured = _measured(found)
    private = Private(found.paths)
    manifest = private.manifest(found.manifest)
    figures, no_forecast = foretold(found.manifest) if manifest else ((), "")
    template = _template(found)
    deployed = _deployed(found)
    report = Report(
        name=found.name,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        slmtui=__version__,
        machine=machine(),
        model=_model(found, manifest),
        source=_source(manifest.get("source")),
        commands=(*rebuild(manifest, _output(found)), *_afterwards(found, _output(found))),
        forecast=figures,
        conversion=tuple(each for each in verdicts(manifest.get("verdicts")) if each.id != "parity"),
        parity=_parity(manifest.get("parity")),
        template=template,
        deployed=deployed,
        bench=measured.bench,
        quality=measured.quality,
        checklist=measured.checklist,
        samples=samples_of(found, measured.checklist, transcripts=transcripts),
        notes=(*found.notes, *filter(None, [no_forecast]), *{each.cause: "" for each in measured.problems}),
    )
    document = report.to_json() | {"missing": [_as_json(each) for each in _missing(found, report)]}
    return Report.from_json(private.document(document))


def _measured(found: Recorded) -> Measurements:
    """The latest figures of the model and of what it is a copy of."""
    own, made = (pipeline.measurements(folder) for folder in (found.folder, found.made))
    return Measurements(
        bench=max((each for each in (own.bench, made.bench) if each), key=lambda b: b.at, default=None),
        quality=own.quality or made.quality,
        checklist=max(
            (each for each in (own.checklist, made.checklist) if each), key=lambda c: c.at, default=None
        ),
        problems=tuple(dict.fromkeys((*own.problems, *made.problems))),
    )


def _as_json(missing: Missing) -> dict[str, str]:
    return {"what": missing.what, "command": missing.command}


def _output(found: Recorded) -> str:
    return f"{found.name}-again"


def _model(found: Recorded, manifest: Mapping[str, Any]) -> Model:
    recipe = recipe_of(found.manifest)
    files = manifest.get("files") or {}
    own = bool(manifest) and manifest.get("recipe") is None
    return Model(
        folder=shown(found.folder),
        bytes=sum(int(each["bytes"]) for each in files.values()) if files else folder_bytes(found.folder),
        context=_context(found.folder),
        precision=str(manifest.get("precision") or ""),
        recipe=recipe.title if recipe else "a configuration of your own" if own else "",
        own_configuration=own,
        passes=manifest.get("passes") or {},
        made_at=str(manifest.get("made_at") or ""),
        seconds=manifest.get("seconds"),
        peak_rss_bytes=manifest.get("peak_rss_bytes"),
        versions={str(name): str(version) for name, version in (manifest.get("versions") or {}).items()},
        key=manifest.get("key"),
    )


def _context(folder: Path) -> int | None:
    try:
        length = json.loads((folder / "genai_config.json").read_text("utf-8-sig"))["model"]["context_length"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return length if isinstance(length, int) else None


def _source(described: Any) -> Source | None:
    if not isinstance(described, Mapping):
        return None
    licence = described.get("licence")
    return Source(
        name=source_name(str(described.get("path", ""))),
        format=str(described.get("format", "")),
        architecture=str(described.get("architecture", "")),
        parameters=int(described.get("parameters") or 0),
        dtype=str(described.get("dtype", "")),
        licence=str(licence) if licence else None,
        files=tuple(
            File(str(name), int(each["bytes"]), str(each["sha256"]))
            for name, each in (described.get("files") or {}).items()
        ),
        base=_source(described.get("base")),
    )


def _parity(saved: Any) -> Parity | None:
    """The comparison that ended the conversion; one that was not made is none."""
    try:
        found = decode(Parity, saved, "parity")
    except ValueError:
        return None
    return None if found.verdict == "unverified" else found


def _template(found: Recorded) -> tuple[Verdict, ...]:
    """What was said of the template, and whether it is still about the one on the disk."""
    step = found.deployment.step("prompt") if found.deployment else None
    said = verdicts(step.record.get("verdicts")) if step else ()
    if step is None or not said:
        return ()
    proved = step.record.get("digest")
    if proved and proved != template_digest(found.made):
        said += (
            Verdict(
                "template-unchanged",
                "The template is the one that was proved",
                "warn",
                f"its files were changed after {step.at[:16].replace('T', ' ')}, when it was proved",
                f"Prove it again: {run_line('template', shown(found.made), '--check')}",
            ),
        )
    copy = found.deployed.folder if found.deployed else None
    if any(one.folder == copy for one in pipeline.behind(found.made)):
        said += (
            Verdict(
                "template-deployed",
                "The deployed copy has the model's template",
                "warn",
                "its template or its options differ from those of the model",
                f"Deploy it again: {run_line('deploy', shown(found.made), '--name', found.name)}",
            ),
        )
    return said


def _deployed(found: Recorded) -> Deployed | None:
    if found.deployed is None:
        return None
    one = found.deployed
    spoken, at = one.verdicts, one.checked_at
    if not spoken and found.deployment:
        step = found.deployment.step("foundry")
        spoken, at = verdicts(step.record.get("verdicts")), str(step.record.get("verified_at", step.at))
    return Deployed(one.model_id, one.method, at, spoken)


def _afterwards(found: Recorded, output: str) -> tuple[Command, ...]:
    if not found.manifest.get("source"):
        return ()
    lines = [run_line("template", output, "--write")]
    if found.deployed:
        one = found.deployed
        version = () if one.version == 1 else ("--version", str(one.version))
        lines.append(run_line("deploy", output, "--name", one.name, "--method", one.method, *version))
    return (
        Command("Its template" + (", and into Foundry Local" if found.deployed else ""), "\n".join(lines)),
    )


def _missing(found: Recorded, report: Report) -> tuple[Missing, ...]:
    """What was not measured, each with what measures it."""
    by_name = found.deployed is not None or found.deployment is not None
    folder = shown(found.made)
    called = found.name if by_name else folder
    source = report.source.name if report.source else "SOURCE"
    convert = next((each.lines for each in report.commands), f"slmtui convert {source} --output DIR")
    validate = run_line("validate", called, "--against", source)
    agrees = run_line("template", folder, "--check")
    deploy = run_line("deploy", folder, "--name", found.name)
    wanted = [
        (report.parity, "the comparison with its source (parity)", convert),
        (report.template, "whether the prompt template agrees with the chat template", agrees),
        (report.deployed, "whether Foundry Local finds and loads it", deploy),
        (report.bench, "its speed", run_line("bench", called)),
        (report.quality, "its quality against the source over a text", validate),
        (report.checklist, "the quality checklist", validate),
    ]
    missing = [Missing(what, command) for there, what, command in wanted if not there]
    if found.deployed and report.deployed and not report.deployed.verdicts:
        missing.append(Missing("whether Foundry Local finds and loads it", run_line("verify", called)))
    if not found.manifest:
        missing.append(Missing(f"what it was made of (there is no {MANIFEST})", convert))
    return tuple(missing)
