"""How often a picture is marked for a person's look: honest edits of real photos, and planted falsehoods.

    python -m benchmarks.fidelity FOLDER [--photos 40] [--sheet sheet.jpg]

FOLDER holds a folder of photos for each kind of product; as many of each are taken, spread evenly over its files. All
pictures go through a JPEG file of quality 90 before they are measured; the limits are the defaults. "Seen" counts the
falsehoods alone whose mean ΔE2000 over the product is more than 2.3: a turned hue does not show on a black shirt.
`--sheet` draws examples: the photo, the falsified picture, and where the worst patch was found.
"""

import argparse
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from benchmarks.fidelity_edits import Edit, Subject, falsified_edits, honest_edits, subject_of, written
from benchmarks.tables import as_table
from engine import Engine, EngineSettings
from engine.quality.common_frame import Seen
from engine.quality.fidelity import SEEN_DIFFERENCE, compare
from engine.quality.product_changes import Asked, Fidelity
from jobs.problems import ProblemError
from jobs.spec.review import DEFAULT_LIMITS
from worker.picture import Picture, Pixels
from worker.review import measures, review

_CELL_PX = 220
_SHOWN = ("print painted over", "print moved", "part cut away", "texture smoothed", "another product")


@dataclass
class Tally:
    """What one edit came to over all photos."""

    marked: int = 0
    seen: int = 0
    seen_and_marked: int = 0
    compared: int = 0
    measures: Counter[str] = field(default_factory=Counter)
    extremes: dict[str, float] = field(default_factory=dict)

    def add(self, found: Fidelity, asked: list[str]) -> None:
        """Count one picture."""
        report: dict[str, Any] = {"compared": True, "asked": asked, **asdict(found)}
        reasons = review([{"fidelity": report}], [], DEFAULT_LIMITS)["reasons"]
        seen = found.difference.mean > SEEN_DIFFERENCE
        self.compared += 1
        self.marked += bool(reasons)
        self.seen += seen
        self.seen_and_marked += seen and bool(reasons)
        self.measures.update(reason["measure"] for reason in reasons)
        for name, value in measures(report).items():
            worse = min if name in {"texture_kept", "sharpness_kept"} else max
            self.extremes[name] = worse(value, self.extremes.get(name, value))


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print both tables."""
    options = _parser().parse_args(arguments)
    subjects = read_subjects(options.folder, options.photos)
    print(f"{len(subjects)} photos\n")
    for title, edits in (("honest", honest_edits()), ("falsified", falsified_edits(subjects))):
        tallies = {name: tally_of(edit, name, subjects) for name, edit in edits.items()}
        print(as_table([_row(title, name, tally) for name, tally in tallies.items()]), end="\n\n")
    if options.sheet:
        draw(subjects, options.sheet)


def read_subjects(folder: Path, count: int) -> list[Subject]:
    """So many photos with what the networks make of them; those in which nothing stands out are told and left out."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    each, more = divmod(count, len(classes))
    subjects = []
    with Engine.start(EngineSettings(backend="onnxruntime")) as engine:
        for index, kind in enumerate(classes):
            paths, wanted = sorted(kind.glob("*.jpg")), each + (index < more)
            for at in range(wanted):
                path = paths[(2 * at + 1) * len(paths) // (2 * wanted)]
                with Image.open(path) as opened:
                    rgb = np.ascontiguousarray(np.asarray(ImageOps.exif_transpose(opened).convert("RGB")))
                try:
                    subjects.append(subject_of(f"{kind.name}/{path.stem}", rgb, engine))
                except ProblemError as error:
                    print(f"left out {path.name}: {error}")
    return subjects


def tally_of(edit: Edit, name: str, subjects: list[Subject]) -> Tally:
    """One edit, done to every photo."""
    tally = Tally()
    for subject in subjects:
        found, asked, _, _ = _compared(edit, name, subject)
        if found is not None:
            tally.add(found, asked)
    return tally


def draw(subjects: list[Subject], path: Path) -> None:
    """One row for each kind of falsehood: photo, picture, and the worst patch in it, for two photos."""
    edits = falsified_edits(subjects)
    rows = []
    for number, name in enumerate(_SHOWN):
        cells = []
        for subject in (subjects[5 + 7 * number % len(subjects)], subjects[(18 + 5 * number) % len(subjects)]):
            found, _, photo, picture = _compared(edits[name], name, subject)
            assert found is not None
            cells += [_cell(photo.rgb), _cell(picture.rgb), _cell(_boxed(picture.rgb, found))]
        rows.append(np.hstack(cells))
    Image.fromarray(np.vstack(rows)).save(path, quality=85, optimize=True)
    print(f"wrote {path}")


def _compared(edit: Edit, name: str, subject: Subject) -> tuple[Fidelity | None, list[str], Picture, Picture]:
    relit = "relit" in name or "relight" in name or name.startswith("the same")
    photo, picture = edit(subject)
    picture = written(picture, 90)
    assert picture.origin is not None
    asked = Asked(colors=subject.relit.rgb) if relit else None
    operations = ["relight"] * relit + ["crop"] * (name == "crop")
    found = compare(Seen(photo.rgb, photo.matte), Seen(picture.rgb, picture.matte), picture.origin, asked)
    return found, operations, photo, picture


def _row(title: str, name: str, tally: Tally) -> dict[str, str]:
    row = {title: name, "marked": f"{tally.marked} of {tally.compared}"}
    if title == "falsified":
        row["seen: marked"] = f"{tally.seen_and_marked} of {tally.seen}"
        row["by"] = ", ".join(f"`{measure}` {count}" for measure, count in tally.measures.most_common(4))
    else:
        worst = [f"{tally.extremes.get(name, 0):.2f}" for name in ("beyond_light", "worst_color", "worst_texture")]
        row |= dict(zip(("most beyond light", "worst colour", "worst texture"), worst, strict=True))
        row["most unasked light"] = f"{tally.extremes['unasked_light']:.2f}"
        row["by"] = ", ".join(f"`{measure}` {count}" for measure, count in tally.measures.most_common(3))
    return row


def _boxed(rgb: Pixels, found: Fidelity) -> Pixels:
    x, y, width, height = found.worst_texture.box
    marked = np.ascontiguousarray(rgb)
    thick = max(2, max(rgb.shape) // 150)
    return np.asarray(cv2.rectangle(marked.copy(), (x, y), (x + width, y + height), (220, 0, 60), thick), np.uint8)


def _cell(rgb: Pixels) -> Pixels:
    return np.asarray(ImageOps.pad(Image.fromarray(rgb), (_CELL_PX, round(_CELL_PX * 1.2)), color="white"), np.uint8)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fidelity", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, help="holds a folder of photos for each kind of product")
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--sheet", type=Path, help="where to draw examples")
    return parser


if __name__ == "__main__":
    main()
