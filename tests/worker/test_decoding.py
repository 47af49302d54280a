"""What photos become in the guarded child, and what becomes of photos that are bad."""

import contextlib
import io
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from multiprocessing import forkserver

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageOps

from jobs.photos import PhotoLimits
from jobs.problems import ProblemError
from worker.decoding import Decoder
from worker.encoding import srgb_profile
from worker.errors import DecoderLost

LIMITS = PhotoLimits(max_pixels=64_000_000, max_bytes=64 << 20)


@pytest.fixture(scope="module")
def decoder():
    decoder = Decoder(LIMITS, timeout_s=30)
    decoder.start()
    return decoder


def gradient(width=60, height=40):
    """A picture in which every corner differs, so that turns and swaps show."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack((x, y, 255 - x), axis=-1).astype(np.uint8)


def file_of(image, format_name, **options):
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def decode(decoder, photo):
    width, height = 8000, 8000
    return decoder.decode(photo, width * height)


def mean_difference(left, right):
    return float(np.abs(left.astype(int) - right.astype(int)).mean())


def display_p3_profile():
    """Our sRGB profile with the primaries (adapted to D50) and the name of Display P3 put in."""
    primaries = {
        b"rXYZ": (0.515102, 0.241182, -0.001050),
        b"gXYZ": (0.291965, 0.692236, 0.041885),
        b"bXYZ": (0.157153, 0.066582, 0.784378),
    }
    profile = bytearray(srgb_profile())
    for index in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * index
        offset = int.from_bytes(profile[entry + 4 : entry + 8], "big")
        for axis, value in enumerate(primaries.get(bytes(profile[entry : entry + 4]), ())):
            fixed = round(value * 65536).to_bytes(4, "big", signed=True)
            profile[offset + 8 + 4 * axis : offset + 12 + 4 * axis] = fixed
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "P3P3".encode("utf-16-be"))


def linear_profile():
    """Our sRGB profile with its curves made straight, under a name that begins with sRGB as well."""
    profile = bytearray(srgb_profile())
    for index in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * index
        if profile[entry : entry + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            offset = int.from_bytes(profile[entry + 4 : entry + 8], "big")
            profile[offset : offset + 16] = b"para" + bytes(8) + (1 << 16).to_bytes(4, "big")  # a gamma of 1
    return bytes(profile).replace("sRGB built-in".encode("utf-16-be"), "sRGB-elle-lin".encode("utf-16-be"))


def test_a_png_comes_back_pixel_for_pixel(decoder):
    decoded = decode(decoder, file_of(Image.fromarray(gradient()), "PNG"))
    assert np.array_equal(decoded.picture.rgb, gradient())
    assert decoded.picture.alpha is None
    assert (decoded.facts.width, decoded.facts.height, decoded.facts.format) == (60, 40, "png")


@pytest.mark.parametrize("format_name", ["JPEG", "WEBP", "AVIF", "HEIF"])
def test_every_format_in_the_list_is_decoded(decoder, format_name):
    if format_name == "HEIF":
        file = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(gradient())).save(file, quality=95)
        photo = file.getvalue()
    else:
        photo = file_of(Image.fromarray(gradient()), format_name, quality=95)
    assert mean_difference(decode(decoder, photo).picture.rgb, gradient()) < 4


def test_a_phones_mpo_gives_its_first_frame(decoder):
    second = Image.fromarray(255 - gradient())
    photo = file_of(Image.fromarray(gradient()), "MPO", save_all=True, append_images=[second], quality=95)
    decoded = decode(decoder, photo)
    assert decoded.facts.format == "jpeg"
    assert mean_difference(decoded.picture.rgb, gradient()) < 4


def test_a_cmyk_jpeg_becomes_rgb(decoder):
    photo = file_of(Image.fromarray(gradient()).convert("CMYK"), "JPEG", quality=95)
    decoded = decode(decoder, photo)
    assert decoded.facts.mode == "CMYK"
    assert mean_difference(decoded.picture.rgb, gradient()) < 6


def test_sixteen_bits_are_rounded_to_eight(decoder):
    values = np.array([[0, 128, 129, 257, 32896, 65406, 65407, 65535]], np.uint16)
    decoded = decode(decoder, file_of(Image.fromarray(values), "PNG"))
    assert decoded.picture.rgb[0, :, 0].tolist() == [0, 0, 1, 1, 128, 254, 255, 255]


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_becomes_equal_channels(decoder, mode):
    source = Image.fromarray(gradient()).convert(mode)
    rgb = decode(decoder, file_of(source, "PNG")).picture.rgb
    assert np.array_equal(rgb, np.dstack([np.asarray(source.convert("L"))] * 3))


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_alpha_is_kept_beside_straight_colours(decoder, mode):
    rgba = np.dstack((gradient(), gradient()[..., 1]))
    source = Image.fromarray(rgba)
    if mode == "PA":  # a palette with transparency: two visible entries and one clear one
        source = Image.fromarray((np.arange(2400).reshape(40, 60) % 3).astype(np.uint8), "P")
        source.putpalette([255, 0, 0, 0, 255, 0, 9, 9, 9])
        photo = file_of(source, "PNG", transparency=bytes((255, 128, 0)))
    else:
        source = source.convert(mode)
        photo = file_of(source, "PNG")
    expected = np.asarray(Image.open(io.BytesIO(photo)).convert("RGBA"))
    picture = decode(decoder, photo).picture
    assert np.array_equal(picture.rgba(), expected)


def test_the_clear_grey_of_a_sixteen_bit_png_stays_clear(decoder):
    values = np.array([[0, 999, 1000, 1001, 65535]], np.uint16)
    picture = decode(decoder, file_of(Image.fromarray(values), "PNG", transparency=1000)).picture
    assert picture.alpha.tolist() == [[255, 255, 0, 255, 255]]
    assert picture.rgb[0, :, 0].tolist() == [0, 4, 4, 4, 255]


def test_an_alpha_channel_without_a_hole_is_dropped(decoder):
    picture = decode(decoder, file_of(Image.fromarray(gradient()).convert("RGBA"), "PNG")).picture
    assert picture.alpha is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_turn_ends_upright(decoder, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = file_of(Image.fromarray(gradient()), "PNG", exif=exif)
    decoded = decode(decoder, photo)
    assert np.array_equal(decoded.picture.rgb, np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(photo)))))
    assert decoded.facts.orientation == orientation


def test_broken_exif_leaves_the_photo_as_it_lies(decoder):
    photo = file_of(Image.fromarray(gradient()), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(decode(decoder, photo).picture.rgb, gradient())


def test_display_p3_is_converted_to_srgb(decoder):
    patch = np.full((8, 8, 3), (200, 100, 100), np.uint8)
    photo = file_of(Image.fromarray(patch), "PNG", icc_profile=display_p3_profile())
    decoded = decode(decoder, photo)
    # by the two standards' matrices: linear light, P3 to XYZ to sRGB, and encoded again
    assert np.abs(decoded.picture.rgb[4, 4].astype(int) - (215, 93, 97)).max() <= 2
    assert decoded.facts.profile.startswith("P3P3")


def test_a_linear_profile_is_converted_though_its_name_begins_with_srgb(decoder):
    patch = np.full((8, 8, 3), 55, np.uint8)
    decoded = decode(decoder, file_of(Image.fromarray(patch), "PNG", icc_profile=linear_profile()))
    assert decoded.facts.profile == "sRGB-elle-lin"
    # by the standard: 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)
    assert np.abs(decoded.picture.rgb.astype(int) - 128).max() <= 1


def test_our_own_profile_changes_no_pixel(decoder):
    decoded = decode(decoder, file_of(Image.fromarray(gradient()), "PNG", icc_profile=srgb_profile()))
    assert np.array_equal(decoded.picture.rgb, gradient())
    assert decoded.facts.profile == "sRGB built-in"


@pytest.mark.parametrize("profile", [b"not a profile", srgb_profile()[:200], b"\0" * 588])
def test_a_broken_profile_is_taken_as_srgb(decoder, profile):
    decoded = decode(decoder, file_of(Image.fromarray(gradient()), "PNG", icc_profile=profile))
    assert np.array_equal(decoded.picture.rgb, gradient())
    assert decoded.facts.profile == "unusable, taken as sRGB"


def test_a_profile_of_other_channels_is_passed_over(decoder):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    decoded = decode(decoder, file_of(Image.fromarray(gradient()), "PNG", icc_profile=lab))
    assert np.array_equal(decoded.picture.rgb, gradient())


def test_a_truncated_scan_is_a_corrupt_image(decoder):
    photo = file_of(Image.fromarray(gradient(400, 300)), "JPEG", quality=95)
    with pytest.raises(ProblemError) as raised:
        decode(decoder, photo[: len(photo) // 2])
    assert raised.value.problem.type == "image-corrupt"
    assert "truncated" in raised.value.problem.detail


def test_a_zip_behind_the_photo_does_no_harm(decoder):
    photo = file_of(Image.fromarray(gradient()), "JPEG", quality=95) + b"PK\x03\x04" + bytes(1000)
    assert mean_difference(decode(decoder, photo).picture.rgb, gradient()) < 4


def test_a_photo_that_needs_too_much_memory_is_corrupt(decoder):
    bomb = file_of(Image.new("P", (8000, 8000)), "PNG", transparency=0, compress_level=1)
    with pytest.raises(ProblemError) as raised:
        decoder.decode(bomb, pixels=1)  # the address space of a one-pixel photo
    assert raised.value.problem.type == "image-corrupt"
    assert "MiB allowed" in raised.value.problem.detail


def test_the_header_is_held_against_the_limits_again(decoder):
    with pytest.raises(ProblemError) as raised:
        decode(decoder, file_of(Image.new("1", (9000, 9000)), "PNG"))
    assert raised.value.problem.type == "image-dimensions"


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_header_is_read_by_a_child_too(decoder, format_name, monkeypatch):
    monkeypatch.setattr("jobs.photos.inspect", lambda *_: pytest.fail("the header was read in this process"))
    photo = file_of(Image.new("RGB", (40, 30)), format_name)
    info = decoder.inspect(photo)
    assert (info.format, info.width, info.height, info.bytes) == (format_name.lower(), 40, 30, len(photo))


@pytest.mark.parametrize(("photo", "slug"), [(b"", "image-empty"), (b"<html>", "unsupported-image")])
def test_what_is_no_photo_is_told_by_its_header(decoder, photo, slug):
    with pytest.raises(ProblemError) as caught:
        decoder.inspect(photo)
    assert caught.value.problem.type == slug


def test_a_child_that_the_machine_leaves_no_time_is_killed_and_its_photo_not_blamed():
    slow = file_of(Image.new("RGB", (7000, 7000)), "PNG")
    with pytest.raises(DecoderLost, match=r"longer than the 0\.08 s allowed"):
        Decoder(LIMITS, timeout_s=0.02).decode(slow, 49_000_000)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGKILL, DecoderLost),
        (signal.SIGTERM, DecoderLost),
        (signal.SIGSEGV, ProblemError),
        (signal.SIGXCPU, ProblemError),
    ],
)
def test_a_child_killed_from_outside_is_not_the_photos_fault_but_a_crash_is(decoder, number, expected):
    slow = file_of(Image.new("RGB", (7000, 7000)), "PNG")
    killer = threading.Thread(target=kill_the_next_child, args=(number,))
    killer.start()
    with pytest.raises(expected):
        decoder.decode(slow, 49_000_000)
    killer.join()


def kill_the_next_child(number):
    while not (children := multiprocessing.active_children()):
        time.sleep(0.001)
    os.kill(children[0].pid, number)


def test_a_fork_server_that_died_with_its_child_is_not_the_photos_fault(decoder):
    """Its children are told with exit code 255, which once blamed the photo; and the next photo gets another server."""
    slow = file_of(Image.new("RGB", (7000, 7000)), "PNG")
    killer = threading.Thread(target=kill_the_fork_server_and_its_child)
    killer.start()
    with pytest.raises(DecoderLost, match="fork server"):
        decoder.decode(slow, 49_000_000)
    killer.join()
    assert np.array_equal(decode(decoder, file_of(Image.fromarray(gradient()), "PNG")).picture.rgb, gradient())


def kill_the_fork_server_and_its_child():
    while not (children := multiprocessing.active_children()):
        time.sleep(0.001)
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    os.kill(children[0].pid, signal.SIGKILL)


def test_a_photo_larger_than_its_header_promises_is_corrupt(decoder):
    """The room for it, and its child's memory, were measured by the promise."""
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(gradient(128, 64))).save(file)
    photo = file.getvalue().replace(struct.pack(">4sIII", b"ispe", 0, 128, 64), struct.pack(">4sIII", b"ispe", 0, 8, 8))
    assert decoder.inspect(photo).width == 8
    with pytest.raises(ProblemError) as raised:
        decode(decoder, photo)
    assert raised.value.problem.type == "image-corrupt"


