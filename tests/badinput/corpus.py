"""Thousands of damaged photos, each sent a real photo's way: the API's look at its header, and the guarded decode.

Every twentieth also goes over HTTP, as an upload and a job. The same seed makes the same files.
"""

import collections
import itertools
import random
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from jobs.photos import PhotoInfo, PhotoLimits, inspect
from jobs.problems import ProblemError
from tests.badinput.bombs import bombs
from tests.badinput.measuring import NOTHING, MeasuringDecoder, Taken
from tests.badinput.mutations import mutate
from tests.badinput.remains import Remains
from tests.badinput.seeds import seeds
from worker.decoding import Decoded
from worker.errors import DecoderLost

LIMITS = PhotoLimits(max_pixels=64_000_000, max_bytes=64_000_000)
CPU_TIMEOUT_S = 30.0
LONGEST_S = 10.0
PROMISED = frozenset(
    {"image-empty", "body-too-large", "unsupported-image", "image-animated", "image-dimensions", "image-corrupt"}
)
BASE_BYTES = 100_000_000
"""What a child may hold for the smallest photo: Pillow's and the codecs' code and tables are two thirds of it."""

BYTES_PER_PIXEL = 16
COPIES_OF_FILE = 4
OVER_HTTP = 20
UPLOADED_BYTES = 3_500_000  # what the place that answers takes
_THREADS = 4
_CONNECTIONS = 40  # of the place in this process, which keeps them open
_ADDRESS = re.compile(r"0x[0-9a-f]{8}")


@dataclass(frozen=True)
class Sample:
    """A damaged file: its number in the corpus, what it was, and what was done to it."""

    number: int
    format: str
    mutation: str
    data: bytes
    seed: str


@dataclass(frozen=True)
class Outcome:
    """What became of a sample: "pixels" or a problem, told by "header" or "decoder"; what it took; what it broke."""

    sample: Sample
    answer: str
    told_by: str
    seconds: float
    taken: Taken = NOTHING
    pixels: int = 0
    findings: tuple[str, ...] = ()


