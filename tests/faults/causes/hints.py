"""Faults 19 and 20: on the list of hints is what is none, or one too often."""

from jobs.queue import HintQueue, make_celery
from jobs.settings import JobsSettings, read_settings
from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.invariants import same_workers
from tests.waiting import until

GARBAGE = (
    b"garbage",
    b"",
    b"null",
    b"\xff\xfe",
    b'{"properties": {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "packshot"}}}',
    b'{"headers": {"task": "packshot.work", "id": "1", "eta": "9999-99-99"}, "body": "%%%", "properties": {}}',
)


@fault("19", "garbage on the list of hints", "thrown away with a line in the log; the workers go on", short=True)
def put_garbage_on_the_list(place: Installation) -> None:
    """Text, JSON that is no message, messages that are no hints; and the like on the channel of changes."""
    with same_workers(place.workers):
        place.strike()
        for item in GARBAGE * 3:
            place.redis.client().lpush("packshot", item)
            place.redis.client().publish("packshot:changes", item)
        place.recovered()
        until(lambda: not place.redis.client().exists("packshot"), "an empty list")
        assert any("thrown away" in worker.log for worker in place.workers)


@fault("20", "the same id pushed 100 times", "one run", short=True)
def push_one_id_often(place: Installation) -> None:
    """Before, while and after the job runs."""
    settings = read_settings(JobsSettings, redis_url=place.redis.url, data_dir=place.data)
    hints = HintQueue(make_celery(settings), settings)
    (job_id,) = place.shop.submit()
    place.strike()
    for _ in range(100):
        until(lambda: hints.publish(job_id), "a hint that Redis takes")
    hints.close()
    place.recovered(job_id)
    until(lambda: not place.redis.client().exists("packshot"), "an empty list")
    assert place.shop.attempts([job_id]) == {1}
