"""`python -m tests.badinput.fuzz_decoder`: atheris on what looks at photos, half the time each on its two sides.

`header`: `jobs.photos.inspect`, and the looks over whole files, which may raise nothing but ProblemError: they are the
API's guard. `decoder`: the child's own code around Pillow's, in this process, where an error that would be answered
counts for nothing, and a crash or a hang ends the run; there the guard is the child that would have died.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.badinput.fuzz_spec import RESULTS, Fuzzed, fuzzed

LARGEST = 16_384
SIDES = ("header", "decoder")
MOST_PIXELS = 500_000
MODULES = ["jobs.headers", "jobs.photos", "worker.decoder_child", "worker.decoder_profiles", "PIL"]


def run(seconds: int, seed: int) -> Fuzzed:
    """Each side in a process of its own, which atheris ends in its own way; what was tried is their sum."""
    runs = [fuzzed("tests.badinput.fuzz_decoder", seconds // 2, seed, "--side", side) for side in SIDES]
    found = "\n".join(done.found for done in runs if done.found) or None
    peak_mb = max(done.peak_mb for done in runs)
    return Fuzzed(sum(done.tried for done in runs), sum(done.edges for done in runs), peak_mb, found)


def main() -> None:
    """Never returns: atheris ends the process; 0 when nothing was found."""
    options = _parser().parse_args()
    import atheris

    with atheris.instrument_imports(include=MODULES):
        attempt = {"header": _header_side, "decoder": _decoder_side}[options.side]()
    from tests.badinput.seeds import seeds

    RESULTS.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="badinput-")
    for photo in seeds():
        (Path(folder) / photo.name).write_bytes(photo.data)
    flags = [f"-max_total_time={options.seconds}", f"-seed={options.seed}", f"-max_len={LARGEST}", "-timeout=20"]
    flags += ["-rss_limit_mb=3072", "-print_final_stats=1", f"-artifact_prefix={RESULTS}/"]
    atheris.Setup([sys.argv[0], *flags, folder], attempt)
    atheris.Fuzz()


def _header_side() -> Callable[[bytes], None]:
    from jobs.headers.jpeg import check_scans
    from jobs.headers.png import check_chunks
    from jobs.photos import PhotoLimits, inspect
    from jobs.problems import ProblemError

    limits = PhotoLimits(max_pixels=64_000_000)

    def attempt(data: bytes) -> None:
        with suppress(ProblemError):
            info = inspect(data, limits)
            assert 0 < info.width * info.height <= limits.max_pixels
            {"jpeg": check_scans, "png": check_chunks}.get(info.format, len)(data)

    return attempt


def _decoder_side() -> Callable[[bytes], None]:
    from jobs.photos import PhotoLimits
    from worker import decoder_child

    limits = PhotoLimits(max_pixels=MOST_PIXELS)

    def attempt(data: bytes) -> None:
        source, target = (os.memfd_create(name) for name in ("source", "target"))
        written = os.dup(target)
        os.pwrite(source, data, 0)
        try:
            facts = decoder_child._decode(source, written, limits)
            if os.fstat(target).st_size != facts.width * facts.height * (4 if facts.alpha else 3):
                os.abort()  # no exception: the child would answer with one
        except Exception:  # noqa: BLE001  (the child's edge answers with it, whatever it is)
            pass
        finally:
            os.close(target)
            with suppress(OSError):
                os.close(written)  # where it did not come to that

    return attempt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.badinput.fuzz_decoder", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long to try")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    parser.add_argument("--side", choices=SIDES, help="one side alone; both, one after the other, by default")
    return parser


def _told() -> None:
    options = _parser().parse_args()
    if options.side:
        main()
    done = run(options.seconds, options.seed)
    print(f"{done.tried} files tried, {done.edges} edges of code, {done.peak_mb} MB at most")
    sys.exit(done.found)


if __name__ == "__main__":
    _told()
