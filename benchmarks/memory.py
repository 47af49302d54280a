"""Peak memory of the worker for a 48-megapixel photo, beside the same for a small one."""

import re
from pathlib import Path

import psutil

from benchmarks.photos import large_photo, merchant_photos
from benchmarks.service import Service

_OPERATIONS = [{"op": "relight"}, {"op": "restore"}]


def measure(folder: Path) -> dict[str, float]:
    """Resident MiB at the worker's peak: idle, after a photo of 0.2 MP, after 48 MP; and what the pixels alone take."""
    with Service(folder) as service, service.client() as client:
        (worker,) = service.processes("worker")
        peaks = {"idle_mib": _peak_mib(worker)}
        for name, photo in (("small_mib", merchant_photos()[0]), ("large_mib", large_photo(8000, 6000))):
            client.submit(photo, _OPERATIONS).wait()
            peaks[name] = _peak_mib(worker)
    return peaks | {"pixels_mib": 8000 * 6000 * 3 / 2**20}


def _peak_mib(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found, f"no VmHWM in the status of process {process.pid}"
    return int(found[1]) / 1024
