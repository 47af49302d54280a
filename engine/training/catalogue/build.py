"""Builds the data set: one photo after the other through every check, each outcome written down at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from engine.generation.cutouts import Cutout
from engine.generation.description import describe
from engine.generation.fingerprint import Fingerprint
from engine.images import Image as Pixels
from engine.training.catalogue.centring import centre
from engine.training.catalogue.duplicates import Fingerprints
from engine.training.catalogue.errors import CatalogueRefusedError, UnfitError
from engine.training.catalogue.photos import Source, read_photo
from engine.training.catalogue.records import (
    DROPPED_FILE,
    ITEMS_FILE,
    Dropped,
    Item,
    Records,
    append,
    escaped,
    read_records,
)
from engine.training.whole_files import replace_whole, write_whole

SETTINGS_FILE = "settings.json"
LEAST_SIZE_PX, MOST_SIZE_PX = 32, 1024


class Cuts(Protocol):
    """What cuts a product out: cutting.Cutter."""

    def cut(self, photo: Pixels) -> Cutout:
        """Return the product of a uint8 [H,W,3] photo; raises UnfitError."""
        ...


class SeesFaces(Protocol):
    """What keeps people out: faces.FaceFinder."""

    def require_none(self, photo: Pixels) -> None:
        """Raise UnfitError where a uint8 [H,W,3] photo shows a face."""
        ...


@dataclass(frozen=True)
class Tools:
    """What a photo goes through, and the names of the networks in it, which the data set remembers."""

    cutter: Cuts
    faces: SeesFaces
    networks: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How far a build has come."""

    done: int
    total: int
    kept: int


class Build:
    """One data set being built in a folder, or taken up again there after a kill."""

    def __init__(self, out: Path, size_px: int, tools: Tools) -> None:
        """Raises CatalogueRefusedError where `out` holds a data set of another size or of other networks."""
        if not LEAST_SIZE_PX <= size_px <= MOST_SIZE_PX:
            raise CatalogueRefusedError(f"--size is {LEAST_SIZE_PX} to {MOST_SIZE_PX} px; received {size_px}")
        self._out, self._size_px, self._tools = out, size_px, tools
        out.mkdir(parents=True, exist_ok=True)
        _agree(out / SETTINGS_FILE, {"size_px": size_px, "networks": list(tools.networks)})
        self._records = read_records(out)
        self._counts = Counter(item.category for item in self._records.items)
        self._fingerprints = Fingerprints()
        for item in self._records.items:
            self._fingerprints.add(item.file, Fingerprint.from_text(item.fingerprint))

    @property
    def records(self) -> Records:
        """What is known of the photos so far."""
        return self._records

    def run(self, sources: Iterable[Source], tell: Callable[[Progress], None]) -> None:
        """Take every photo through that has not been through yet, in the order given."""
        done = self._records.sources
        waiting = [source for source in sources if escaped(source.name) not in done]
        total = len(done) + len(waiting)
        for count, source in enumerate(waiting, start=len(done) + 1):
            self._take(source)
            tell(Progress(count, total, len(self._records.items)))

    def _take(self, source: Source) -> None:
        try:
            item, picture = self._item(source)
        except UnfitError as unfit:
            dropped = Dropped(escaped(source.name), unfit.reason, escaped(unfit.detail))
            self._records.dropped.append(dropped)
            append(self._out / DROPPED_FILE, dropped)
            return
        _save(picture, self._out / item.file)
        self._records.items.append(item)
        self._counts[item.category] += 1
        self._fingerprints.add(item.file, Fingerprint.from_text(item.fingerprint))
        append(self._out / ITEMS_FILE, item)

    def _item(self, source: Source) -> tuple[Item, Pixels]:
        """Return what a photo becomes; raises UnfitError. Faces, which take longest to look for, come last."""
        if escaped(source.name) != source.name:
            raise UnfitError("unreadable", "its name, or its category's, is not UTF-8")
        photo = read_photo(source.path)
        cutout = self._tools.cutter.cut(photo)
        centred = centre(cutout, self._size_px)
        looks = Fingerprint.of(centred.image)
        self._fingerprints.require_new(looks)
        self._tools.faces.require_none(photo)
        shown = describe(cutout)
        file = f"pictures/{source.category}/{self._counts[source.category] + 1:04d}.png"
        confidence, aspect = round(cutout.confidence, 3), round(shown.aspect, 3)
        item = Item(file, source.name, source.category, shown.colors, shown.pattern, aspect, confidence, looks.text)
        return item, centred.image


def _agree(path: Path, settings: dict[str, object]) -> None:
    """Write the settings where there are none yet; refuse others."""
    if path.exists():
        earlier = _read(path)
        if earlier != settings:
            asked = f"{earlier} before, {settings} now"
            raise CatalogueRefusedError(
                f"{path.parent} holds a data set made otherwise ({asked}); choose another --out"
            )
        return
    write_whole(path, json.dumps(settings) + "\n")


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CatalogueRefusedError(f"{path} is damaged ({error}); choose another --out") from error


def _save(picture: Pixels, path: Path) -> None:
    """Write a PNG, whole or not at all; nothing but pixels goes into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.ascontiguousarray(picture))
    replace_whole(path, lambda unfinished: image.save(unfinished, format="PNG"))