def test_a_png_whose_pixels_are_garbled_is_corrupt(decoder):
    """The look for its EXIF loads a PNG (Pillow 13.0); its error was passed over, half a picture taken for whole."""
    photo = file_of(Image.fromarray(gradient()), "PNG")
    at = photo.index(b"IDAT") + 14
    with pytest.raises(ProblemError, match="broken data stream"):
        decode(decoder, photo[:at] + bytes(range(1, 20)) + photo[at + 19 :])


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_problem_tells_no_address_in_memory(decoder, format_name):
    """Pillow's `Image.open` names the file object that it could not identify, by its place in the fork server."""
    file = io.BytesIO()
    if format_name == "HEIF":
        pillow_heif.from_pillow(Image.fromarray(gradient(128, 64))).save(file)
    else:
        Image.fromarray(gradient()).save(file, format_name)
    whole = file.getvalue()
    for marker in (b"\xff\xda", b"IDAT", b"WEBP", b"iloc", b"hvcC", b"av1C"):
        at = whole.find(marker)
        if at < 0:
            continue
        with pytest.raises(ProblemError) as raised:
            decode(decoder, whole[: at + 14] + bytes(range(1, 20)))
        assert "0x" not in raised.value.problem.detail
        assert "object at" not in raised.value.problem.detail


