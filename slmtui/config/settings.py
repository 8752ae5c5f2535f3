"""The user's settings: a small TOML file that is theirs to edit, so nothing in it is ever lost."""

from __future__ import annotations

import dataclasses
import threading
import tomllib
from pathlib import Path
from typing import Any

from slmtui.config.files import unwritable, write_atomic
from slmtui.config.locations import settings_file
from slmtui.events import Failure

# The same file, read and written by several threads of one program.
_lock = threading.Lock()
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _setting(default: Any, title: str, about: str, *, table: str = "", key: str = "") -> Any:
    """A field of `Settings`, with what it is called on the screen and what it is for."""
    place = {"table": table, "key": key} if table else {}
    return dataclasses.field(default=default, metadata={"title": title, "about": about, **place})


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, with its defaults; the names are the keys of `settings.toml`.

    What stands in a table there names it: `[toolchain] python` is `toolchain_python`.
    """

    theme: str = _setting(
        "slmtui-dark",
        "Theme",
        "The colours. Themes of your own are files in the folder themes beside the settings.",
    )
    animations: bool = _setting(
        True,
        "Animations",
        "Whether anything moves on the screen by itself. The variable TEXTUAL_ANIMATIONS, where it is set,"
        " decides instead.",
    )
    plain_signs: bool = _setting(
        False, "Plain signs", "Signs and lines in ASCII, whatever the terminal says it can show."
    )
    toolchain_python: str = _setting(
        "",
        "Python of Olive",
        "The Python that runs Olive and the runtimes: a path, or a name on PATH. Empty lets slmtui choose,"
        " which Environment shows.",
        table="toolchain",
        key="python",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One of them: its `name` in `Settings`, its `key` in the file with dots, and what it is."""

    name: str
    key: str
    title: str
    about: str
    default: str | bool

    def read(self, text: str) -> str | bool:
        """The value that is typed.

        Raises:
            Failure: it is none.
        """
        if isinstance(self.default, bool):
            if text.strip().lower() not in _BOOLEANS:
                raise Failure(f"{self.key} cannot be {text!r}.", "Take true or false.")
            return _BOOLEANS[text.strip().lower()]
        if "\0" in text:
            raise Failure(f"{self.key} cannot hold a NUL character.", "Type it without.")
        return text.strip()


def described() -> tuple[Setting, ...]:
    """All settings, in their order."""
    return tuple(
        Setting(
            field.name,
            ".".join(part for part in _place(field) if part),
            field.metadata["title"],
            field.metadata["about"],
            field.default,  # type: ignore[arg-type]
        )
        for field in dataclasses.fields(Settings)
    )


def load() -> tuple[Settings, Failure | None]:
    """The settings, and what is wrong with their file; defaults stand in for what cannot be read."""
    path = settings_file()
    try:
        saved = tomllib.loads(_text(path))
    except FileNotFoundError:
        return Settings(), None
    except OSError as error:
        reason = error.strerror or str(error)
        return Settings(), Failure(f"{path} cannot be read: {reason}.", "Make that file readable.")
    except ValueError as error:  # TOMLDecodeError is one, and so is text that is not UTF-8
        return Settings(), Failure(
            f"{path} is damaged: {error}",
            "Mend or delete it. Until then the defaults hold; the next setting saved keeps it as "
            f"{path.name}.broken and starts anew.",
        )
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(Settings):
        table, key = _place(field)
        section = saved.get(table, {}) if table else saved
        if not isinstance(section, dict):
            wrong.append(f"{table} has to be a table ([{table}]), not {section!r}")
        elif key in section and type(section[key]) is type(field.default) and "\0" not in str(section[key]):
            values[field.name] = section[key]
        elif key in section:
            name = f"[{table}] {key}" if table else key
            wrong.append(f"{name} has to be {_kind(field.default)}, not {section[key]!r}")
    problem = Failure(f"In {path}: {'; '.join(wrong)}.", "The defaults hold instead; edit that file.")
    return Settings(**values), problem if wrong else None


def save(**changes: Any) -> Settings:
    """Change the named settings in the file, and nothing else in it: unknown keys and comments stay.

    A damaged file is set aside as `settings.toml.broken` first.

    Raises:
        Failure: the file cannot be read or written.
        TypeError: there is no setting of that name.
    """
    import tomlkit  # only who writes pays for it; every start reads

    with _lock:
        settings = dataclasses.replace(load()[0], **changes)
        path = settings_file()
        try:
            document = tomlkit.parse(_text(path))
        except FileNotFoundError:
            document = tomlkit.document()
        except OSError as error:
            raise unwritable(path, error) from error
        except ValueError:
            _set_aside(path)
            document = tomlkit.document()
        fields = {field.name: field for field in dataclasses.fields(Settings)}
        for name, value in changes.items():
            table, key = _place(fields[name])
            if table and not isinstance(document.get(table), dict):
                document[table] = tomlkit.table()
            section = document[table] if table else document
            section[key] = value
        # Where the file is a link (dotfiles are kept like that), what it points to is replaced, not the link.
        write_atomic(path.resolve(), tomlkit.dumps(document))
        return settings


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")  # editors on Windows write a byte order mark


def _place(field: dataclasses.Field[Any]) -> tuple[str, str]:
    """The table (empty for none) and the key of a setting in the file."""
    return field.metadata.get("table", ""), field.metadata.get("key", field.name)


def _set_aside(path: Path) -> None:
    """Keep a damaged file under a name that nothing has yet."""
    broken, number = path.with_name(f"{path.name}.broken"), 2
    while broken.exists():
        broken, number = path.with_name(f"{path.name}.broken-{number}"), number + 1
    try:
        path.rename(broken)
    except OSError as error:
        raise unwritable(broken, error) from error


def _kind(value: object) -> str:
    return {str: "text", bool: "true or false", int: "a whole number"}.get(type(value), type(value).__name__)
