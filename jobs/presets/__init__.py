"""Sales channels as data files: what each demands of a picture, and how one is made for it."""

from jobs.presets.digests import digested, digests_of, rules_of
from jobs.presets.fields import Bounds, Frame, Made, Preset, Quality, Rules, Source, Widths
from jobs.presets.reading import PresetRefused, check_renditions, read_presets

__all__ = [
    "Bounds",
    "Frame",
    "Made",
    "Preset",
    "PresetRefused",
    "Quality",
    "Rules",
    "Source",
    "Widths",
    "check_renditions",
    "digested",
    "digests_of",
    "read_presets",
    "rules_of",
]
