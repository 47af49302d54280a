"""A broken photo's way through the API and a real worker, beside what the corpus found of it in its own process."""

from collections.abc import Callable

from tests.badinput.clean import unclean
from tests.badinput.corpus import Outcome
from tests.badinput.place import Place

ENDS = {"succeeded", "failed"}


def photos_over_http(place: Place) -> Callable[[Outcome], str | None]:
    """What the corpus calls for every twentieth file: None, or what was not as it must be."""

    def sends(outcome: Outcome) -> str | None:
        try:
            _follow(place, outcome)
            place.check_alive()
        except AssertionError as error:
            return str(error)
        return None

    return sends


def _follow(place: Place, outcome: Outcome) -> None:
    upload = place.upload(outcome.sample.data)
    assert upload.status < 500, upload.text
    if upload.status >= 400:
        assert (outcome.told_by, outcome.answer) == ("header", upload.slug), upload.text
        return
    assert outcome.told_by == "decoder", upload.text
    spec = {"input": {"upload": upload.document["id"]}, "operations": [{"op": "rotate", "angle": 90}]}
    job = place.ended(place.submit(spec))
    assert job["state"] in ENDS, job
    if job["state"] == "failed":
        assert job["problem"]["type"] == f"/problems/{outcome.answer}", job["problem"]
        return
    assert outcome.answer == "pixels", outcome.answer
    left = unclean(place.call("GET", f"/v1/jobs/{job['id']}/outputs/0").body)
    assert left is None, left
