"""What `fidelity` tells of a product between its photo and a picture of it. Plain values, for JSON."""

from dataclasses import dataclass, field

from engine.images import Image


@dataclass(frozen=True)
class Asked:
    """What a job was asked to change: that is named, and not held against it.

    `colors`, uint8 [H,W,3] on the photo's pixels, shows them as the asked light or colour leaves them. Where they were
    `recolored`, colours are held against these, and only the texture against the photo. `filled`, uint8 [H,W], is
    above 127 where holes were to be filled: no product any more.
    """

    colors: Image | None = None
    recolored: bool = False
    filled: Image | None = None


@dataclass(frozen=True)
class Difference:
    """ΔE2000 between two pictures of the product's core, and the share of its pixels where it is seen."""

    mean: float
    p95: float
    changed_share: float


@dataclass(frozen=True)
class Light:
    """A change of light in mean ΔE2000: all of it; in lightness alone; in colour alone. And the hue's turn in degrees.

    `asked` is how much colour alone the job was asked to change, and `unasked` what colour differs from that.
    """

    delta_e: float
    lightness: float
    color: float
    hue: float
    asked: float
    unasked: float


@dataclass(frozen=True)
class Region:
    """A patch of the product: what was measured there, and its `box` [x, y, width, height] in the picture's pixels."""

    value: float
    box: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Outline:
    """Shares of the photo's product: not shown where the picture goes on, added around it, and beyond the picture.

    The first two are None where the product's outline in the picture is not known.
    """

    missing: float | None
    added: float | None
    cut_off: float


@dataclass(frozen=True)
class Fidelity:
    """What became of the product.

    `texture_kept` is the correlation of gradients; `worst_texture` 0 where nothing is lost, 1 where all is. `sharpness`
    and `noise` are before and after, both in the picture's light. `filled_share` of the product was to be filled.
    """

    frame_px: tuple[int, int]
    difference: Difference
    beyond_light: Difference
    edge_delta_e: float
    light: Light
    texture_kept: float
    worst_color: Region
    worst_texture: Region
    sharpness: tuple[float, float]
    noise: tuple[float, float]
    outline: Outline
    filled_share: float
