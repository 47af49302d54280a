"""Sales channels as data files: what each demands of a picture, and how one is made for it."""

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
    "read_presets",
]
