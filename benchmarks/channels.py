"""How many photos are fit for each sales channel, as they were taken and as renditions of the operation "auto".

    python -m benchmarks.channels FOLDER [--limit 60] [--sheet docs/images/channels.jpg]

FOLDER holds a folder of photos for each category; as many of each are chosen, spread evenly over its sorted files. The
files that are made are graded by what is decoded of them again; so are the photos, by their own bytes. The sheet shows
every seventh photo with what was made of it for each channel.
"""

import argparse
import io
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.sheets import light_jpeg
from benchmarks.tables import as_table
from engine import Engine, EngineSettings, Ticket
from engine.quality.channels import FileFacts, Graded
from jobs.presets import Preset, read_presets
from jobs.problems import ProblemError
from jobs.spec import Auto
from worker.channels import check_photo
from worker.encoding import encode
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture
from worker.renditions import Wanted, render
from worker.sources import Source

CHANNELS = ("amazon-main", "google-shopping", "ebay", "etsy", "shopify-square", "instagram-square")
_SHEET_EVERY = 7
_CELL_PX = 150


@dataclass
class Tally:
    """One channel: of how many photos every technical rule, and every rule, was kept; and which were not."""

    technical: int = 0
    every: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def add(self, failed: Mapping[str, str]) -> None:
        """Count one photo by its failed rules, each with its kind."""
        self.technical += "technical" not in failed.values()
        self.every += not failed
        self.failed.update(f"{rule}*" if kind == "advice" else rule for rule, kind in failed.items())

    def told(self) -> str:
        """The failed rules, the most frequent first."""
        return ", ".join(f"{rule} {count}" for rule, count in self.failed.most_common()) or "none"


def main(arguments: list[str] | None = None) -> None:
    """Measure, print one table, and write the sheet where one is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.channels", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args(arguments)
    presets = {name: preset for name, preset in read_presets().items() if name in CHANNELS}
    photos = choose(options.folder, options.limit)
    before, after = ({name: Tally() for name in CHANNELS} for _ in range(2))
    rows = []
    with Engine.start(EngineSettings.from_env()) as engine:
        for number, path in enumerate(photos):
            row = _measure(path, presets, engine, before, after)
            rows += [row] if number % _SHEET_EVERY == 0 else []
            print(f"{number + 1}/{len(photos)} {path.parent.name}/{path.stem}", flush=True)
    print(as_table([_row(name, before[name], after[name], len(photos)) for name in CHANNELS]))
    print("* advice: what a channel recommends, or only another photo can mend")
    if options.sheet is not None:
        options.sheet.write_bytes(_sheet(rows))


def choose(folder: Path, limit: int) -> list[Path]:
    """`limit` photos, of each category as many, spread evenly over its sorted files. Raises FileNotFoundError."""
    categories = [sorted(path.glob("*.jpg")) for path in sorted(folder.glob("*")) if path.is_dir()]
    categories = [files for files in categories if files]
    if not categories:
        raise FileNotFoundError(f"no folders of photos in {folder}")
    counts = [limit // len(categories) + (index < limit % len(categories)) for index in range(len(categories))]
    pairs = zip(categories, counts, strict=True)
    return [files[len(files) * index // count] for files, count in pairs for index in range(count)]


def _measure(
    path: Path, presets: Mapping[str, Preset], engine: Engine, before: Mapping[str, Tally], after: Mapping[str, Tally]
) -> list[Image.Image]:
    """Count one photo into both tallies; returns it and its renditions, to be looked at."""
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as file:
        photo = ImageOps.exif_transpose(file).convert("RGB")
        facts = FileFacts(str(file.format).lower(), len(data))
    picture = Picture(np.array(photo), origin=np.eye(3))
    matte = Source(picture, _context(engine)).found_matte
    for name, preset in presets.items():
        before[name].add(_failed(check_photo(picture, facts, matte, preset)))
    mended = OPERATIONS["auto"].run(picture, Auto(op="auto"), _context(engine))
    assert isinstance(mended, Picture)
    return [photo, *_renditions(Source(mended, _context(engine)), presets, after)]


def _renditions(source: Source, presets: Mapping[str, Preset], after: Mapping[str, Tally]) -> Iterator[Image.Image]:
    for name in CHANNELS:
        try:
            (file,) = render(source, Wanted(name, presets[name]), encode)
        except ProblemError as error:
            after[name].add({error.problem.type: "technical"})
            continue
        rules = file.facts["checks"]["rules"]
        after[name].add({rule["rule"]: rule["kind"] for rule in rules if not rule["passed"]})
        yield Image.open(io.BytesIO(file.encoded.data)).convert("RGB")


def _failed(graded: Graded) -> dict[str, str]:
    return {grade.rule: grade.kind for grade in graded.grades if not grade.passed}


def _context(engine: Engine) -> OperationContext:
    ticket = Ticket(tenant="benchmark", cancelled=threading.Event())
    return OperationContext(engine=engine, ticket=ticket, while_waiting=lambda: None)


def _row(name: str, before: Tally, after: Tally, photos: int) -> dict[str, float | str]:
    return {
        "channel": name,
        "technical_before": f"{before.technical / photos:.0%}",
        "technical_after": f"{after.technical / photos:.0%}",
        "all_before": f"{before.every / photos:.0%}",
        "all_after": f"{after.every / photos:.0%}",
        "failed_before": before.told(),
        "failed_after": after.told(),
    }


def _sheet(rows: Sequence[Sequence[Image.Image]]) -> bytes:
    """A JPEG of small copies, one row for each photo, light enough for the documentation."""
    gap = 6
    across, down = (len(CHANNELS) + 1), len(rows)
    sheet = Image.new("RGB", (across * (_CELL_PX + gap) + gap, down * (_CELL_PX + gap) + gap), (206, 206, 206))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = ImageOps.contain(picture, (_CELL_PX, _CELL_PX), Image.Resampling.LANCZOS)
            left = gap + x * (_CELL_PX + gap) + (_CELL_PX - small.width) // 2
            sheet.paste(small, (left, gap + y * (_CELL_PX + gap) + (_CELL_PX - small.height) // 2))
    return light_jpeg(sheet)


if __name__ == "__main__":
    main()
