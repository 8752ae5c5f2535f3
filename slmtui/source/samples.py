"""The samples to try slmtui with, and from what a user types to a path."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from slmtui.config import locations
from slmtui.config.files import folder_bytes
from slmtui.events import Cancel, Failure, LogLine, Progress, Service
from slmtui.source import hub_cache
from slmtui.source.manifest import Manifest, manifests
from slmtui.units import size


@dataclass(frozen=True, slots=True)
class Sample:
    """A model to try: shipped with slmtui (`bundled`), or fetched when asked for.

    `path` is the folder or the GGUF file, None while it is not here whole (`available` is False). `bytes`
    are those on disk, measured where it is here.
    """

    name: str
    title: str
    description: str
    path: Path | None
    bytes: int
    available: bool
    bundled: bool
    licence: str
    suggested_prompts: tuple[str, ...]


def samples() -> tuple[Sample, ...]:
    """All samples, those that ship with slmtui first."""
    return tuple(_sample(manifest) for manifest in manifests())


def find(name: str) -> Sample | None:
    """The sample of that name."""
    return next((sample for sample in samples() if sample.name == name), None)


def get(name: str, cancel: Cancel) -> Service[Path]:
    """The sample's path, fetched first if it is not here; a fetched file is checked again each time.

    Raises:
        Failure: there is no such sample, or it cannot be fetched whole.
        Cancelled: nothing is left of the attempt.
    """
    manifest = next((manifest for manifest in manifests() if manifest.name == name), None)
    if manifest is None:
        raise _no_such_sample(name)
    sample = _sample(manifest)
    if manifest.package is None:
        if sample.path is None:
            raise _not_here(sample)
        return sample.path
    # Only who fetches pays for it: the screens import this module before their first frame.
    from slmtui.source.fetch import check, fetch

    package, folder = manifest.package, _fetched_folder(name)
    if sample.path is not None:
        try:
            yield from check(sample.path, package.file_bytes, package.file_sha256, 0.0, cancel)
            yield Progress("check", f"{package.file} is here and checked", 1.0, 0.0)
            return sample.path
        except Failure as failure:
            yield LogLine(failure.cause)
            # Gone at once: should fetching it again fail, the damaged file must not pass for a sample.
            sample.path.unlink(missing_ok=True)
        except OSError as error:
            yield LogLine(f"{sample.path} cannot be read: {error}")
    return (yield from fetch(name, package, folder, cancel))


def resolve(text: str) -> Path:
    """The absolute path of what a user typed: a sample's name, or a path (`~` and quotes are taken off).

    Raises:
        Failure: there is nothing of that name; the fix says what it may be instead.
    """
    typed = text.strip()
    if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "'\"":
        typed = typed[1:-1]
    if not typed:
        raise Failure("No model is named.", "Give a sample's name, a Hugging Face folder or a .gguf file.")
    sample = find(typed)
    if sample is not None:
        if sample.path is None:
            raise _not_here(sample)
        return sample.path
    try:
        path = Path(typed).expanduser().absolute()
        if path.exists():
            return path
    except (OSError, ValueError, RuntimeError) as error:
        raise Failure(f"{typed[:200]!r} cannot be a path: {error}.", "Check what you typed.") from error
    identifier = hub_cache.asked_for(typed)
    if identifier is not None and (here := hub_cache.find(identifier)) is not None:
        return here
    raise _nothing_there(typed, path)


def _not_here(sample: Sample) -> Failure:
    if sample.bundled:
        return Failure(f"The files of the sample {sample.name} are missing.", "Install slmtui again.")
    return Failure(
        f"The sample {sample.name} is not here yet.",
        f"`slmtui samples get {sample.name}` fetches it ({size(sample.bytes)}).",
    )


def _nothing_there(typed: str, path: Path) -> Failure:
    identifier = hub_cache.asked_for(typed)
    if identifier is not None:
        repository = identifier.repository
        return Failure(
            f"There is no folder {typed}; if it is a model on the Hugging Face hub, it is not here yet.",
            "`slmtui convert` and `slmtui run` fetch it. Or download it yourself,"
            f" `hf download {repository} --local-dir {repository.rpartition('/')[2]}`, and give that folder.",
        )
    near = get_close_matches(typed, [sample.name for sample in samples()], 1)
    if near:
        return Failure(f"There is nothing called {typed}.", f"Did you mean the sample {near[0]}?")
    if not path.parent.is_dir():
        return Failure(
            f"There is no file or folder {path}.", f"The folder {path.parent} does not exist either."
        )
    siblings = get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], 1)
    fix = f"Did you mean {path.parent / siblings[0]}?" if siblings else "Check the path."
    return Failure(f"There is no file or folder {path}.", fix)


def _no_such_sample(name: str) -> Failure:
    names = ", ".join(manifest.name for manifest in manifests())
    return Failure(f"There is no sample called {name}.", f"The samples are: {names}.")


def _fetched_folder(name: str) -> Path:
    return locations.cache_dir() / "samples" / name


def _sample(manifest: Manifest) -> Sample:
    path: Path | None
    if manifest.package is not None:
        # The size alone is looked at here: the list must not read a hundred megabytes each time.
        path = _fetched_folder(manifest.name) / manifest.package.file
        here = path.is_file() and path.stat().st_size == manifest.package.file_bytes
        count = manifest.package.file_bytes
    else:
        path = manifest.folder
        here = (
            path is not None and (path / "config.json").is_file() and (path / "model.safetensors").is_file()
        )
        count = folder_bytes(path) if path is not None and here else 0
    return Sample(
        name=manifest.name,
        title=manifest.title,
        description=manifest.description,
        path=path if here else None,
        bytes=count,
        available=here,
        bundled=manifest.package is None,
        licence=manifest.licence,
        suggested_prompts=manifest.suggested_prompts,
    )
