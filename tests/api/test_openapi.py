"""The OpenAPI description: whole, valid, and true of what the examples promise."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pillow_heif
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from api.descriptions.examples import JOB
from api.keys import SCOPES
from api.openapi import undescribed_routes
from tests.api.conformance import document_of
from tests.api.test_meta import register_worker

PERMISSIVE = {"webhooks_private": True, "fetch_urls": True}
MUG = Path(__file__).parents[2] / "docs" / "samples" / "mug.jpg"


@pytest.fixture
def document(shop: Any) -> dict[str, Any]:
    return json.loads(shop.app.test_client().get("/openapi.json").data)


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def refs_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        yield from (ref for each in value.values() for ref in refs_in(each))
    elif isinstance(value, list):
        yield from (ref for each in value for ref in refs_in(each))


def test_every_route_is_described(shop: Any) -> None:
    assert undescribed_routes(shop.app) == []


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    jsonschema_rs.Draft202012Validator(OPENAPI_31).validate(document)
    assert document["openapi"] == "3.1.0"


def test_it_is_open_and_not_sent_twice(shop: Any) -> None:
    first = shop.app.test_client().get("/openapi.json")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = shop.app.test_client().get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_it_names_the_address_it_was_asked_under(shop: Any, document: dict[str, Any], make_shop: Any) -> None:
    assert document["servers"] == [{"url": "http://localhost"}]
    other = make_shop(shop.services.settings.model_copy(update={"public_url": "https://pictures.example"}))
    assert other.get("/openapi.json").get_json()["servers"] == [{"url": "https://pictures.example"}]


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    refs = set(refs_in(document))
    known = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in document["components"][kind]
    }
    assert refs <= known
    assert known <= refs


def test_schemas_have_names_that_people_can_read(document: dict[str, Any]) -> None:
    assert [name for name in document["components"]["schemas"] if not re.fullmatch(r"([A-Z][a-z0-9]*)+", name)] == []


def test_operations_are_told_apart(document: dict[str, Any]) -> None:
    found = [operation for _, _, operation in operations_of(document)]
    assert len({operation["operationId"] for operation in found}) == len(found)
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in found for tag in operation["tags"]} == tags
    assert all(operation["summary"] and operation["description"] for operation in found)


def test_operations_of_a_spec_are_discriminated(document: dict[str, Any]) -> None:
    items = document["components"]["schemas"]["JobSpec"]["properties"]["operations"]["items"]
    assert items["discriminator"]["propertyName"] == "op"
    assert items["discriminator"]["mapping"]["relight"] == "#/components/schemas/Relight"


Request = dict[str, Any]
"""What of a request stands in Werkzeug's own words: ``json``, or ``data`` with a ``content_type``."""


def part(schema: dict[str, Any], kind: str, photo: bytes) -> Any:
    """A form's part as the test client takes it."""
    if schema.get("format") == "binary":
        return io.BytesIO(photo), "mug.jpg", "image/jpeg"
    example = schema["examples"][0]
    text = example if isinstance(example, str) else json.dumps(example)
    return io.BytesIO(text.encode()), "", kind


def photo_as(media_type: str, encode: Any) -> bytes:
    """A photo of that very kind, since others are refused; any where the type says nothing."""
    if not media_type.startswith("image/"):
        return MUG.read_bytes()
    if media_type == "image/heic":
        written = io.BytesIO()
        pillow_heif.from_bytes("RGB", (64, 48), bytes(64 * 48 * 3)).save(written)
        return written.getvalue()
    return bytes(encode(media_type.removeprefix("image/").upper()))


