"""A data set stretched by variations: which pictures are to be made of which photos. Starts no job."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from packshot.errors import MalformedAnswer
from packshot.parts import SEEDS, parts_of
from packshot.photos import Task, plan_tasks
from packshot.reading import as_document
from packshot.standing import kept

RECIPE_FILE = "augment.json"


@dataclass(frozen=True)
class Recipe:
    """What makes the pictures what they are: the photos (paths within their folder), how many, and how."""

    photos: tuple[str, ...]
    pictures: int
    seed: int
    operations: tuple[Mapping[str, Any], ...]
    output: Mapping[str, Any]

    def differences(self, folder: Path) -> list[str]:
        """What the recipe in a folder says otherwise, a few words each; none where there is no recipe."""
        path = folder / RECIPE_FILE
        if not path.exists():
            return []
        try:
            theirs = as_document(json.loads(path.read_text(encoding="utf-8", errors="surrogateescape")))
        except (ValueError, MalformedAnswer) as error:
            return [f"its {RECIPE_FILE} cannot be read ({error})"]
        ours = json.loads(self._json())
        return [_difference(name, theirs.get(name), ours[name]) for name in ours if theirs.get(name) != ours[name]]

    def write(self, folder: Path) -> None:
        """Leaves itself in a folder, for the next run to compare with.

        Raises FileKept where a file of that name is there and no recipe.
        """
        path = folder / RECIPE_FILE
        if os.path.lexists(path) and not _is_recipe(path):
            raise kept(path)
        replace_text(folder / RECIPE_FILE, self._json() + "\n")

    def _json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, default=os.fspath)


def plan_augmentation(photos: Sequence[Path], source: Path, folder: Path, pictures: int, seed: int) -> list[Task]:
    """The jobs that make `pictures` of the photos, each the same number or one more; results keep the photos' folders.

    With fewer pictures than photos, those that get one are spread evenly. `photos` lie in `source`. A photo's seed is
    made of `seed` and its path there, so that it does not depend on the other photos.
    """
    photos = sorted(photos, key=lambda photo: (photo.parent, photo.name))
    counts = {
        photo: (number + 1) * pictures // len(photos) - number * pictures // len(photos)
        for number, photo in enumerate(photos)
    }
    tasks = []
    for parent, group in groupby(photos, lambda photo: photo.parent):
        within = parent.relative_to(source)
        for task in plan_tasks(list(group), folder / within, others=photos):
            assert task.photo is not None
            own_seed = _seed_of(seed, task.photo.relative_to(source))
            stem = os.fspath(within / task.stem)
            tasks += [replace(task, stem=stem, part=part) for part in parts_of(counts[task.photo], own_seed)]
    return tasks


def replace_text(path: Path, text: str) -> None:
    """Writes a file that is whole at any time; bytes of names that are not UTF-8 stay as they are."""
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8", errors="surrogateescape")
    partial.replace(path)


def _is_recipe(path: Path) -> bool:
    try:
        told = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and {one.name for one in fields(Recipe)} <= told.keys()


def _seed_of(seed: int, photo: Path) -> int:
    digest = hashlib.sha256(f"{seed}\n".encode() + os.fsencode(photo.as_posix())).digest()
    return int.from_bytes(digest[:4], "big") % SEEDS


def _difference(name: str, theirs: Any, ours: Any) -> str:
    if name != "photos" or not isinstance(theirs, list):
        return f"{name} {json.dumps(theirs, ensure_ascii=False)} there, {json.dumps(ours, ensure_ascii=False)} now"
    more, gone = len(set(ours) - set(theirs)), len(set(theirs) - set(ours))
    return f"of its photos {gone} are gone, and {more} are new"
