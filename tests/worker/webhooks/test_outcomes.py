"""What follows from a receiver's answer."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from jobs.settings import read_settings
from worker.settings import WorkerSettings
from worker.webhooks.outcomes import LONGEST_WISH_S, outcome
from worker.webhooks.sending import Answer

RETRIES_S = (5.0, 60.0)


NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
"""By Redis' clock; this machine's own does not count."""


def after(answer, tries=1):
    return outcome(answer, tries, RETRIES_S, round(NOW.timestamp() * 1000))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_delivery(status):
    assert after(Answer(status, 7)).outcome == "delivered"


@pytest.mark.parametrize("status", [199, 301, 304, 400, 401, 404, 429, 500, 503])
def test_all_else_is_tried_again(status):
    sent = after(Answer(status, 7))
    assert (sent.outcome, sent.status, sent.took_ms) == ("again", status, 7)
    assert 4_500 <= sent.delay_ms <= 5_500


def test_the_last_failure_is_the_end():
    assert 54_000 <= after(Answer(None, 7, "no such host"), tries=2).delay_ms <= 66_000
    sent = after(Answer(None, 7, "no such host"), tries=3)
    assert (sent.outcome, sent.error) == ("failed", "no such host")


def test_410_is_the_end_of_the_endpoint():
    assert after(Answer(410, 7)).outcome == "gone"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("wish", "delay_ms"),
    [
        ("120", 120_000),
        ("1", 5_000),
        ("999999999", LONGEST_WISH_S * 1000),
        ("soon", 5_000),
        ("-5", 5_000),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 5_000),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 5_000),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WISH_S * 1000),
        ("Mon, 01 Jan 2027 00:00:00 +9999999999", 5_000),
        ("\x00", 5_000),
        (None, 5_000),
    ],
)
def test_a_receiver_may_ask_for_more_time_within_reason(status, wish, delay_ms):
    sent = after(Answer(status, 7, retry_after=wish))
    assert delay_ms * 0.9 <= sent.delay_ms <= delay_ms * 1.1


@pytest.mark.parametrize("named", ["GMT", "-0000"])
def test_a_receiver_may_name_a_date(named):
    date = format_datetime(NOW + timedelta(seconds=600), usegmt=True).replace("GMT", named)
    assert 599_000 <= after(Answer(503, 7, retry_after=date)).delay_ms <= 601_000


def test_only_who_is_busy_may_ask_for_time():
    assert after(Answer(500, 7, retry_after="3600")).delay_ms < 6_000


def test_the_schedule_is_a_setting(redis_url, monkeypatch):
    assert sum(read_settings(WorkerSettings, redis_url=redis_url).webhooks_retries_s) == pytest.approx(
        75.6 * 3600, rel=0.01
    )
    monkeypatch.setenv("PACKSHOT_WEBHOOKS_RETRIES_S", "0.5, 3,60")
    assert read_settings(WorkerSettings, redis_url=redis_url).webhooks_retries_s == (0.5, 3, 60)