def test_a_small_photo_gets_little_time_and_what_its_file_needs_of_memory(decoder):
    """Work for half a minute in a picture of a few pixels was put there on purpose: chunks by the million, say."""
    small, large = decoder._allowed(b"", 2400), decoder._allowed(bytes(50_000_000), 64_000_000)
    assert small.cpu_s < 5
    assert large.cpu_s == 30
    assert large.address_bytes - small.address_bytes > 200_000_000 + 32 * 63_000_000


def test_many_threads_decode_at_once_and_leave_no_child(decoder):
    photo = file_of(Image.fromarray(gradient()), "PNG")
    results = []
    threads = [threading.Thread(target=lambda: results.append(decode(decoder, photo).picture.rgb)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 12
    assert all(np.array_equal(result, gradient()) for result in results)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_photo_with_flipped_bytes_is_decoded_or_refused(decoder, format_name):
    random = np.random.default_rng(5)
    photo = np.frombuffer(file_of(Image.fromarray(gradient()), format_name), np.uint8)
    for _ in range(12):
        flipped = photo.copy()
        flipped[random.integers(12, len(photo), 6)] ^= random.integers(1, 256, 6, dtype=np.uint8)
        with contextlib.suppress(ProblemError):  # any other error is a finding
            assert decode(decoder, flipped.tobytes()).picture.rgb.size > 0


_INTERRUPTED_CHILD = """
import multiprocessing, signal, sys
from jobs.photos import PhotoLimits
from worker.decoding import Decoder

signal.signal(signal.SIGINT, signal.default_int_handler)
Decoder(PhotoLimits(max_pixels=100, max_bytes=1000), timeout_s=30).start()
child = multiprocessing.get_context("forkserver").Process(target=signal.raise_signal, args=(signal.SIGINT,))
child.start()
child.join(30)
sys.exit(child.exitcode)
"""


def test_a_child_ignores_ctrl_c_before_its_first_own_line():
    """Started as the decoder starts its children, and interrupted at once: it goes on to its end."""
    assert subprocess.run([sys.executable, "-c", _INTERRUPTED_CHILD], timeout=60, check=False).returncode == 0
