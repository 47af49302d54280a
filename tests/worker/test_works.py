"""Sixty works told as one."""

from dataclasses import replace

from worker.operations.works import together

from .instant import FACTS


def test_one_work_is_told_as_it_is():
    assert together([FACTS]) is FACTS


def test_sums_are_sums_and_means_go_by_their_weights():
    first = replace(FACTS, units=1, batches=1, mean_batch_size=2.0, wait_ms=9.0, device_ms=1.5, halo_waste=0.4)
    second = replace(FACTS, units=3, batches=3, mean_batch_size=4.0, wait_ms=2.0, device_ms=0.25, halo_waste=0.0)
    told = together([replace(first, flush_reasons={"full": 1}), replace(second, flush_reasons={"full": 2, "idle": 1})])
    assert (told.units, told.batches, told.device_ms, told.wait_ms) == (4, 4, 1.75, 9.0)
    assert (told.mean_batch_size, told.mean_batch_works, told.halo_waste) == (3.5, 1.0, 0.1)
    assert told.flush_reasons == {"full": 3, "idle": 1}
    assert told.model == FACTS.model
