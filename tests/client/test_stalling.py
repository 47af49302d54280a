"""A run that makes no progress says why, once."""

import json

import pytest

from packshot.cli.stalling import AGAIN, NO_WORKER, STALLED_S, StallWatch
from packshot.models import Progress

from .conftest import Answer

NONE = {"type": "/problems/unavailable", "title": "No", "detail": "no worker is alive", "workers": 0}
DOWN = {"type": "/problems/unavailable", "title": "No", "detail": "Redis is away"}


@pytest.mark.parametrize(("status", "told", "said"), [(503, NONE, [NO_WORKER]), (503, DOWN, []), (200, {}, [])])
def test_after_ten_seconds_without_progress_the_server_is_asked_once(scripted, scripted_client, status, told, said):
    scripted.say(Answer(status, json.dumps(told).encode()))
    now, heard = [0.0], []
    watch = StallWatch(scripted_client, heard.append, clock=lambda: now[0])
    for now[0], under_way in (
        (0.0, {"mug": "queued"}),
        (STALLED_S - 0.1, {"mug": "queued"}),
        (STALLED_S, {"mug": "uploading"}),
        (2 * STALLED_S - 0.1, {"mug": "uploading"}),
    ):
        watch.tick(under_way)
    assert scripted.heard == []
    for now[0] in (2 * STALLED_S, 5 * STALLED_S):
        watch.tick({"mug": "uploading"})
    assert [one.path for one in scripted.heard] == ["/readyz"]
    assert heard == said


def test_jobs_that_are_tried_again_are_told_of_once(scripted, scripted_client):
    heard = []
    watch = StallWatch(scripted_client, heard.append, clock=lambda: 0.0)
    watch.tick({"mug": Progress("queued", queue_position=3, attempt=1), "hat": Progress("running", attempt=1)})
    assert heard == []
    for _ in range(2):
        watch.tick({"mug": Progress("queued", attempt=1)})
    assert heard == [AGAIN]
    assert scripted.heard == []
