"""The steady mixed work of a soak: actors, each a thread that does one kind of thing, pauses, and does it again.

Photos are the samples with a number in them, so that every upload is new. What an actor does not expect counts as a
surprise, with its reason; a soak with surprises has failed whatever its memory says.
"""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.photos import merchant_photos
from benchmarks.soak.sink import Sink
from benchmarks.soak.streaming import follow
from packshot import Client, Job
from packshot.errors import Conflict, InvalidPhoto, JobCanceled, JobExpired, JobFailed, NotFound, PackshotError

_CHAINS: tuple[list[dict[str, object]], ...] = (
    [{"op": "resize", "width": 240}, {"op": "restore"}],
    [{"op": "relight"}, {"op": "resize", "width": 200}],
    [{"op": "cutout"}, {"op": "background", "color": "#ffffff"}],
    [{"op": "rotate", "angle": 3}, {"op": "crop", "aspect": "1:1"}],
    [{"op": "resize", "width": 120}, {"op": "upscale", "factor": 2}],
)
_COMMENT = b"\xff\xfe"


@dataclass
class Shop:
    """What the actors share. `told` counts what happened, by actor and outcome."""

    url: str
    key: str
    sink: Sink
    folder: Path
    over: threading.Event = field(default_factory=threading.Event)
    told: Counter[str] = field(default_factory=Counter)
    surprises: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _photos: list[bytes] = field(default_factory=merchant_photos)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.url, self.key)

    def photo(self) -> bytes:
        """A JPEG that was never there before: a sample with a comment of its own."""
        number = next(self._numbers)
        text = b"%d %r" % (number, self.folder.name.encode())
        photo = self._photos[number % len(self._photos)]
        return photo[:2] + _COMMENT + (len(text) + 2).to_bytes(2, "big") + text + photo[2:]

    def submit(self, **more: Any) -> Job:
        """A job of any chain; all are told to the sink, so that the log of its endpoint is full before we judge."""
        told = {"url": f"{self.sink.url}/job"}
        return self.client.submit(self.photo(), random.choice(_CHAINS), webhook=told, **more)


def _clicks(shop: Shop) -> str:
    job = shop.submit().wait(timeout_s=300)
    job.download(shop.folder)
    return job.state


def _bulk(shop: Shop) -> str:
    for job in [shop.submit(priority="bulk") for _ in range(4)]:
        job.wait(timeout_s=600)
    return "succeeded"


def _canceled(shop: Shop) -> str:
    job = shop.submit()
    shop.over.wait(random.uniform(0, 1))
    with suppress(Conflict):
        job.cancel()
    with suppress(JobCanceled):
        return job.wait(timeout_s=300).state
    return "canceled"


def _erased(shop: Shop) -> str:
    job = shop.submit()
    if random.random() < 0.5:
        job.wait(timeout_s=300)
    job.delete()
    return "erased"


def _late(shop: Shop) -> str:
    try:
        return shop.submit(deadline_s=1).wait(timeout_s=300).state
    except JobExpired:
        return "expired"


def _bad(shop: Shop) -> str:
    kind = random.randrange(3)
    photo = shop.photo()
    try:
        if kind == 0:
            shop.client.submit(b"not a photo at all", [{"op": "restore"}])
        elif kind == 1:
            shop.client.submit(photo[: len(photo) // 2], [{"op": "restore"}]).wait(timeout_s=300)
        else:
            shop.client.job("job_" + "0" * 26)
    except (InvalidPhoto, JobFailed, NotFound) as error:
        return type(error).__name__
    return "taken"


def _batches(shop: Shop) -> str:
    rows = [{"sku": f"S{row}", "photo": shop.photo(), "operations": _CHAINS[row % 2]} for row in range(12)]
    batch = shop.client.catalog(rows)
    if random.random() < 0.3:
        shop.over.wait(2)
        with suppress(Conflict):
            batch.cancel()
    batch.wait(timeout_s=900)
    if batch.state == "finished":
        batch.download_archive(shop.folder / "batch.zip")
    return str(batch.state)


def _keys(shop: Shop) -> str:
    made = shop.client.keys.create("soak", ["jobs:read"])
    with Client(shop.url, made.secret) as other:
        other.me()
    shop.client.keys.revoke(made.id)
    endpoint = shop.client.webhooks.create(f"{shop.sink.url}/endpoint", ["job.failed"])
    shop.client.webhooks.test(endpoint.id)
    shop.over.wait(3)
    shop.client.webhooks.delete(endpoint.id)
    return "made and gone"


def _streams(shop: Shop) -> str:
    follow(f"{shop.url}/v1/events", shop.key, seconds=random.uniform(1, 20), over=shop.over)
    return "left"


def _lists(shop: Shop) -> str:
    list(itertools.islice(shop.client.jobs(), 120))
    shop.client.operator.overview()
    shop.client.operations()
    return "read"


_ACTORS: tuple[tuple[Callable[[Shop], str], float], ...] = (
    *((_clicks, 2.0),) * 2,
    (_bulk, 10.0),
    (_canceled, 4.0),
    (_erased, 4.0),
    (_late, 15.0),
    (_bad, 2.0),
    (_batches, 30.0),
    (_keys, 10.0),
    *((_streams, 1.0),) * 3,
    (_lists, 5.0),
)
"""Who there is, and how many seconds lie between the starts of two turns on average: a pace that is kept, so that a
busy machine makes the work slower and not less.
"""


def start(shop: Shop, pace: float) -> list[threading.Thread]:
    """Start every actor, each with `pace` of its turns; they end when `shop.over` is set."""
    threads = [threading.Thread(target=_act, args=(shop, act, every_s / pace), daemon=True) for act, every_s in _ACTORS]
    for thread in threads:
        thread.start()
    return threads


def _act(shop: Shop, act: Callable[[Shop], str], every_s: float) -> None:
    name, due = act.__name__.strip("_"), time.monotonic()
    while not shop.over.wait(max(0.0, due - time.monotonic())):
        due = time.monotonic() + random.uniform(0, 2 * every_s)
        try:
            shop.told[f"{name}: {act(shop)}"] += 1
        except (PackshotError, httpx.HTTPError, OSError) as error:
            if not shop.over.is_set():
                shop.surprises[f"{name}: {type(error).__name__}: {str(error)[:120]}"] += 1
                time.sleep(1)
