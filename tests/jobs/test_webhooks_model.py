"""Webhooks under bad luck: senders that die, answer late, fail. Each end is told to each endpoint, under one id."""

import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest

from jobs.connection import connect
from jobs.settings import JobsSettings
from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.webhooks.records import DeliveryState, NewEndpoint

from .conftest import BOOM, Hand, Shop

JOBS = 60
SENDERS = 6
LEASE_MS = 60
SEED = 7
TENANTS = ("ant", "bee")


@dataclass
class Receivers:
    """What arrived: how often each id came, by endpoint and by what it was about."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ids: defaultdict[tuple[str, str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    fates: Counter[str] = field(default_factory=Counter)
    done: threading.Event = field(default_factory=threading.Event)

    def take(self, url: str, kind: str, about: str, message_id: str) -> None:
        with self.lock:
            self.ids[url, kind, about][message_id] += 1


def test_every_end_reaches_every_endpoint_under_one_id(settings: JobsSettings):
    clients = [connect(settings.redis_url) for _ in range(SENDERS + 1)]
    stores = [JobStore(client, settings) for client in clients]
    receivers, shop, hand = Receivers(), Shop(stores[-1]), Hand(stores[-1])
    endpoints = {
        tenant: [
            stores[-1].add_endpoint(tenant, NewEndpoint(f"https://{tenant}.example/{number}", ("job.*",)))[0]
            for number in range(3)
        ]
        for tenant in TENANTS
    }
    threads = [threading.Thread(target=send, args=(stores[at], receivers, SEED + at)) for at in range(SENDERS)]
    for thread in threads:
        thread.start()
    jobs = end_jobs(shop, hand)
    wait_until_told(stores[-1], endpoints)
    receivers.done.set()
    for thread in threads:
        thread.join()
    assert {"crash", "late", "failed", "good"} <= set(receivers.fates)
    for tenant, kind, job_id in jobs:
        for endpoint in endpoints[tenant]:
            assert len(receivers.ids[endpoint.url, kind, job_id]) == 1
    assert sum(map(len, receivers.ids.values())) == len(jobs) * 3  # and nothing else was told
    for client in clients:
        client.close()


def end_jobs(shop: Shop, hand: Hand) -> list[tuple[str, str, str]]:
    luck, ended = random.Random(SEED), []
    for _ in range(JOBS):
        tenant = luck.choice(TENANTS)
        job_id = shop.submit(tenant)
        claim = hand.claim()
        good = luck.random() < 0.5
        if good:
            hand.finish(claim), hand.finish(claim)
        else:
            shop.store.fail(claim.job_id, claim.token, BOOM)
        ended.append((tenant, "job.succeeded" if good else "job.failed", job_id))
    return ended


def send(store: JobStore, receivers: Receivers, seed: int) -> None:
    luck = random.Random(seed)
    while not receivers.done.is_set():
        claimed = store.claim_delivery(LEASE_MS)
        if claimed is None:
            time.sleep(0.005)
            continue
        fate = luck.choices(("crash", "late", "failed", "good"), (8, 8, 14, 70))[0]
        with receivers.lock:
            receivers.fates[fate] += 1
        if fate == "failed":
            store.end_delivery(claimed, Sent("again", 500, 1, "the receiver answered 500", delay_ms=5))
            continue
        receivers.take(claimed.url, claimed.message.type, str(claimed.message.job_id), claimed.message.id)
        if fate == "late":
            time.sleep(LEASE_MS / 1000 * 1.5)
        if fate != "crash":
            store.end_delivery(claimed, Sent("delivered", 200, 1))


def wait_until_told(store: JobStore, endpoints: dict[str, list]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        states = Counter(
            delivery.state
            for tenant, made in endpoints.items()
            for endpoint in made
            for delivery in store.deliveries(tenant, endpoint.id, limit=1000).items
        )
        if set(states) == {DeliveryState.DELIVERED}:
            return
        time.sleep(0.05)
    pytest.fail(f"not everything was told: {states}")
