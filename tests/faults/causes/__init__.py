"""The faults; importing this package enters all of them into the catalogue."""

from tests.faults.causes import engine, network, outside, processes, redis, storage

__all__ = ["engine", "network", "outside", "processes", "redis", "storage"]
