"""Presets read from their files, built-in ones and the operator's own, and renditions checked against them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jobs.errors import SettingsError
from jobs.presets.fields import Preset
from jobs.problems import ProblemError
from jobs.spec import JobSpec
from jobs.spec.job import RenditionName

_BUILT_IN = Path(__file__).parent
_NAME: TypeAdapter[str] = TypeAdapter(RenditionName)


class PresetRefused(SettingsError):  # noqa: N818 (it says what happened)
    """A preset's file cannot be used; the message names the file, and the fields with what is wrong with each."""


def read_presets(own: Path | None = None) -> Mapping[str, Preset]:
    """Every channel by its name: the built-in ones, and those of the folder `own`, which replace them by name.

    A file `<name>.toml` is a channel. Raises PresetRefused.
    """
    found = _read_folder(_BUILT_IN)
    if own is not None:
        if not own.is_dir():
            raise PresetRefused(f"PACKSHOT_PRESETS_DIR={str(own)!r}: there is no such folder")
        found |= _read_folder(own)
    return MappingProxyType(dict(sorted(found.items())))


def check_renditions(spec: JobSpec, presets: Mapping[str, Preset]) -> None:
    """Raise ProblemError invalid-parameter, pointing at each rendition that names no channel.

    Or at one whose files could have another's name: "ebay-2" beside "ebay", whose second picture is ebay-2.jpg.
    """
    known = ", ".join(presets)
    mistakes = []
    for index, name in enumerate(spec.renditions):
        stem, _, number = name.rpartition("-")
        if name not in presets:
            mistakes.append((index, f"there is no channel {name!r}; there are {known}"))
        elif number.isdigit() and stem in spec.renditions:
            mistakes.append((index, f"files of {name!r} and of {stem!r} could have one name; ask for them in two jobs"))
    _refuse(mistakes)


def _refuse(found: list[tuple[int, str]]) -> None:
    mistakes = [{"pointer": f"/renditions/{index}", "detail": detail} for index, detail in found]
    if mistakes:
        detail = "; ".join(f"{item['pointer']}: {item['detail']}" for item in mistakes[:3])
        raise ProblemError("invalid-parameter", detail, errors=mistakes)


def _read_folder(folder: Path) -> dict[str, Preset]:
    return {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}


def _read(path: Path) -> Preset:
    try:
        _NAME.validate_python(path.stem)
    except ValidationError as error:
        allowed = "small letters, digits and hyphens, at most 40"
        raise PresetRefused(f"{path}: {path.stem!r} is no channel's name; allowed: {allowed}") from error
    try:
        return Preset.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise PresetRefused("\n".join(f"{path}: {line}" for line in _mistakes(error))) from error
    except (OSError, ValueError) as error:  # unreadable, no UTF-8 or no TOML
        raise PresetRefused(f"{path}: {error}") from error


def _mistakes(error: ValidationError) -> list[str]:
    return [_mistake(item) for item in error.errors(include_url=False)]


def _mistake(item: Mapping[str, Any]) -> str:
    field = ".".join(str(step) for step in item["loc"])
    message = str(item["msg"])
    if item["type"] == "extra_forbidden":
        message = "there is no such field"
    value = item.get("input")
    received = f"; got {value!r}" if isinstance(value, str | int | float) and item["type"] != "missing" else ""
    return f"{field}: {message}{received}" if field else message + received
