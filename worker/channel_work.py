"""A job's channels, from its renditions' names to files and to what the manifest tells of them. Stores nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.presets import Preset, check_renditions
from jobs.spec import JobSpec
from worker.channels import Encode
from worker.operations.context import OperationContext
from worker.picture import Picture
from worker.renditions import Wanted, render, srcset
from worker.results import File
from worker.sources import Source


@dataclass(frozen=True)
class ChannelWork:
    """The channels of one job, by name in the order asked for; `notes` and `snippets` fill as files are made."""

    presets: Mapping[str, Preset]
    notes: list[dict[str, Any]] = field(default_factory=list)
    snippets: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: JobSpec, presets: Mapping[str, Preset]) -> "ChannelWork":
        """Those that a spec asks for. Raises ProblemError invalid-parameter for one that this worker does not know."""
        check_renditions(spec, presets)
        return cls({name: presets[name] for name in spec.renditions})

    def files(self, picture: Picture, number: int | None, context: OperationContext, encode: Encode) -> Iterator[File]:
        """Every rendition's files of one picture, made one by one; `number` as `Wanted` has it."""
        source = Source(picture, context)
        for name, preset in self.presets.items():
            context.still_wanted()
            made = []
            for file in render(source, Wanted(name, preset, number), encode):
                yield file
                made.append(file)
            if preset.made.widths is not None:
                self.snippets.setdefault(name, []).append(srcset(made, preset.made.widths.sizes))

    def note(self, number: int | None, context: OperationContext) -> None:
        """Keep what was found and asked while the files of one picture were made."""
        told = {} if number is None else {"picture": number}
        found = {"findings": context.findings, "warnings": context.warnings, "engine": context.facts}
        self.notes.append({**told, **found})

    def manifest(self) -> dict[str, Any]:
        """What the manifest has beside the files' own entries."""
        told = {"renditions": self.notes, "srcset": self.snippets}
        return {name: value for name, value in told.items() if value}
