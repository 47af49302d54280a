"""The first step of the whole way: the catalogue that is learned from, cleaned of its photos once and for all."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from engine.training import ranks
from engine.training.arguments import WEIGHTS
from engine.training.catalogue.command import DatasetOptions, build_dataset
from engine.training.catalogue.photos import find_photos
from engine.training.catalogue.records import ITEMS_FILE
from engine.training.catalogue.report import REPORT_FILE
from engine.training.errors import RefusedError
from engine.training.own_catalogue.given import is_cleaned
from engine.training.whole_files import write_whole

PICTURE_PX = 160  # of the data set's: a quarter more than is learned from
PHOTOS_FILE = "photos.json"  # beside the items: which photos they were cleaned of


def cleaned_catalogue(options: argparse.Namespace) -> Path:
    """Return the cleaned catalogue: the folder that was given, or the one that is made of its photos.

    Raises RefusedError for a data set that was given unfinished and for photos that are not those of before,
    CatalogueRefusedError where no photo can be used.
    """
    given: Path = options.data
    is_made = is_cleaned(given)
    cleaned: Path = given if is_made else options.out / "catalogue"
    if ranks.is_first() and not is_made:
        _clean(options, cleaned)
    ranks.agree(None)
    return cleaned


def _clean(options: argparse.Namespace, cleaned: Path) -> None:
    """Clean the photos into a folder, or go on with it there, unless it is done."""
    _require_same_photos(options.data, cleaned)
    if not ((cleaned / REPORT_FILE).exists() and (cleaned / ITEMS_FILE).exists()):
        print(f"cleaning the photos of {options.data}; {cleaned / REPORT_FILE} will show them", flush=True)
        build_dataset(DatasetOptions(options.data, cleaned, PICTURE_PX, WEIGHTS, options.threads))


def _require_same_photos(folder: Path, cleaned: Path) -> None:
    """Write down which photos a catalogue is cleaned of, by their names and sizes; refuse others afterwards."""
    listed = [f"{source.name} {source.path.stat().st_size}" for source in find_photos(folder)]
    digest = hashlib.sha256("\n".join(listed).encode(errors="surrogateescape"))
    photos = {"count": len(listed), "sha256": digest.hexdigest()}
    path = cleaned / PHOTOS_FILE
    if not path.exists():
        cleaned.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(photos) + "\n")
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefusedError(f"{path} is damaged ({error}); choose another --out") from error
    if before != photos:
        raise RefusedError(
            f"{cleaned} was cleaned of other photos ({before['count']}) than {folder} holds now ({photos['count']}): "
            "choose another --out for these, or give those of before"
        )
