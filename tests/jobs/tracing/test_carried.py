"""What a record says of a trace, and what of a client's header is believed."""

import pytest

from jobs.tracing import Begin, Carried, begin_for_job, read_carried, read_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
JOB = "job_06h0ae0ajhpaod3rpcgistepko"


@pytest.mark.parametrize(
    "told",
    [
        *(None, "", "no", f"00-{TRACE}-{SPAN}", f"00-{TRACE.upper()}-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01"),
        *(f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{SPAN}-01-more", f"{PARENT}\n00"),
    ],
)
def test_what_is_no_traceparent_begins_a_trace_anew(told: str | None) -> None:
    assert read_traceparent(told) is None


def test_a_later_version_is_read_as_far_as_this_one_goes_and_unknown_flags_are_dropped() -> None:
    assert read_traceparent(f" cc-{TRACE}-{SPAN}-ff-what-comes-later ") == PARENT
    assert read_traceparent(f"00-{TRACE}-{SPAN}-02") == f"00-{TRACE}-{SPAN}-00"


def test_a_record_gives_back_what_was_written_into_it() -> None:
    for carried in (Carried(PARENT), Carried(PARENT, "client"), Carried(PARENT, "batch")):
        assert read_carried(str(carried)) == carried
    assert Carried(PARENT).trace_id == TRACE
    assert [read_carried(told) for told in (None, "", PARENT, f"{PARENT} stranger", "x own")] == [None] * 5


def test_a_job_of_its_own_request_is_a_child_and_one_of_a_catalogue_is_linked() -> None:
    assert begin_for_job(JOB, f"{PARENT} own") == Begin(parent=PARENT)
    linked = begin_for_job(JOB, f"{PARENT} batch")
    assert (linked.parent, linked.links) == (None, (PARENT,))
    assert linked.trace_id == begin_for_job(JOB, None).trace_id, "each attempt is in the same trace"
    assert linked.trace_id != begin_for_job(JOB[:-1] + "p", None).trace_id
