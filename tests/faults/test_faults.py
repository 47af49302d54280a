"""The short form: those faults that cost little, on one installation; `make faults` is all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.faults.causes  # noqa: F401  (enters the faults)
from tests.faults.catalogue import Fault, in_order
from tests.faults.installation import Installation
from tests.faults.runs import suffer

LEASE_MS = "10000"
"""Longer than in `make faults`: beside all other tests a sound worker may have no time to beat for four seconds, and
attempts are counted here.
"""
SHORT = [fault for fault in in_order() if fault.short]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("faults"), {"PACKSHOT_LEASE_MS": LEASE_MS}) as place:
        yield place
        place.check(again=True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: f"{fault.number}: {fault.name}")
def test_after_a_fault_every_accepted_job_has_one_end_one_result_one_message(
    fault: Fault, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if fault.settings:
        with Installation(tmp_path, {"PACKSHOT_LEASE_MS": LEASE_MS, **fault.settings}) as own:
            suffer(own, fault)
    else:
        suffer(request.getfixturevalue("shared"), fault)
