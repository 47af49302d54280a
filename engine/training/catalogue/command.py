"""The dataset command: puts the parts together and tells a person how far it has come."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2

from engine.training.catalogue.build import Build, Progress, Tools
from engine.training.catalogue.cutting import Cutter
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.catalogue.faces import FaceFinder
from engine.training.catalogue.photos import find_photos
from engine.training.catalogue.records import Records
from engine.training.catalogue.report import write_report

_EVERY_S = 5.0


@dataclass(frozen=True)
class DatasetOptions:
    """What the command line says."""

    folder: Path
    out: Path
    size_px: int
    weights: Path
    threads: int
    limit: int | None = None


def build_dataset(options: DatasetOptions) -> int:
    """Build the data set, or go on with it, and return the exit status: 2 for a folder that cannot be used."""
    cv2.setNumThreads(options.threads)
    try:
        records, report = _build(options)
    except CatalogueRefusedError as refusal:
        print(f"nothing built: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    reasons = ", ".join(
        f"{count} {reason}" for reason, count in Counter(d.reason for d in records.dropped).most_common()
    )
    print(f"{len(records.items)} pictures kept, {len(records.dropped)} left out ({reasons or 'none'}); see {report}")
    return 0


def _build(options: DatasetOptions) -> tuple[Records, Path]:
    sources = find_photos(options.folder)
    chosen = sources if options.limit is None else sources[:: max(1, len(sources) // options.limit)][: options.limit]
    cutter = Cutter(options.weights, options.threads)
    build = Build(options.out, options.size_px, Tools(cutter, FaceFinder(), cutter.versions))
    build.run(chosen, _Teller())
    return build.records, write_report(options.out, options.folder, build.records)


class _Teller:
    """Prints a line now and then: on a terminal over itself, elsewhere one below the other."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._told_s = self._started_s
        self._first: int | None = None

    def __call__(self, progress: Progress) -> None:
        now_s = time.monotonic()
        first = self._first = progress.done if self._first is None else self._first
        last = progress.done == progress.total
        if now_s - self._told_s < _EVERY_S and not last:
            return
        self._told_s = now_s
        rate = (progress.done - first) / max(now_s - self._started_s, 1e-6)
        left = f", about {(progress.total - progress.done) / rate / 60:.0f} min left" if rate and not last else ""
        line = f"{progress.done} of {progress.total} photos, {progress.kept} kept{left}"
        live = sys.stderr.isatty()
        print(f"\r\x1b[K{line}" if live else line, end="\n" if last or not live else "", file=sys.stderr, flush=True)
