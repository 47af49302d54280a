"""What a process holds, and the word that ends it."""

import pytest

from jobs.records import Claim
from jobs.spec import validate_spec
from worker.errors import AttemptEnded
from worker.leases import Lease, Leases


def claim(created_ms=0):
    spec = validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "operations": [{"op": "restore"}]})
    return Claim(f"job_{created_ms}", "dev", spec, attempt=1, token="t", deadline_ms=None, created_ms=created_ms)


def test_the_first_reason_counts():
    lease = Lease(claim())
    lease.end("cancel")
    lease.end("drain")
    with pytest.raises(AttemptEnded) as raised:
        lease.check()
    assert raised.value.reason == "cancel"


def test_a_lease_that_goes_on_is_no_error():
    Lease(claim()).check()


def test_held_leases_come_oldest_first_and_closed_ones_not_at_all():
    leases = Leases()
    young, old, closed = (leases.open(claim(created_ms)) for created_ms in (30, 10, 20))
    leases.close(closed)
    assert leases.held() == [old, young]
