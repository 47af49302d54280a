"""Where the processes of a stack tell Prometheus their figures: each on a port of its own, counted up from the API's.

PACKSHOT_METRICS_PORT and PACKSHOT_METRICS_HOST say where; what is wrong with them as words is the server's to tell.
"""

import os
from collections.abc import Mapping

from packshot.stack.addresses import Address, probe
from packshot.stack.errors import StackError

PORT, HOST = "PACKSHOT_METRICS_PORT", "PACKSHOT_METRICS_HOST"
_USUAL_HOST = "127.0.0.1"
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  (nobody listens there by this)
_LAST_PORT = 65_535


def metrics_addresses(processes: int, environ: Mapping[str, str] | None = None) -> tuple[Address, ...]:
    """One for each process, the API's first; none where no port is set, or none that is a number."""
    environ = os.environ if environ is None else environ
    told = environ.get(PORT, "")
    if not told.isdecimal() or int(told) == 0:
        return ()
    return tuple(Address(environ.get(HOST) or _USUAL_HOST, int(told) + number) for number in range(processes))


def tellers(workers: int, gpus: str | None) -> int:
    """How many processes tell figures, the API among them; of "all" GPUs the first alone counts, since nobody here
    knows how many there are.
    """
    return 1 + (workers if gpus is None or gpus == "all" else len(gpus.split(",")))


def claim_metrics(addresses: tuple[Address, ...], api: Address) -> None:
    """Raises StackError where one of them is the API's own, or cannot be listened on: nobody would see the figures."""
    if not addresses:
        return
    first, last = addresses[0].port, addresses[-1].port
    why = f"the metrics of API and workers are on the ports {first} to {last} ({PORT}={first}, counted up)"
    if last > _LAST_PORT:
        raise StackError(f"{why}, and there are {_LAST_PORT}; set it to {_LAST_PORT - len(addresses) + 1} at most")
    if _meet(addresses[0].host, api.host) and first <= api.port <= last:
        raise StackError(f"{why}, and the API is on {api.port}: choose another {PORT}, or another --port")
    for address in addresses:
        try:
            probe(address.host, address.port)
        except OSError as error:
            where = f"{address.host}:{address.port}"
            raise StackError(f"{why}, and {where} cannot be had ({error.strerror or error}): choose another") from error


def _meet(one: str, other: str) -> bool:
    """Whether one port of both hosts is the same port."""
    known = {_USUAL_HOST if host == "localhost" else host for host in (one, other)}
    return len(known) == 1 or not _EVERYWHERE.isdisjoint(known)


def as_environment(address: Address | None) -> dict[str, str]:
    """What a process is told that is to use this address; nothing without one."""
    return {} if address is None else {PORT: str(address.port)}
