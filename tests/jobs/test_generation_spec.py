"""A job is about a photo or about a wish: what each may hold, and where a mistake is pointed at."""

import json
from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.spec import Generate, JobSpec, Variations, parse_spec, validate_spec

from .conftest import SHA, Hand, Shop, make_spec

LIKED, OTHER = "b" * 64, "c" * 64
PHOTO = {"upload": f"sha256:{SHA}"}


def wish(*later: dict[str, Any], **fields: Any) -> JobSpec:
    return validate_spec({"operations": [{"op": "generate", **fields}, *later]})


def varied(*earlier: dict[str, Any], **fields: Any) -> JobSpec:
    return validate_spec({"input": PHOTO, "operations": [*earlier, {"op": "variations", **fields}]})


def pointers(document: dict[str, Any]) -> list[str]:
    with pytest.raises(ProblemError) as caught:
        validate_spec(document)
    assert caught.value.problem.type == "invalid-parameter"
    return [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]]


def test_an_empty_wish_has_its_defaults():
    (operation,) = wish().operations
    assert isinstance(operation, Generate)
    assert (operation.count, operation.size_px, operation.effort, operation.like_strength) == (1, 512, 2.0, 0.5)
    assert (operation.text, operation.colors, operation.like, operation.adjust) == (None, (), (), {})
    assert wish().input is None


def test_variations_have_their_defaults():
    (operation,) = varied().operations
    assert isinstance(operation, Variations)
    assert (operation.strength, operation.count, operation.size_px, operation.towards) == (0.3, 4, 512, None)


def test_a_wish_may_say_everything():
    spec = wish(
        {"op": "resize", "width": 600},
        text="navy striped dress,\nlong sleeves 👗 长袖",
        category="dress",
        colors=["navy", "#f4f1e8"],
        pattern="striped",
        aspect=1.4,
        count=64,
        size_px=1024,
        effort=4,
        like=[f"sha256:{LIKED}", f"sha256:{OTHER}"],
        like_strength=1,
        mix={"seed": 7, "share": 0.3},
        adjust={"brightness": -1.5},
    )
    assert JobSpec.model_validate_json(spec.model_dump_json(exclude_none=True)) == spec


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"text": "x" * 501}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({"text": "a\x1b[31mred"}, "/text"),
        ({"text": 7}, "/text"),
        ({"category": ""}, "/category"),
        ({"colors": ["navy", "#12345"]}, "/colors/1"),
        ({"colors": ["navy; drop"]}, "/colors/0"),
        ({"colors": ["red", "green", "blue"]}, "/colors"),
        ({"pattern": "plaid"}, "/pattern"),
        ({"aspect": 0}, "/aspect"),
        ({"aspect": float("nan")}, "/aspect"),
        ({"count": 0}, "/count"),
        ({"count": 65}, "/count"),
        ({"count": "4"}, "/count"),
        ({"count": True}, "/count"),
        ({"size_px": 63}, "/size_px"),
        ({"size_px": 1025}, "/size_px"),
        ({"effort": 0.5}, "/effort"),
        ({"effort": 4.5}, "/effort"),
        ({"like": ["b" * 64]}, "/like/0"),
        ({"like": [f"sha256:{LIKED}"] * 9}, "/like"),
        ({"like_strength": 1.5}, "/like_strength"),
        ({"like_strength": float("nan")}, "/like_strength"),
        ({"mix": {"share": 0.5}}, "/mix/seed"),
        ({"mix": {"seed": 2**32}}, "/mix/seed"),
        ({"mix": {"seed": 1, "share": 2}}, "/mix/share"),
        ({"adjust": {"Brightness!": 1}}, "/adjust/Brightness!"),
        ({"adjust": {"brightness": 5}}, "/adjust/brightness"),
        ({"adjust": {"brightness": float("inf")}}, "/adjust/brightness"),
        ({"strength": 0.5}, "/strength"),
    ],
)
def test_a_wrong_field_of_a_wish_is_pointed_at(fields: dict[str, Any], pointer: str):
    assert pointers({"operations": [{"op": "generate", **fields}]}) == [f"/operations/0{pointer}"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"strength": -0.1}, "/strength"),
        ({"strength": float("nan")}, "/strength"),
        ({"count": 0}, "/count"),
        ({"count": 65}, "/count"),
        ({"towards": "photo.jpg"}, "/towards"),
        ({"text": "navy"}, "/text"),
    ],
)
def test_a_wrong_field_of_variations_is_pointed_at(fields: dict[str, Any], pointer: str):
    document = {"input": PHOTO, "operations": [{"op": "relight"}, {"op": "variations", **fields}]}
    assert pointers(document) == [f"/operations/1{pointer}"]


