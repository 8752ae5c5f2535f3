"""The frame of a configuration: the settings of the run, and the systems it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slmtui.config.json_text import Keys
from slmtui.conversion.rules.document import Document, Member, first_of
from slmtui.conversion.rules.finding import Edit, Finding, Put, Severity, Swap
from slmtui.conversion.rules.knowledge import closest, knowledge, renamed

LOCAL = "local_system"
LOCAL_SYSTEM: dict[str, Any] = {
    "type": "LocalSystem",
    "accelerators": [{"device": "cpu", "execution_providers": ["CPUExecutionProvider"]}],
}


def settings(document: Document) -> Iterator[Finding]:
    """Keys at the top that Olive refuses, and values it cannot take."""
    top = knowledge().top
    for _, path, _ in document.shadowed((), "engine"):
        yield document.find(
            "warning", path, f"{path[-1]} stands in engine, too, and that one counts.", "Remove one.",
            (Swap(path, {}),),
        )  # fmt: skip
    for name, path, value in document.gathered((), "engine"):
        if name not in top:
            yield _unknown_at_top(document, name, path, value)
        elif not top[name].accepts(value) or (value is None and name in ("passes", "input_model")):
            yield wrong_value(document, Member(name, path, value))


def wrong_value(document: Document, member: Member) -> Finding:
    """The finding for a value at the top that Olive does not take."""
    key = knowledge().top[member.name]
    right = key.nearest(member.value)
    fix = f"Write {key.expected}." if right is None else f"Write {right!r}."
    edit: Edit | None = None if right is None else (Put(member.path, right),)
    return document.find("error", member.path, f"{member.name} has to be {key.expected}.", fix, edit)


def _unknown_at_top(document: Document, name: str, path: Keys, value: Any) -> Finding:
    gone = renamed()["top"].get(name)
    right = closest(name, knowledge().top) if gone is None else gone
    cause = f"Olive has no setting {name}, and refuses the whole configuration because of it."
    if right and (*path[:-1], right) not in document.layout.spans:
        return document.find("error", path, cause, f"Write {right}.", (Swap(path, {right: value}),))
    return document.find("error", path, cause, "Remove it.", (Swap(path, {}),))


def systems(document: Document) -> Iterator[Finding]:
    """Systems, and the names of them that the run and its passes use."""
    for name, path, value in document.members(("systems",)):
        if not isinstance(value, dict):
            fix = "Describe it as a LocalSystem."
            yield document.find(
                "error", path, f"{name} has to be an object.", fix, (Put(path, LOCAL_SYSTEM),)
            )
            continue
        yield from _system(document, path, value)
    users = [document.engine("host"), document.engine("target")]
    users += [
        Member("host", (*each.path, "host"), document.at((*each.path, "host"))) for each in document.passes()
    ]
    names = [member.name for member in document.members(("systems",))]
    for name, path, value in users:
        if isinstance(value, str) and value not in names:
            yield _nowhere(document, name, path, value, names)
        elif isinstance(value, dict):
            yield from _system(document, path, value)
    yield from _unused(document, names)


def _nowhere(document: Document, role: str, path: Keys, value: str, names: list[str]) -> Finding:
    cause = f"{role} names the system {value}, which is not described in systems."
    right = closest(value, names) or (names[0] if len(names) == 1 else None)
    if right:
        return document.find("error", path, cause, f"Write {right}.", (Put(path, right),))
    edit = (Put(("systems", value), LOCAL_SYSTEM),)
    return document.find("error", path, cause, "Describe it: this computer, with its CPU.", edit)


def _unused(document: Document, names: list[str]) -> Iterator[Finding]:
    """A system that is described and not named: Olive then takes the CPU of this computer."""
    if not names:
        if document.engine("host").value is None and document.engine("target").value is None:
            yield document.find(
                "info",
                (),
                "No systems, host and target are given: Olive runs here and makes a model for the CPU.",
                "Say so, if that is meant.",
                (Put(("systems", LOCAL), LOCAL_SYSTEM), Put(("host",), LOCAL), Put(("target",), LOCAL)),
            )
        return
    for role, meaning in (("target", "makes a model for the CPU"), ("host", "runs on this computer")):
        member = document.engine(role)
        if member.value is None:
            severity: Severity = "warning" if role == "target" else "info"
            yield document.find(
                severity,
                member.path,
                f"No {role} is named, so systems does not count for it: Olive {meaning}.",
                f"Name one: {names[0]}.",
                (Put(member.path, names[0]),),
            )


def _system(document: Document, path: Keys, value: dict[str, Any]) -> Iterator[Finding]:
    """One system."""
    known = knowledge().systems
    kind = value.get("type")
    right = next((name for name in known if isinstance(kind, str) and name.lower() == kind.lower()), None)
    if right is None:
        cause = "The system has no type." if kind is None else f"There is no type of system {kind!r}."
        meant = closest(str(kind), known) if kind else None
        meant = meant or ("LocalSystem" if kind is None or "local" in str(kind).lower() else None)
        edit = (Put((*path, "type"), meant),) if meant else None
        fix = f"Write {meant}." if meant else f"Take one of: {', '.join(known)}."
        yield document.find("error", (*path, "type"), cause, fix, edit)
        return
    if right != "LocalSystem":
        yield document.find(
            "warning",
            (*path, "type"),
            f"A {right} system is another environment, of which slmtui knows nothing.",
            "Take LocalSystem, unless you need it.",
        )
    for name, where, given in document.gathered(path, "config", ("type",)):
        if name not in known[right]:
            meant = closest(name, known[right])
            swap = (Swap(where, {meant: given} if meant else {}),)
            fix = f"Write {meant}." if meant else "Remove it."
            yield document.find(
                "error", where, f"Olive ignores {name}: a {right} has no such setting.", fix, swap
            )
        elif not known[right][name].accepts(given):
            expected = known[right][name].expected
            edit_list: Edit | None = (Put(where, [given]),) if isinstance(given, dict) else None
            yield document.find(
                "error", where, f"{name} has to be {expected}.", f"Write {expected}.", edit_list
            )
        elif name == "accelerators" and given:
            yield from _accelerators(document, where, given)


def _accelerators(document: Document, path: Keys, given: list[Any]) -> Iterator[Finding]:
    if len(given) > 1:
        yield document.find(
            "error", path, "Olive takes one accelerator.", "Keep the first.", (Put(path, given[:1]),)
        )
    where, first = (*path, "[0]"), given[0]
    if not isinstance(first, dict):
        entry = _accelerator_called(str(first))
        edit: Edit | None = (Put(where, entry),) if entry else None
        fix = "Describe it with device and execution_providers."
        yield document.find("error", where, "An accelerator has to be an object.", fix, edit)
        return
    for name, at, value in document.members(where):
        if name not in knowledge().accelerator:
            meant = closest(name, knowledge().accelerator)
            yield document.find(
                "error",
                at,
                f"Olive ignores {name}: an accelerator has no such setting.",
                f"Write {meant}." if meant else "Remove it.",
                (Swap(at, {meant: value} if meant else {}),),
            )
    yield from _device(document, where, first)


def _accelerator_called(name: str) -> dict[str, Any] | None:
    """The accelerator that older configurations give as the name of a device or provider."""
    known = knowledge()
    if name.lower() in known.devices:
        return {"device": name.lower()}
    return {"execution_providers": [name]} if name in known.providers else None


def _device(document: Document, where: Keys, first: dict[str, Any]) -> Iterator[Finding]:
    """The device and the execution provider, and whether they go together."""
    known = knowledge()
    device, providers = first.get("device"), first.get("execution_providers")
    at = (*where, "execution_providers")
    if device is None and not providers:
        cause = "An accelerator needs a device or an execution provider."
        edit: Edit = (Put(where, {**first, **LOCAL_SYSTEM["accelerators"][0]}),)
        yield document.find("error", where, cause, "Take the CPU.", edit)
        return
    if device is not None and str(device).lower() not in known.devices:
        meant = closest(str(device), known.devices)
        fix = f"Take one of: {', '.join(known.devices)}."
        put: Edit | None = (Put((*where, "device"), meant),) if meant else None
        yield document.find("error", (*where, "device"), f"There is no device {device!r}.", fix, put)
        return
    given = providers if isinstance(providers, list) else [providers] if providers else []
    if len(given) > 1:
        cause = "Olive takes one execution provider for an accelerator."
        yield document.find("error", at, cause, f"Keep {given[0]!r}.", (Put(at, given[:1]),))
        return
    name = first_of(given)
    if name is None:
        return
    if name not in known.providers:
        meant = _provider_called(str(name))
        put = (Put(at, [meant]),) if meant else None
        fix = f"Write {meant}." if meant else f"Take one of: {', '.join(known.providers)}."
        yield document.find("error", at, f"Olive knows no execution provider {name!r}.", fix, put)
    elif device is not None and name not in known.devices[str(device).lower()]:
        right = next(each for each, those in known.devices.items() if name in those)
        cause = (
            f"{name} does not run on the device {device}: Olive would make a model for the CPU in its place."
        )
        yield document.find("error", at, cause, f"Write device {right}.", (Put((*where, "device"), right),))


def _provider_called(name: str) -> str | None:
    """The execution provider that `name` means: `cuda`, `CUDA`, `CpuExecutionProvider`."""
    short = name.lower().removesuffix("executionprovider")
    short = {"directml": "dml", "webgpu": "webgpu", "tensorrtrtx": "nvtensorrtrtx"}.get(short, short)
    providers = {each.lower().removesuffix("executionprovider"): each for each in knowledge().providers}
    return providers.get(short) or closest(name, knowledge().providers)
