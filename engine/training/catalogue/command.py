"""The dataset command: puts the parts together and tells a person how far it has come."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2

from engine.training.catalogue.build import Build, Progress, Tools
from engine.training.catalogue.cutting import Cutter
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.catalogue.faces import FaceFinder
from engine.training.catalogue.photos import find_photos, left_out
from engine.training.catalogue.records import Records
from engine.training.catalogue.report import REPORT_FILE, write_report
from engine.training.progress import ProgressLine


@dataclass(frozen=True)
class DatasetOptions:
    """What the command line says."""

    folder: Path
    out: Path
    size_px: int
    weights: Path
    threads: int
    limit: int | None = None


def build_dataset(options: DatasetOptions) -> None:
    """Build the data set, or go on with it.

    Raises CatalogueRefusedError for a folder that cannot be used, and, once its report is written, where no photo can.
    """
    cv2.setNumThreads(options.threads)
    records, report = _build(options)
    reasons = ", ".join(
        f"{count} {reason}" for reason, count in Counter(d.reason for d in records.dropped).most_common()
    )
    if not records.items:
        raise CatalogueRefusedError(f"no usable photo: {reasons}; see {report}")
    print(
        f"{len(records.items)} pictures kept, {len(records.dropped)} left out ({reasons or 'none'}); see {report}",
        flush=True,
    )


def _build(options: DatasetOptions) -> tuple[Records, Path]:
    sources = find_photos(options.folder)
    for others in left_out(options.folder):
        print(f"warning: {others} are left out", file=sys.stderr, flush=True)
    chosen = sources if options.limit is None else sources[:: max(1, len(sources) // options.limit)][: options.limit]
    cutter = Cutter(options.weights, options.threads)
    build = Build(options.out, options.size_px, Tools(cutter, FaceFinder(), cutter.versions))
    (options.out / REPORT_FILE).unlink(missing_ok=True)  # it stands for a build that has come to its end
    build.run(chosen, _Teller())
    return build.records, write_report(options.out, options.folder, build.records)


class _Teller:
    """Prints a line now and then, from the first photo that is looked at."""

    def __init__(self) -> None:
        self._line: ProgressLine | None = None

    def __call__(self, progress: Progress) -> None:
        self._line = self._line or ProgressLine(progress.done, progress.total, "photos")
        self._line.tell(progress.done, f"; {progress.kept} kept")
