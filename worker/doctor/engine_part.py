"""The engine: the networks' files, the backend that a worker would run on, the GPUs, and the guarded decoder."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec

from engine.backends.cpus import usable_cpus
from engine.backends.select import choose_backend
from engine.cards import load_cards, read_model
from engine.cuda.devices import list_gpus
from engine.errors import BackendUnavailable, WeightsError
from engine.settings import EngineSettings
from jobs.photos import PhotoLimits
from worker.decoding import Decoder
from worker.doctor.findings import Finding
from worker.errors import WorkerError
from worker.memory import usable_memory_bytes
from worker.settings import WorkerSettings

_LEAST_MEMORY_BYTES = 2_000_000_000


def look_at_weights(settings: EngineSettings) -> Iterator[Finding]:
    """Every card that a worker would take, and its files against their SHA-256."""
    try:
        cards = load_cards(settings.weights_dir)
        for card in cards.values():
            read_model(card)
    except WeightsError as error:
        remedy = "fetch the weights again (git checkout engine/weights), or mend PACKSHOT_WEIGHTS_DIR"
        yield Finding("models", "fault", str(error), remedy)
        return
    yield Finding("models", "ok", f"{len(cards)}, their files as their cards promise: {', '.join(sorted(cards))}")


def look_at_gpus() -> Iterator[Finding]:
    """What the driver tells."""
    survey = list_gpus()
    if not survey.gpus:
        yield Finding("gpu", "ok", f"{survey.why_none}; the CPU does the work")
    for gpu in survey.gpus:
        memory = f"{gpu.memory_bytes / 2**30:.0f} GiB"
        yield Finding("gpu", "ok", f"{gpu.number}: {gpu.name}, {memory}, {gpu.architecture}")


def look_at_backend(settings: EngineSettings) -> Iterator[Finding]:
    """The backend that a worker would take, opened as it would; a GPU that it does not use is worth a word."""
    try:
        choice = choose_backend(settings)
    except BackendUnavailable as error:
        remedy = "install its extra (docs/settings.md), or leave PACKSHOT_BACKEND away"
        yield Finding("backend", "fault", str(error), remedy)
        return
    name = choice.backend.name
    if settings.backend == "auto" and name == "onnxruntime" and list_gpus().gpus:
        remedy = "pip install 'packshot-server[tensorrt]' (or [torch]): until then the GPU is idle"
        yield Finding("backend", "warning", f"{name} ({choice.why})", remedy)
        return
    yield Finding("backend", "ok", f"{name} ({choice.why})")


def look_at_decoder(settings: WorkerSettings) -> Iterator[Finding]:
    """A photo of one pixel through a guarded child; and whether phones' HEIC can be read."""
    try:
        Decoder(PhotoLimits.of(settings), settings.decode_timeout_s).start()
    except (WorkerError, OSError) as error:
        remedy = "children need memory and the right to set their own limits (see docs/settings.md)"
        yield Finding("decoder", "fault", str(error), remedy)
        return
    yield Finding("decoder", "ok", "a guarded child decodes")
    if find_spec("pillow_heif") is None:
        remedy = "pip install 'packshot-server[heif]'"
        yield Finding("decoder", "warning", "HEIC, which phones send, cannot be read", remedy)


def look_at_machine() -> Iterator[Finding]:
    """Python, processors and memory, as this process may use them."""
    memory = usable_memory_bytes()
    text = f"Python {sys.version.split()[0]}, {usable_cpus()} processors, {memory / 1e9:.1f} GB of memory"
    if memory < _LEAST_MEMORY_BYTES:
        remedy = "give it 2 GB, or lower PACKSHOT_MAX_PHOTO_MEGAPIXELS and PACKSHOT_CONCURRENCY"
        yield Finding("machine", "warning", text, remedy)
        return
    yield Finding("machine", "ok", text)
