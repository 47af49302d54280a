"""Files that are no photo for Packshot: what they are taken for, and that nobody is left without a word."""

import base64

import pytest

from jobs.photos import FORMATS, PhotoLimits, inspect
from jobs.problems import ProblemError

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40)


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (b"II*\0\x10\0\0\0CR\2\0", "camera's raw file"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "camera's raw file"),
        (b"\0\0\0\x18ftypisom\0\0\0\1mp42isom", "a video"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a sound or a video"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\1\0\1\0", "ICO"),
        (b"PK\3\4", "ZIP"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf  <svg/>", "SVG"),
        (b'{"error": "not found"}', "JSON"),
        (base64.b64encode(JPEG), "Base64"),
        (b"data:image/jpeg;base64," + base64.b64encode(JPEG), "Base64"),
        (JPEG.decode("latin-1").encode(), "UTF-8"),
        (JPEG.decode("utf-8", "replace").encode(), "UTF-8"),
        (b"\r\n" + JPEG, "a jpeg with 2 bytes before it"),
        (b"\xef\xbb\xbf\x89PNG\r\n\x1a\n", "a png with 3 bytes before it"),
        (b"I am not a photo.", "begins like none of them"),
        (bytes(1000), "begins like none of them"),
        (b"\xff", "begins like none of them"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_looks_like(photo: bytes, words: str):
    with pytest.raises(ProblemError) as caught:
        inspect(photo, PhotoLimits(max_pixels=1000))
    assert caught.value.problem.type == "unsupported-image"
    assert words in caught.value.problem.detail
    assert ", ".join(FORMATS) in caught.value.problem.detail
