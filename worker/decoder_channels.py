"""A decoded photo's channels: colours of 8 bits and alpha, apart. For the decoding child."""

from PIL import Image

from worker.decoder_profiles import as_mode

_MAX_16_BITS = 65_535
_DEPTH_AT = 24  # of a PNG's samples, within the file
_SIXTEEN = 16


def know_clear_colour(photo: Image.Image, data: bytes) -> None:
    """Bring the colour that a PNG calls clear to the 8 bits of its pixels, where Pillow leaves it as it was written."""
    clear, depth = photo.info.get("transparency"), data[_DEPTH_AT]
    if photo.mode == "L" and isinstance(clear, int) and depth < 8:
        photo.info["transparency"] = (clear & ((1 << depth) - 1)) * 255 // ((1 << depth) - 1)
    elif photo.mode == "RGB" and isinstance(clear, tuple) and depth == _SIXTEEN:
        photo.info["transparency"] = tuple(sample >> 8 for sample in clear)


def split(photo: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours as L, RGB or CMYK of 8 bits, and alpha as L, or None where every pixel is opaque."""
    if photo.mode.startswith("I"):
        return _eight_bits(photo), _alpha_of_clear_grey(photo)
    if not photo.has_transparency_data:
        target = {"1": "L", "L": "L", "CMYK": "CMYK"}.get(photo.mode, "RGB")
        return as_mode(photo, target), None
    rgba = as_mode(photo, "RGBA")
    alpha = rgba.getchannel("A")
    colours = photo.getchannel("L") if photo.mode == "LA" else rgba.convert("RGB")
    return colours, alpha if alpha.getextrema() != (255, 255) else None


def _eight_bits(photo: Image.Image) -> Image.Image:
    """Grey of 16 bits to 8, rounded to nearest."""
    return photo.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _alpha_of_clear_grey(photo: Image.Image) -> Image.Image | None:
    """Alpha of grey of 16 bits, in which a PNG may name one value that is clear."""
    clear = photo.info.get("transparency")
    if not isinstance(clear, int) or not 0 <= clear <= _MAX_16_BITS:
        return None
    alpha = photo.convert("I").point([0 if value == clear else 255 for value in range(_MAX_16_BITS + 1)], "L")
    return alpha if alpha.getextrema() != (255, 255) else None
