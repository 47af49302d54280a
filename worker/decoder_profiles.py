"""Colours under a photo's own ICC profile, brought to sRGB. For the decoding child: profiles are not trusted."""

import io

from PIL import Image, ImageCms

_SRGB_NAMES = {
    "sRGB",
    "sRGB built-in",
    "sRGB IEC61966-2.1",
    "sRGB IEC61966-2-1",
    "sRGB IEC61966-2-1 black scaled",
    "sRGB2014",
}
"""Profiles whose conversion would only round; others so named may be linear, and are converted."""
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC


def to_srgb(colours: Image.Image, profile_data: bytes | None) -> tuple[Image.Image, str]:
    """Convert by the embedded profile; a profile that is broken or of other channels is passed over (taken as sRGB)."""
    if not profile_data:
        return as_mode(colours, "RGB"), "none"
    try:
        return _by_profile(colours, profile_data)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return as_mode(colours, "RGB"), "unusable, taken as sRGB"


def _by_profile(colours: Image.Image, profile_data: bytes) -> tuple[Image.Image, str]:
    profile = ImageCms.getOpenProfile(io.BytesIO(profile_data))
    name = one_line(ImageCms.getProfileDescription(profile))
    if name in _SRGB_NAMES:
        return as_mode(colours, "RGB"), name
    if profile.profile.xcolor_space.strip() == "RGB":
        colours = as_mode(colours, "RGB")
    converted = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), _INTENT, "RGB")
    assert converted is not None  # None comes only of a conversion in place
    return converted, name


def as_mode(plane: Image.Image, mode: str) -> Image.Image:
    """Converted, or itself where there is nothing to convert (Pillow would copy)."""
    return plane if plane.mode == mode else plane.convert(mode)


def one_line(text: str) -> str:
    """Text out of an untrusted file or its decoder, cut to something a manifest may carry."""
    return "".join(character if character.isprintable() else " " for character in text)[:120].strip()
