"""Model cards: what a folder of `weights/` says about its network, checked field by field before anything is run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.card_fields import CardFields
from engine.errors import WeightsError
from engine.onnx_file import describe_faults, read_outline
from engine.unit_shapes import FrameShape, LatentShape, TileShape, read_frame, read_latent, read_tile


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    """The model file and its one input and one output, both float32."""

    file: str
    sha256: str
    opset: int
    precision: str
    input: str
    output: str
    parameters: int
    half_precision: bool = True
    """False where half precision would spoil what it computes, such as quotients of small differences."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The same network in another precision, with the same input and output, and what it measures beside the first."""

    precision: str
    file: str
    sha256: str
    metrics: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """A file beside the model that belongs to it, such as what a generator learned of its catalogue."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One model: of `tile`, `frame` and `latent` the one that `kind` names is set; `folder` holds the files."""

    folder: Path
    model: str
    version: str
    kind: str
    task: str
    limits: str
    onnx: OnnxFacts
    tile: TileShape | None
    frame: FrameShape | None
    licence: str
    data: tuple[Mapping[str, Any], ...] = ()
    training: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    metrics: tuple[Mapping[str, Any], ...] = ()
    variants: tuple[Variant, ...] = ()
    latent: LatentShape | None = None
    besides: tuple[Beside, ...] = ()
    alias: str = ""
    """See `key`."""

    @property
    def key(self) -> str:
        """What the engine keeps it under: its model's name, or an alias where another version lies beside it."""
        return self.alias or self.model

    def in_precision(self, precision: str) -> "Card":
        """The card with its variant of that precision in the place of its model; the card itself if it has none."""
        for variant in self.variants:
            if variant.precision == precision:
                onnx = replace(self.onnx, precision=precision, file=variant.file, sha256=variant.sha256)
                return replace(self, onnx=onnx, metrics=variant.metrics)
        return self

    def run_in(self, precision: str) -> "Card":
        """The card of the same file, told to be run in another precision than it is stored in."""
        return replace(self, onnx=replace(self.onnx, precision=precision))

    @property
    def takes_half(self) -> bool:
        """Whether a GPU computes it in half precision unless told not to: a tile model whose card does not forbid it.

        Frame models never do: their answer steers a whole photo, and the relighter's moves by more than a code value.
        Nor do latent models, until it is measured what it does to one.
        """
        return self.tile is not None and self.onnx.half_precision

    @property
    def channels_in(self) -> int:
        """How many channels the pictures have that it takes; a latent model takes none."""
        shape = self.tile or self.frame
        assert shape is not None
        return shape.channels_in

    @property
    def model_path(self) -> Path:
        """Where the ONNX file lies."""
        return self.folder / self.onnx.file


def load_cards(weights_dir: Path) -> dict[str, Card]:
    """Read every `<model>-<version>/card.json` below `weights_dir`; of several versions, the highest one is kept.

    Raises WeightsError naming every mistake of every card, or saying that there is no card at all.
    """
    cards: dict[str, Card] = {}
    mistakes: list[str] = []
    for path in sorted(weights_dir.glob("*/card.json")):
        try:
            card = load_card(path.parent)
        except WeightsError as error:
            mistakes.append(str(error))
            continue
        other = cards.get(card.model)
        if other is None or _version_key(other) < _version_key(card):
            cards[card.model] = card
    if mistakes:
        raise WeightsError("\n".join(mistakes))
    if not cards:
        raise WeightsError(f"no <model>-<version>/card.json below {weights_dir}")
    return cards


def load_card(folder: Path) -> Card:
    """Read and check `folder/card.json` (not yet the model file: see `read_model`). Raises WeightsError."""
    path = folder / "card.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise WeightsError(f"{path}: a card is a JSON object; received {type(raw).__name__}")
    reader = CardFields(raw)
    card = _read_card(folder, reader)
    if not reader.mistakes and folder.name != f"{card.model}-{card.version}":
        named = f"the card is of {card.model}-{card.version}, but its folder is named {folder.name}; they must agree"
        reader.mistakes.append(named)
    if reader.mistakes:
        raise WeightsError(f"{path}: " + "; ".join(reader.mistakes))
    return card


def read_model(card: Card) -> bytes:
    """Return the ONNX file's bytes, once their SHA-256, domains and opset agree with the card.

    The files beside it are checked against their SHA-256 too. Raises WeightsError.
    """
    data = _read_promised(card.model_path, card.onnx.sha256)
    for beside in card.besides:
        _read_promised(card.folder / beside.file, beside.sha256)
    try:
        faults = describe_faults(read_outline(data), opset=card.onnx.opset)
    except ValueError as error:
        raise WeightsError(f"{card.model_path}: is not an ONNX model: {error}") from error
    if faults:
        raise WeightsError(f"{card.model_path}: " + "; ".join(faults))
    return data


def _read_promised(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise WeightsError(f"{path}: the card promises SHA-256 {sha256}; received {digest}")
    return data


def _version_key(card: Card) -> tuple[int, ...]:
    return tuple(int(part) for part in card.version.split("."))


def _read_card(folder: Path, fields: CardFields) -> Card:
    kind = fields.text("kind", "tile|frame|latent", '"tile" or "frame" or "latent"')
    return Card(
        folder=folder,
        model=fields.text("model", r"[a-z0-9]+(-[a-z0-9]+)*", "lower-case words joined by hyphens"),
        version=fields.text("version", r"\d+(\.\d+)*", "digits, possibly with dots"),
        kind=kind,
        task=fields.text("task"),
        limits=fields.text("limits"),
        onnx=_read_onnx(fields.part("onnx")),
        tile=read_tile(fields.part("tile")) if kind == "tile" else None,
        frame=read_frame(fields.part("frame")) if kind == "frame" else None,
        licence=fields.text("licence"),
        data=fields.objects("data"),
        training=fields.mapping("training"),
        metrics=fields.objects("metrics"),
        variants=_read_variants(fields),
        latent=read_latent(fields.part("latent")) if kind == "latent" else None,
        besides=_read_besides(fields),
    )


def _read_onnx(fields: CardFields) -> OnnxFacts:
    return OnnxFacts(
        file=_read_file(fields),
        sha256=_read_digest(fields),
        opset=fields.number("opset", 1),
        precision=fields.text("precision", "fp32", '"fp32"'),
        input=fields.text("input"),
        output=fields.text("output"),
        parameters=fields.number("parameters", 0),
        half_precision=fields.flag("half_precision", otherwise=True),
    )


def _read_file(fields: CardFields) -> str:
    return fields.text("file", r"[A-Za-z0-9._-]+\.onnx", "a file name ending in .onnx, without folders")


def _read_digest(fields: CardFields) -> str:
    return fields.text("sha256", r"[0-9a-f]{64}", "64 lower-case hexadecimal digits")


def _read_variants(fields: CardFields) -> tuple[Variant, ...]:
    variants = tuple(
        Variant(
            precision=part.text("precision", "int8", '"int8"'),
            file=_read_file(part),
            sha256=_read_digest(part),
            metrics=part.objects("metrics"),
        )
        for part in fields.parts("variants")
    )
    if len({variant.precision for variant in variants}) < len(variants):
        fields.refuse("variants", "one of each precision")
    return variants


def _read_besides(fields: CardFields) -> tuple[Beside, ...]:
    return tuple(
        Beside(part.text("file", r"[A-Za-z0-9_-][A-Za-z0-9._-]*", "a file name, without folders"), _read_digest(part))
        for part in fields.parts("besides")
    )
