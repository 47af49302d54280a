"""Hosts on one machine: network namespaces, each with a cable to one bridge. Needs root and iproute2.

The bridge's own side is where API, Redis and the S3 store stand. A host's packets can be cut both ways, or one way
alone: then nobody is told, as behind a switch that forgot a port.
"""

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_BRIDGE = "hdfleet"
_NETWORK = "10.24.0"
_NOBODY = "02:00:00:00:00:fe"  # no card has it: the bridge carries what is sent there to nowhere
_CLONE_NEWNET = 0x40000000


class NoNetwork(Exception):  # noqa: N818
    """This machine does not let us make hosts; the message says what is missing."""


class Host:
    """One namespace, `hd<number>`, with the address 10.24.0.<10 + number>."""

    def __init__(self, number: int) -> None:
        self.name = f"hd{number}"
        self.address = f"{_NETWORK}.{10 + number}"
        self._outer = f"hdv{number}"

    def make(self) -> None:
        """The namespace, and the cable to the bridge."""
        _ip("netns", "add", self.name)
        _ip("link", "add", self._outer, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("link", "set", self._outer, "master", _BRIDGE, "up")
        self._inside("addr", "add", f"{self.address}/24", "dev", "eth0")
        self._inside("link", "set", "lo", "up")
        self._inside("link", "set", "eth0", "up")

    def remove(self) -> None:
        """The namespace with its end of the cable; with one end goes the other."""
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._outer)
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """The cable is pulled; who sends is told so by nobody."""
        _ip("link", "set", self._outer, "down")
        try:
            yield
        finally:
            _ip("link", "set", self._outer, "up")

    def forget(self) -> None:
        """The servers drop all connections with this host, as a machine does that was switched off."""
        subprocess.run(["ss", "--kill", "dst", self.address], check=True, capture_output=True)

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """What the servers send to this host goes nowhere; what it sends arrives."""
        _ip("neigh", "replace", self.address, "lladdr", _NOBODY, "dev", _BRIDGE, "nud", "permanent")
        try:
            yield
        finally:
            _ip("neigh", "del", self.address, "dev", _BRIDGE)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """What this host sends goes nowhere; what the servers send arrives."""
        self._inside("neigh", "replace", Network.address, "lladdr", _NOBODY, "dev", "eth0", "nud", "permanent")
        try:
            yield
        finally:
            self._inside("neigh", "del", Network.address, "dev", "eth0")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """What this thread starts meanwhile runs on this host. The rest of the process stays where it is."""
        with Path("/proc/thread-self/ns/net").open() as home, Path("/var/run/netns", self.name).open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def _inside(self, *arguments: str) -> None:
        _ip("-n", self.name, *arguments)


class Network:
    """The bridge and its hosts until the block ends. Raises NoNetwork."""

    address = f"{_NETWORK}.1"

    def __init__(self, hosts: int) -> None:
        self.hosts = [Host(number + 1) for number in range(hosts)]
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        check()
        self._remove()  # what a killed run left behind
        try:
            _ip("link", "add", _BRIDGE, "type", "bridge")
            _ip("addr", "add", f"{self.address}/24", "dev", _BRIDGE)
            _ip("link", "set", _BRIDGE, "up")
            for host in self.hosts:
                host.make()
        except subprocess.CalledProcessError as error:
            self._remove()
            raise NoNetwork(f"the hosts could not be made: {error.stderr.strip()}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _remove(self) -> None:
        for host in self.hosts:
            host.remove()
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", _BRIDGE)


def check() -> None:
    """Raise NoNetwork where there is no root or no iproute2."""
    if os.geteuid() != 0:
        raise NoNetwork("make fleet makes network namespaces, which needs root (sudo make fleet)")
    if shutil.which("ip") is None:
        raise NoNetwork(
            "make fleet makes network namespaces with `ip`, which is not here (Debian: apt install iproute2)"
        )


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