def requests_of(media_type: str, told: dict[str, Any], encode: Any) -> Iterator[Request]:
    """Every example of one kind of body; a photo of our own where any is taken."""
    schema = told["schema"]
    if media_type == "application/json":
        yield from ({"json": example["value"]} for example in told.get("examples", {}).values())
    elif media_type == "multipart/form-data":
        kinds = {name: each["contentType"] for name, each in told.get("encoding", {}).items()}
        parts = {name: part(each, kinds.get(name, ""), MUG.read_bytes()) for name, each in schema["properties"].items()}
        yield {"data": parts, "content_type": media_type}
    elif schema.get("format") == "binary":
        yield {"data": photo_as(media_type, encode), "content_type": media_type}
    else:
        yield from ({"data": text, "content_type": media_type} for text in schema.get("examples", ()))


@pytest.fixture
def own(make_shop: Any, settings: Any, jpeg: bytes) -> tuple[Any, dict[str, str]]:
    """A shop that may do everything, and ids of its own for what paths name."""
    shop = make_shop(settings.model_copy(update=PERMISSIVE), scopes=SCOPES)
    job = shop.finished(jpeg)
    shop.upload(MUG.read_bytes())
    key = shop.post("/v1/keys", json={"name": "a", "scopes": ["jobs:read"]}).get_json()["id"]
    endpoint = shop.post("/v1/webhooks", json={"url": "https://shop.example/own"}).get_json()["id"]
    register_worker(shop)  # which serves the model
    return shop, {"job_id": job, "index": "0", "key_id": key, "endpoint_id": endpoint, "model": "upscale-x2"}


def test_every_request_example_gets_the_answer_promised(
    own: tuple[Any, dict[str, str]], document: dict[str, Any], encode: Any
) -> None:
    shop, ids = own
    for method, path, operation in sorted(operations_of(document), key=lambda found: found[1].endswith("/erasure")):
        for media_type, told in operation.get("requestBody", {}).get("content", {}).items():
            sent = 0
            for request in requests_of(media_type, told, encode):
                if "json" in request:  # a body may name a job as well
                    request["json"] = json.loads(json.dumps(request["json"]).replace(JOB, ids["job_id"]))
                    schema = {**told["schema"], "components": document["components"]}
                    jsonschema_rs.Draft202012Validator(schema).validate(request["json"])
                answer = shop.call(method, path.format(**ids), **request)  # holds the answer against its schema, too
                assert answer.status_code < 300, f"{method} {path}, {request}: {answer.text}"
                sent += 1
            assert sent, f"{method} {path} has no example of {media_type}"


def test_every_answer_example_is_as_described(shop: Any, document: dict[str, Any]) -> None:
    seen = 0
    for _, path, operation in operations_of(document):
        for status, answer in operation["responses"].items():
            name = answer.get("$ref", "").rpartition("/")[2]
            told = document["components"]["responses"][name] if name else answer
            for media in told.get("content", {}).values():
                examples = [media["example"]] if "example" in media else []
                examples += [each["value"] for each in media.get("examples", {}).values()]
                validator = jsonschema_rs.Draft202012Validator(
                    {**media["schema"], "components": document["components"]}
                )
                for example in examples:
                    assert validator.is_valid(example), f"{path} {status}: {list(validator.iter_errors(example))}"
                    seen += 1
    assert seen > 50


def test_the_answers_that_follow_from_a_key_are_there(document: dict[str, Any]) -> None:
    submit = document["paths"]["/v1/jobs"]["post"]
    assert {"bearer": ["jobs:write"]} in submit["security"]
    assert {"202", "400", "401", "403", "413", "415", "422", "429", "503"} <= submit["responses"].keys()
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert {} in document["paths"]["/v1/jobs/{job_id}/outputs/{index}"]["get"]["security"]


def test_the_description_of_an_app_is_made_once(shop: Any) -> None:
    assert document_of(shop.app) is document_of(shop.app)


def test_made_up_addresses_cost_no_description_each(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shop.app.test_client()
    assert client.get("/openapi.json").status_code == 200
    monkeypatch.delattr("api.openapi.routes.openapi_document")
    answer = client.get("/openapi.json", headers={"Host": "made-up.example"})
    assert answer.get_json()["servers"] == [{"url": "http://made-up.example"}]
