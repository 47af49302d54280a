"""The list of the living, as the API reads it."""

import json
import time

from api.presence import living_workers
from jobs.presence import LIVENESS_MS
from jobs.records import Claim
from jobs.spec import validate_spec
from worker.heartbeats import Heartbeats
from worker.presence import Presence, other_places, place_of_blobs

WORKERS = "packshot:workers"
SPEC = validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "operations": [{"op": "restore"}]})


def test_a_living_worker_is_listed_with_what_it_runs_on(workshop):
    redis = workshop.store.redis
    before_ms = workshop.redis_now_ms()
    Presence(workshop).announce()
    [(owner, beat_ms)] = redis.zrange(WORKERS, 0, -1, withscores=True)
    assert owner == workshop.owner
    assert before_ms <= beat_ms <= workshop.redis_now_ms()
    key = f"packshot:worker:{owner}"
    fields = redis.hgetall(key)
    assert fields["backend"]
    assert "restore" in json.loads(fields["models"])
    assert int(fields["beat"]) == beat_ms
    assert 0 < redis.pttl(key) <= LIVENESS_MS


def test_a_worker_that_keeps_photos_elsewhere_can_be_told_from_the_others(workshop):
    redis, own = workshop.store.redis, place_of_blobs(workshop.settings)
    Presence(workshop).announce()
    assert other_places(redis, own) == []
    assert other_places(redis, "file:///elsewhere") == [own]
    redis.hdel(f"packshot:worker:{workshop.owner}", "blobs")  # as a worker of an earlier version
    assert other_places(redis, "file:///elsewhere") == []


def test_a_slash_at_the_end_makes_no_other_place(workshop):
    here = workshop.settings.model_copy(update={"blob_url": place_of_blobs(workshop.settings) + "/"})
    assert place_of_blobs(here) == place_of_blobs(workshop.settings)
    Presence(workshop).announce()
    key = f"packshot:worker:{workshop.owner}"
    workshop.store.redis.hset(key, "blobs", here.blob_url)  # as a worker of before tells it
    assert other_places(workshop.store.redis, place_of_blobs(here)) == []


def test_where_photos_are_kept_is_told_without_secrets(workshop):
    place = place_of_blobs(workshop.settings.model_copy(update={"blob_url": "s3://key:hidden@bucket/x?sig=hidden"}))
    assert place.endswith("bucket/x?***")
    assert "hidden" not in place


def test_a_worker_tells_what_it_runs_and_how_its_engine_does(workshop):
    claim = Claim("job_" + "0" * 26, "shop", SPEC, 1, "t", None, 1)
    lease = workshop.leases.open(claim)
    Presence(workshop).announce()
    [worker] = living_workers(workshop.store.redis)
    assert worker.jobs == (claim.job_id,)
    assert worker.device == workshop.engine.describe()["device"]
    assert worker.host
    lately = {"device_busy": worker.engine["device_busy"], "megapixels_per_s": 0.0, "flush_reasons": {}}
    assert worker.engine == workshop.engine.figures() | lately
    workshop.leases.close(lease)
    Presence(workshop).announce()
    assert living_workers(workshop.store.redis)[0].jobs == ()


def test_a_look_that_ends_while_its_worker_tells_is_not_told_as_done_without_what_it_refused(workshop, monkeypatch):
    class EndsMeanwhile:
        looked = 0

        def served(self):
            return []

        @property
        def refused(self):
            self.looked = 1  # the keeper sets what it refused, then this; what was read here is of the look before
            return {}

    monkeypatch.setattr(workshop, "models", EndsMeanwhile())
    Presence(workshop).announce()
    [worker] = living_workers(workshop.store.redis)
    assert (worker.looked, dict(worker.refused)) == (0, {})
    assert workshop.models.looked == 1


def test_who_announces_takes_the_dead_off_the_list_and_leaves_the_living(workshop):
    redis, now_ms = workshop.store.redis, workshop.redis_now_ms()
    redis.zadd(WORKERS, {"dead": now_ms - LIVENESS_MS - 1, "late": now_ms - LIVENESS_MS + 20_000})
    Presence(workshop).announce()
    assert redis.zrange(WORKERS, 0, -1) == ["late", workshop.owner]


def test_the_heartbeats_list_their_worker_at_once_and_take_it_off_at_the_end(workshop):
    redis, heartbeats = workshop.store.redis, Heartbeats(workshop)
    heartbeats.start()
    while not redis.zcard(WORKERS):
        time.sleep(0.01)
    heartbeats.stop()
    assert redis.zcard(WORKERS) == 0
    assert redis.keys("packshot:worker:*") == []


def test_a_worker_is_listed_though_the_memory_is_full(workshop):
    redis, presence = workshop.store.redis, Presence(workshop)
    presence.announce()  # Redis has met the script, which takes memory too
    presence.withdraw()
    redis.config_set("maxmemory", "100kb")
    try:
        presence.announce()
        assert [worker.owner for worker in living_workers(redis)] == [workshop.owner]
    finally:
        redis.config_set("maxmemory", "0")
