"""The shapes of units: what tile and frame networks see of a picture, latent ones instead, and what they answer."""

from dataclasses import dataclass

from engine.card_fields import CardFields

FRAME_OUTPUTS = {
    "lut3d": "[3, S, S, S] with S from 2",  # a 3D colour table
    "light": "[K]",  # numbers that the relighting is made of
    "matte": "[1, height, width]",  # how much of each pixel is foreground
    "image": "[3, height, width]",  # RGB
    "vector": "[K]",  # what a picture is known by: features, scores, a latent
}
"""What a frame network may answer, and in which shape. A table's and a matte's values are 0..1; an
image's may lie a little beyond, and are clipped where they become code values. A vector's may be any."""


@dataclass(frozen=True, slots=True)
class TileShape:
    """What a tile network needs: `halo_px` of context on each side, and heights and widths that `align_px` divides.

    It enlarges by `scale`. `tile_px`, halos included, is the square that it was measured with, and the least that a CPU
    takes; the lanes of a GPU do not depend on it (`engine.batching.lanes`). It sees `channels_in` (3: RGB; 4: RGB and
    one more, such as a matte) and answers `channels_out` (3: RGB; 1: a matte).
    """

    tile_px: int
    halo_px: int
    scale: int
    align_px: int
    channels_in: int = 3
    channels_out: int = 3

    def seen_px(self, length_px: int) -> int:
        """What the network sees of a height or a width to answer `length_px`: aligned, and a halo on each side."""
        return length_px + -length_px % self.align_px + 2 * self.halo_px


@dataclass(frozen=True, slots=True)
class FrameShape:
    """The fixed frame that the whole photo is averaged into, and what the network answers for it.

    It sees `channels_in` (3: RGB; 4: RGB and one more, such as a mask). `output`: see FRAME_OUTPUTS.
    """

    height_px: int
    width_px: int
    output: str
    output_shape: tuple[int, ...]
    channels_in: int = 3

    @property
    def pixels(self) -> int:
        """Its area: what the network sees of any photo."""
        return self.height_px * self.width_px


@dataclass(frozen=True, slots=True)
class LatentShape:
    """A vector of `length` floats in, and a picture of `output_shape`, [3, height, width], out.

    The picture's values are 0..1; they may lie a little beyond, and are clipped where they become code values.
    """

    length: int
    output_shape: tuple[int, ...]

    @property
    def height_px(self) -> int:
        """Of the picture."""
        return self.output_shape[1]

    @property
    def width_px(self) -> int:
        """Of the picture."""
        return self.output_shape[2]

    @property
    def pixels(self) -> int:
        """The picture's area: what a vector costs."""
        return self.height_px * self.width_px


def read_tile(fields: CardFields) -> TileShape:
    """Read a card's part `tile`; mistakes are gathered in `fields`."""
    shape = TileShape(
        tile_px=fields.number("tile_px", 1),
        halo_px=fields.number("halo_px", 0),
        scale=fields.number("scale", 1),
        align_px=fields.number("align_px", 1),
        channels_in=fields.one_of("channels_in", (3, 4), 3),
        channels_out=fields.one_of("channels_out", (1, 3), 3),
    )
    if shape.tile_px <= 2 * shape.halo_px:
        fields.refuse("halo_px", f"less than half of tile_px {shape.tile_px}")
    for name in ("tile_px", "halo_px"):
        if getattr(shape, name) % shape.align_px:
            fields.refuse(name, f"a multiple of align_px {shape.align_px}")
    return shape


def read_frame(fields: CardFields) -> FrameShape:
    """Read a card's part `frame`; mistakes are gathered in `fields`."""
    shape = FrameShape(
        height_px=fields.number("height_px", 1),
        width_px=fields.number("width_px", 1),
        output=fields.text("output", "|".join(FRAME_OUTPUTS), " or ".join(f'"{name}"' for name in FRAME_OUTPUTS)),
        output_shape=fields.numbers("output_shape"),
        channels_in=fields.one_of("channels_in", (3, 4), 3),
    )
    if shape.output and shape.output_shape and not _answers_rightly(shape.output, shape.output_shape):
        fields.refuse("output_shape", FRAME_OUTPUTS[shape.output])
    return shape


def read_latent(fields: CardFields) -> LatentShape:
    """Read a card's part `latent`; mistakes are gathered in `fields`."""
    shape = LatentShape(length=fields.number("length", 1), output_shape=fields.numbers("output_shape"))
    if shape.output_shape and not _answers_rightly("image", shape.output_shape):
        fields.refuse("output_shape", FRAME_OUTPUTS["image"])
    return shape


def _answers_rightly(output: str, shape: tuple[int, ...]) -> bool:
    """Whether `shape` is as FRAME_OUTPUTS says."""
    if output in ("light", "vector"):
        return len(shape) == 1
    if output == "lut3d":
        return len(shape) == 4 and shape[0] == 3 and shape[1] >= 2 and len(set(shape[1:])) == 1
    return len(shape) == 3 and shape[0] == (1 if output == "matte" else 3)