@dataclass
class Result:
    """A whole run."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    over_http: int = 0


Report = Callable[[str], None]


def samples(seed: int, count: int) -> Iterator[Sample]:
    """The first `count` files of a seed."""
    known = seeds()
    for number in range(count):
        dice = random.Random(f"{seed}/{number}")
        first, second = dice.choice(known), dice.choice(known)
        name, data = mutate(first.data, first.format, second.data, dice)
        yield Sample(number, first.format, name, data, first.name)


def bomb_samples() -> Iterator[Sample]:
    """The bombs, each as it is."""
    for number, bomb in enumerate(bombs()):
        yield Sample(-1 - number, bomb.format, "bomb", bomb.data, bomb.name)


def run(
    seed: int, count: int, report: Report = print, over_http: Callable[[Outcome], str | None] | None = None
) -> Result:
    """Send `count` files of a seed, and the bombs, through header check and decoder; tell `report` how it goes.

    `over_http` is given every twentieth outcome, does the same over HTTP, and answers with what was broken, or None.
    """
    decoder = MeasuringDecoder(LIMITS, CPU_TIMEOUT_S)
    decoder.start()
    remains = Remains(spare_descriptors=0 if over_http is None else _CONNECTIONS)
    result, started = Result(seed), time.monotonic()

    def done(sample: Sample) -> Outcome:
        return attempt(decoder, sample)

    for outcome in side_by_side(done, itertools.chain(bomb_samples(), samples(seed, count))):
        result.outcomes.append(outcome)
        broken = [f"{_named(seed, outcome.sample)}: {finding}" for finding in outcome.findings]
        if (
            over_http is not None
            and outcome.sample.number % OVER_HTTP == 0
            and len(outcome.sample.data) < UPLOADED_BYTES
        ):
            result.over_http += 1
            said = over_http(outcome)
            broken += [f"{_named(seed, outcome.sample)} over HTTP: {said}"] if said else []
        for finding in broken:
            report(finding)
        result.findings += broken
        if len(result.outcomes) % 1000 == 0:
            report(f"{len(result.outcomes)} files, {time.monotonic() - started:.0f} s, {len(result.findings)} findings")
    result.seconds = time.monotonic() - started
    result.findings += remains.left()
    return result


def attempt(decoder: MeasuringDecoder, sample: Sample) -> Outcome:
    """Both looks at one file."""
    started, told_by, info = time.monotonic(), "header", None
    findings: list[str] = []
    try:
        info = inspect(sample.data, LIMITS)
        told_by = "decoder"
        decoded = _decoded(decoder, sample.data, info)
        answer, findings = "pixels", _faults(decoded, info)
    except ProblemError as error:
        answer = error.problem.type
        findings += [] if answer in PROMISED else [f"{answer}: {error.problem.detail}"]
        findings += [f"an address in {error.problem.detail!r}"] if _ADDRESS.search(error.problem.detail) else []
    except Exception as error:  # noqa: BLE001  (whatever else it raises is what we look for)
        answer = type(error).__name__
        findings.append(f"{answer}: {error}")
    seconds = time.monotonic() - started
    pixels = 0 if info is None else info.width * info.height
    taken = decoder.last if told_by == "decoder" else NOTHING
    if (taken.cpu_s if told_by == "decoder" else seconds) > LONGEST_S:
        findings.append(f"it took {seconds:.1f} s, {taken.cpu_s:.1f} s of a processor")
    if taken.peak_bytes > allowed_bytes(pixels, len(sample.data)):
        findings.append(f"its child held {taken.peak_bytes / 1e6:.0f} MB for {pixels / 1e6:.1f} megapixels")
    return Outcome(sample, answer, told_by, seconds, taken, pixels, tuple(findings))


def _decoded(decoder: MeasuringDecoder, data: bytes, info: PhotoInfo) -> Decoded:
    """Once more where the machine was to blame, as a worker does."""
    try:
        return decoder.decode(data, info.width * info.height)
    except DecoderLost:
        return decoder.decode(data, info.width * info.height)


def allowed_bytes(pixels: int, file_bytes: int) -> int:
    """The bound on a child's resident memory."""
    return BASE_BYTES + BYTES_PER_PIXEL * pixels + COPIES_OF_FILE * file_bytes


def _faults(decoded: Decoded, info: PhotoInfo) -> list[str]:
    """What is wrong with pixels that were promised upright, sRGB, uint8, and as large as the header said."""
    picture, facts = decoded.picture, decoded.facts
    faults = []
    if picture.rgb.dtype != np.uint8 or picture.rgb.shape != (facts.height, facts.width, 3):
        faults.append(f"pixels of {picture.rgb.dtype} {picture.rgb.shape}")
    if picture.alpha is not None and picture.alpha.shape != picture.rgb.shape[:2]:
        faults.append(f"alpha of {picture.alpha.shape}")
    sides = (facts.width, facts.height)
    if info.format != "heic" and sides != (
        (info.height, info.width) if facts.orientation > 4 else (info.width, info.height)
    ):
        faults.append(f"{info.width}x{info.height} px promised, {sides} came, turn {facts.orientation}")
    return faults


def side_by_side(work: Callable[[Sample], Outcome], items: Iterator[Sample]) -> Iterator[Outcome]:
    """The outcomes as they come, with no more files in memory than threads need."""
    with ThreadPoolExecutor(_THREADS) as threads:
        pending: collections.deque[Future[Outcome]] = collections.deque()
        for item in items:
            pending.append(threads.submit(work, item))
            if len(pending) > 2 * _THREADS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _named(seed: int, sample: Sample) -> str:
    return f"file {sample.number} of seed {seed} ({sample.seed}, {sample.mutation}, {len(sample.data)} bytes)"
