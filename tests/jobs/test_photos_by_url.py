import pytest

from jobs.problems import ProblemError
from jobs.spec import JobSpec, canonical_body, validate_spec
from jobs.store import JobStore

UPLOAD = "sha256:" + "0a" * 32
URL = "https://cdn.example/shoe.jpg?sig=s3cret"


def spec(**given: object) -> JobSpec:
    return validate_spec({"input": given, "operations": [{"op": "restore"}]})


def test_a_photo_may_be_given_by_its_url():
    by_url = spec(url=URL)
    assert by_url.input is not None
    assert (by_url.input.url, by_url.input.upload, by_url.input.sha256) == (URL, None, None)
    assert by_url.uploads == {}
    assert canonical_body(by_url, "shop") != canonical_body(spec(url=URL + "4"), "shop")


def test_an_upload_is_still_one():
    uploaded = spec(upload=UPLOAD)
    assert uploaded.input is not None
    assert uploaded.input.sha256 == "0a" * 32
    assert uploaded.uploads == {"0a" * 32: "/input/upload"}
    assert uploaded.model_dump(mode="json", exclude_none=True)["input"] == {"upload": UPLOAD}


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/input"),
        ({"url": None}, "/input"),
        ({"upload": UPLOAD, "url": URL}, "/input"),
        ({"url": 7}, "/input/url"),
        ({"url": URL, "headers": {}}, "/input/headers"),
    ],
)
def test_it_is_one_of_both(given: dict[str, object], pointer: str):
    with pytest.raises(ProblemError) as caught:
        spec(**given)
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == [pointer]


def test_a_store_takes_urls_only_where_they_are_switched_on(store: JobStore):
    with pytest.raises(ProblemError, match=r"url-forbidden: .*PACKSHOT_FETCH_URLS"):
        store.submit("shop", spec(url=URL))
    assert store.pending() == 0
    store.settings = store.settings.model_copy(update={"fetch_urls": True})
    job_id = store.submit("shop", spec(url=URL)).job_id
    claim = store.claim("hand")
    assert claim is not None
    assert claim.job_id == job_id
    assert claim.spec == spec(url=URL)


def test_a_store_takes_no_url_of_a_forbidden_form(store: JobStore):
    store.settings = store.settings.model_copy(update={"fetch_urls": True})
    with pytest.raises(ProblemError, match="url-forbidden"):
        store.submit("shop", spec(url="https://169.254.169.254/latest/meta-data/"))
    assert store.pending() == 0
