"""The steps of one job, called as the worker calls them, with the engine in one thread and nothing beside it.

Processor milliseconds, children's included; the least of several, so that a busy machine says the same as an idle one.
What is not here is what a whole service takes beyond it: HTTP, the record, the blob store, the wake-ups.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.peers import tree
from benchmarks.peers.calls import OPERATIONS as ASKED
from benchmarks.peers.photos import Photo, photo_of
from benchmarks.peers.serving import network
from engine import Engine, EngineSettings, Ticket
from jobs.photos import PhotoLimits
from jobs.spec import OutputSpec, validate_spec
from worker.decoding import Decoder
from worker.encoding import encode
from worker.fidelity import Fidelity
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture
from worker.results import File

MEGAPIXELS = (0.3, 2.0)
_REPEATS = 2
_DECODES = 5  # of which one takes less than the system counts


@dataclass
class _Watch:
    """The least processor milliseconds of each step."""

    least: dict[str, float] = field(default_factory=dict)

    def step(self, name: str, work: Callable[[], Any], times: int = 1) -> Any:
        """Do the work so many times; returns what it gave last."""
        before = _spent_s()
        for _ in range(times):
            made = work()
        spent = 1000 * (_spent_s() - before) / times
        self.least[name] = min(spent, self.least.get(name, spent))
        return made


def measure() -> dict[str, Any]:
    """By task, precision and size, as "restore int8 0.3": milliseconds by step."""
    found: dict[str, Any] = {}
    peer = network.Networks(1, network.Setup())
    decoder = Decoder(PhotoLimits(max_pixels=64_000_000), 30.0)
    decoder.start()
    for precision in ("int8", "fp32"):
        with Engine.start(EngineSettings(backend="onnxruntime", threads=1, precision=precision)) as engine:
            for megapixels in MEGAPIXELS:
                photo = photo_of(megapixels, 1)
                found[f"restore {precision} {megapixels}"] = _ours("restore", photo, engine, decoder)
                if precision == "fp32":
                    found[f"relight {precision} {megapixels}"] = _ours("relight", photo, engine, decoder)
    for task in network.TASKS:
        for megapixels in MEGAPIXELS:
            found[f"{task} peer {megapixels}"] = _theirs(task, photo_of(megapixels, 1), peer)
    return found


def _ours(task: str, photo: Photo, engine: Engine, decoder: Decoder) -> dict[str, float]:
    watch = _Watch()
    params = validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "operations": [ASKED[task]]}).operations[0]
    output = OutputSpec(format="jpeg", quality=90)
    for _ in range(_REPEATS):
        decode = partial(decoder.decode, photo.data, photo.width * photo.height)
        picture = replace(watch.step("decode", decode, _DECODES).picture, origin=np.eye(3))
        made = watch.step("operation", partial(OPERATIONS[params.op].run, picture, params, _context(engine)))
        encoded = watch.step("encode", partial(encode, made, output))
        watch.step("fidelity report", partial(_report, params.op, picture, File(encoded, made), engine))
    return watch.least


def _report(op: str, picture: Picture, file: File, engine: Engine) -> None:
    fidelity = Fidelity(picture)
    fidelity.follow(op, picture, [file.picture])
    fidelity.report(file, file.picture, _context(engine))


def _theirs(task: str, photo: Photo, peer: network.Networks) -> dict[str, float]:
    watch = _Watch()
    for _ in range(_REPEATS):
        pixels = watch.step("decode", partial(network.decode, photo.data), _DECODES)
        (made,) = watch.step("operation", partial(peer.answer, [(task, pixels)]))
        watch.step("encode", partial(network.encode, made))
    return watch.least


def _context(engine: Engine) -> OperationContext:
    return OperationContext(engine, Ticket(), lambda: None)


def _spent_s() -> float:
    """Of this process, finely counted, and of its decoding children, in the system's hundredths."""
    own = os.times()
    waited_for = own.children_user + own.children_system
    return time.process_time() + waited_for + tree.cpu_seconds(os.getpid(), itself=False)
