"""The job's spec: what a client may ask, field by field. Unknown fields are refused, values are frozen once read."""

from jobs.spec.auto import Auto
from jobs.spec.background import Background, Gradient
from jobs.spec.editing import Cutout, FilledBox, Inpaint, Relight, Restore, Upscale
from jobs.spec.fields import sha256_of
from jobs.spec.generation import Generate, Mix, Variations
from jobs.spec.geometry import Corner, Crop, Perspective, Resize, Rotate
from jobs.spec.job import InputRef, JobSpec, OutputSpec
from jobs.spec.needs import Needs
from jobs.spec.operations import OPERATION_MODELS, Operation
from jobs.spec.parsing import canonical_body, parse_spec, validate_spec
from jobs.spec.recolor import LabColor, PickedBox, PickedPoint, Recolor
from jobs.spec.review import Review

__all__ = [
    "OPERATION_MODELS",
    "Auto",
    "Background",
    "Corner",
    "Crop",
    "Cutout",
    "FilledBox",
    "Generate",
    "Gradient",
    "Inpaint",
    "InputRef",
    "JobSpec",
    "LabColor",
    "Mix",
    "Needs",
    "Operation",
    "OutputSpec",
    "Perspective",
    "PickedBox",
    "PickedPoint",
    "Recolor",
    "Relight",
    "Resize",
    "Restore",
    "Review",
    "Rotate",
    "Upscale",
    "Variations",
    "canonical_body",
    "parse_spec",
    "sha256_of",
    "validate_spec",
]
