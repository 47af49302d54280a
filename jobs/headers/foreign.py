"""What a file looks like that is no photo for Packshot: told to who sent it, by its first bytes alone."""

_MARKS = (
    ("GIF", b"GIF8"),
    ("TIFF, or a camera's raw file", b"II*\0"),
    ("TIFF, or a camera's raw file", b"MM\0*"),
    ("a camera's raw file", b"FUJIFILM"),
    ("a camera's raw file", b"IIRO"),
    ("a camera's raw file", b"IIU\0"),
    ("BMP", b"BM"),
    ("ICO", b"\0\0\1\0"),
    ("PSD", b"8BPS"),
    ("PDF", b"%PDF"),
    ("EPS", b"%!PS"),
    ("JPEG XL", b"\xff\x0a"),
    ("JPEG XL", b"\0\0\0\x0cJXL "),
    ("JPEG 2000", b"\0\0\0\x0cjP  "),
    ("JPEG 2000", b"\xff\x4f\xff\x51"),
    ("a ZIP archive, or an office document", b"PK\3\4"),
    ("something packed by gzip", b"\x1f\x8b"),
    ("a sound or a video", b"RIFF"),
    ("a video", b"\x1aE\xdf\xa3"),
    ("a photo written as text (Base64): send its bytes", b"data:"),
    ("a photo written as text (Base64): send its bytes", b"/9j/"),
    ("a photo written as text (Base64): send its bytes", b"iVBORw0KGgo"),
    ("a photo whose bytes were sent as text (UTF-8): send them as they are", b"\xc3\xbf\xc3\x98"),
    ("a photo whose bytes were sent as text (UTF-8): send them as they are", b"\xc2\x89PNG"),
    ("a photo whose bytes were sent as text (UTF-8): send them as they are", b"\xef\xbf\xbd"),
    ("a pointer of Git LFS: send the file itself", b"version https://git-lfs"),
)
_WORDS = (
    ("an HTML page", b"<!doctype html"),
    ("an HTML page", b"<html"),
    ("SVG or other XML", b"<"),
    ("JSON", b"{"),
)
_STARTS = (("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n\x1a\n"))
_MOST_BYTES_BEFORE = 64


def looks_like(head: bytes) -> str:
    """A few words for a file that begins so, or none."""
    found = next((name for name, mark in _MARKS if head.startswith(mark)), "") or _of_iso_media(head)
    if not found:
        words = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        found = next((name for name, mark in _WORDS if words.startswith(mark)), "")
    return found or _belated(head)


def _of_iso_media(head: bytes) -> str:
    if head[4:8] != b"ftyp":
        return ""
    return "a camera's raw file" if head[8:12] == b"crx " else "a video"


def _belated(head: bytes) -> str:
    """A photo behind a line's end or some such, as broken templates and scripts make it."""
    for name, mark in _STARTS:
        at = head.find(mark, 0, _MOST_BYTES_BEFORE + len(mark))
        if at > 0:
            return f"a {name} with {at} bytes before it that do not belong to it"
    return ""
