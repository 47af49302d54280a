"""Signed links: what one opens it opens to everybody, and nothing else to anybody."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from api.services import services_of
from tests.api.isolation.belongings import Household

Change = Callable[[str, dict[str, str], Household], tuple[str, dict[str, str]]]


def link_of(home: Household) -> tuple[str, dict[str, str]]:
    """Path and query of a link to the tenant's own picture."""
    parts = urlsplit(home.shop.output_link(home.ended.job))
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


FORGERIES: dict[str, Change] = {
    "another's job": lambda path, query, zebra: (path.replace(path[9:39], zebra.ended.job), query),
    "another's job and name": lambda path, query, zebra: (
        path.replace(path[9:39], zebra.ended.job),
        query | {"tenant": "zebra"},
    ),
    "another's name": lambda path, query, _: (path, query | {"tenant": "zebra"}),
    "no name": lambda path, query, _: (path, query | {"tenant": ""}),
    "another secret": lambda path, query, _: (path, query | {"kid": "f00dfeed"}),
    "the pointer to the secret": lambda path, query, _: (path, query | {"kid": "current"}),
    "a later end": lambda path, query, _: (path, query | {"expires": str(int(query["expires"]) + 1)}),
    "an end in other digits": lambda path, query, _: (path, query | {"expires": "0" + query["expires"]}),
    "another output": lambda path, query, _: (path[:-1] + "1", query),
    "an output in other digits": lambda path, query, _: (path[:-1] + "00", query),
    "parts pushed across the lines": lambda path, query, _: (
        path,
        query | {"expires": f"{query['expires']}\n{query['tenant']}", "tenant": ""},
    ),
    "an empty signature": lambda path, query, _: (path, query | {"signature": ""}),
    "a cut signature": lambda path, query, _: (path, query | {"signature": query["signature"][:-1]}),
    "a signature in capitals": lambda path, query, _: (path, query | {"signature": query["signature"].upper()}),
    "a signature of letters that are none": lambda path, query, _: (path, query | {"signature": "\udcff" * 64}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_link_opens_nothing(name: str, zebra: Household, rival: Household) -> None:
    path, query = FORGERIES[name](*link_of(rival), zebra)
    answer = zebra.shop.app.test_client().get(f"{path}?{urlencode(query, errors='surrogateescape')}")
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/bad-signature")


@pytest.mark.parametrize("way", ["/v1/jobs/{}/../{}/outputs/0", "/v1//jobs/{}/outputs/0", "/v1/jobs/{}/outputs/0/"])
@pytest.mark.parametrize("escape", [False, True])
def test_a_path_is_not_made_straight_before_it_is_checked(
    way: str, escape: bool, zebra: Household, rival: Household
) -> None:
    _, query = link_of(rival)
    path = way.format(rival.ended.job, zebra.ended.job)
    answer = zebra.shop.app.test_client().get(f"{path.replace('..', '%2e%2e') if escape else path}?{urlencode(query)}")
    assert answer.status_code in {403, 404}
    assert answer.content_type == "application/problem+json"


def test_of_a_name_that_is_told_twice_one_is_taken_for_all(zebra: Household, rival: Household) -> None:
    path, query = link_of(rival)
    client = zebra.shop.app.test_client()
    assert client.get(f"{path}?{urlencode(query)}&tenant=zebra").status_code == 200  # the first: rival's own picture
    assert client.get(f"{path}?tenant=zebra&{urlencode(query)}").status_code == 403


def test_a_key_beside_a_wrong_signature_opens_nothing(rival: Household) -> None:
    path, query = link_of(rival)
    assert rival.shop.get(f"{path}?{urlencode(query | {'signature': '00'})}").status_code == 403


def test_after_a_rotation_with_every_secret_gone_old_links_are_closed(rival: Household) -> None:
    path, query = link_of(rival)
    services_of(rival.shop.app).redis.delete("packshot:link-secrets")
    answer = rival.shop.app.test_client().get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 403