def test_a_strength_of_0_is_one_picture():
    def variations(**fields: Any) -> Any:
        return validate_spec({"input": PHOTO, "operations": [{"op": "variations", **fields}]}).operations[0]

    assert variations(strength=0).count == 1
    assert variations(strength=0, count=1).count == 1
    assert variations(strength=0, count=3, towards=PHOTO["upload"]).count == 3
    with pytest.raises(ProblemError, match="all pictures are the same: allowed is 1; received 16") as refused:
        variations(strength=0, count=16)
    assert [mistake["pointer"] for mistake in refused.value.problem.extra["errors"]] == ["/operations/0/count"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"operations": [{"op": "restore"}]}, ["/input"]),
        ({"input": None, "operations": [{"op": "restore"}]}, ["/input"]),
        ({"input": PHOTO, "operations": [{"op": "generate"}]}, ["/input"]),
        ({"operations": [{"op": "variations"}]}, ["/input"]),
        ({"operations": [{"op": "restore"}, {"op": "generate"}]}, ["/input", "/operations/1"]),
        ({"input": PHOTO, "operations": [{"op": "restore"}, {"op": "generate"}]}, ["/operations/1"]),
        ({"operations": [{"op": "generate"}, {"op": "generate"}]}, ["/operations/1"]),
        ({"operations": [{"op": "generate"}, {"op": "variations"}]}, ["/operations/1"]),
        ({"input": PHOTO, "operations": [{"op": "variations"}, {"op": "variations"}]}, ["/operations/1"]),
    ],
)
def test_a_job_has_one_beginning(document: dict[str, Any], expected: list[str]):
    assert pointers(document) == expected


def test_not_a_number_is_no_json():
    with pytest.raises(ProblemError) as caught:
        parse_spec(b'{"operations": [{"op": "generate", "like_strength": NaN}]}')
    assert caught.value.problem.type == "malformed-json"


def test_a_lone_surrogate_is_pointed_at():
    document = json.loads('{"operations": [{"op": "generate", "text": "\\ud800"}]}')
    assert pointers(document) == ["/operations/0/text"]


def test_a_spec_tells_the_pictures_that_it_needs():
    liked = wish({"op": "restore"}, like=[f"sha256:{LIKED}", f"sha256:{OTHER}", f"sha256:{LIKED}"])
    assert liked.uploads == {LIKED: "/operations/0/like/0", OTHER: "/operations/0/like/1"}
    assert varied({"op": "relight"}, towards=f"sha256:{OTHER}").uploads == {
        SHA: "/input/upload",
        OTHER: "/operations/1/towards",
    }
    assert wish().uploads == {}


def test_a_wish_needs_no_upload(shop: Shop):
    job_id = shop.store.submit("shop", wish(text="navy dress")).job_id
    claim = shop.store.claim("hand")
    assert claim is not None
    assert (claim.job_id, claim.spec.input) == (job_id, None)
    assert shop.store.delete("shop", job_id) == []


@pytest.mark.parametrize("tenant", ["shop", "other"])
def test_a_like_that_the_tenant_did_not_upload_is_pointed_at(shop: Shop, tenant: str):
    shop.upload(tenant, LIKED)
    shop.upload("other", OTHER)
    spec = wish(like=[f"sha256:{upload}" for upload in (LIKED, OTHER)])
    with pytest.raises(ProblemError, match="upload the picture first") as caught:
        shop.store.submit("shop", spec)
    missing = 1 if tenant == "shop" else 0
    pointer = f"/operations/0/like/{missing}"
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == [pointer]


def test_the_other_tenant_s_photo_is_no_target(shop: Shop):
    shop.upload(sha256=SHA)
    shop.upload("other", OTHER)
    with pytest.raises(ProblemError) as caught:
        shop.store.submit("shop", make_spec(operations=[{"op": "variations", "towards": f"sha256:{OTHER}"}]))
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == ["/operations/0/towards"]


def test_what_is_liked_stays_while_its_job_lives_and_can_expire_after(shop: Shop, hand: Hand):
    shop.upload(sha256=LIKED)
    spec = wish(like=[f"sha256:{LIKED}"])
    shop.store.submit("shop", spec)
    shop.store.redis.zadd("packshot:uploads", {f"shop:{LIKED}": 1})
    assert shop.store.reap().uploads == 0
    assert hand.finish(hand.claim())
    shop.store.redis.zadd("packshot:uploads", {f"shop:{LIKED}": 1})
    assert shop.store.reap().uploads == 1
    with pytest.raises(ProblemError, match="upload the picture first") as caught:
        shop.store.submit("shop", spec)
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == ["/operations/0/like/0"]


def test_a_seed_follows_from_the_job_s_id_unless_one_is_asked_for(shop: Shop, hand: Hand):
    shop.store.submit("shop", wish())
    claim = hand.claim()
    hand.lose_lease(claim)
    shop.store.reap()
    assert hand.claim().seed == claim.seed
    shop.store.submit("shop", wish())
    other = hand.claim()
    assert other.seed != claim.seed
    assert 0 <= other.seed < 2**32
    shop.store.submit("shop", validate_spec({"operations": [{"op": "generate"}], "seed": 7}))
    assert hand.claim().seed == 7


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"like": "x"}, 'Input should be a list; got "x"'),
        ({"colors": ["red", "blue", "pink"]}, "List should have at most 2 items, not 3"),
        ({"text": "\0"}, 'holds a control character; tabs and line ends are fine; got "\\u0000"'),
        ({"mix": 5}, "Input should be an object; got 5"),
    ],
)
def test_mistakes_are_told_in_words_of_json(fields, said):
    with pytest.raises(ProblemError) as caught:
        validate_spec({"operations": [{"op": "generate", **fields}]})
    assert [mistake["detail"] for mistake in caught.value.problem.extra["errors"]] == [said]
