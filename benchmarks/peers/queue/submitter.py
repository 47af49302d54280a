"""The process that submits: told on stdin what to do, it answers on stdout with what that took."""

import json
import resource
import sys
import time
from collections.abc import Callable


def obey(submit: Callable[[], object], trip: Callable[[], object]) -> None:
    """Serve until stdin ends. "flood N": `submit` so often. "trips N": `trip`, a submit and the wait for its end."""
    print("ready", flush=True)
    for line in sys.stdin:
        verb, number = line.split()
        before_s, begun = _cpu_s(), time.perf_counter()
        taken_ms = []
        for _ in range(int(number)):
            one = time.perf_counter()
            submit() if verb == "flood" else trip()
            taken_ms.append((time.perf_counter() - one) * 1000)
        told = {"cpu_s": _cpu_s() - before_s, "seconds": time.perf_counter() - begun, "each_ms": taken_ms}
        print(json.dumps(told), flush=True)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
