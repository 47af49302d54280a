"""An app on a real Redis, and a shop that talks to it through Flask's test client."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from api.app import create_app
from api.services import Services, services_of
from api.settings import ApiSettings
from jobs.connection import connect
from jobs.records import OutputRecord
from tests.api.conformance import check_conformance
from tests.api.manifests import whole_manifest


@dataclass
class Shop:
    """A tenant's client: the test client with a key in every request."""

    app: Flask
    tenant: str
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        return services_of(self.app)

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", **self.headers, **options.pop("headers", {})}
        answer = self.app.test_client().open(path, method=method, headers=headers, **options)
        check_conformance(self.app, answer)
        return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.call("POST", path, **options)

    def upload(self, photo: bytes, **options: Any) -> str:
        answer = self.post("/v1/uploads", data=photo, **{"content_type": "application/octet-stream", **options})
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.get_json()["id"])

    def spec(self, photo: bytes, **more: Any) -> dict[str, Any]:
        return {"input": {"upload": self.upload(photo)}, "operations": [{"op": "restore"}], **more}

    def submit(self, photo: bytes, **more: Any) -> str:
        answer = self.post("/v1/jobs", json=self.spec(photo, **more))
        assert answer.status_code == 202, answer.text
        return str(answer.get_json()["id"])

    def finish(self, job_id: str, picture: bytes) -> None:
        """Be the worker: claim the job, store the picture, finish."""
        claim = self.services.store.claim("test-worker")
        assert claim is not None
        assert claim.job_id == job_id
        path = f"results/{self.tenant}/{job_id}/{claim.token}/0.jpg"
        self.services.blobs.put(path, picture)
        record = OutputRecord(0, path, "jpeg", 64, 48, len(picture), hashlib.sha256(picture).hexdigest())
        assert self.services.store.finish(job_id, claim.token, outputs=[record], manifest=whole_manifest())

    def finished(self, photo: bytes, **more: Any) -> str:
        job_id = self.submit(photo, **more)
        self.finish(job_id, photo)
        return job_id

    def output_link(self, job_id: str) -> str:
        """The path and query of the job's first output."""
        url = self.get(f"/v1/jobs/{job_id}").get_json()["outputs"][0]["url"]
        return str(url).removeprefix("http://localhost")


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> ApiSettings:
    return ApiSettings(redis_url=redis_url, data_dir=tmp_path, max_upload_mb=1)


@pytest.fixture
def redis_connection(redis_url: str) -> Iterator[redis.Redis]:
    connection = connect(redis_url)
    yield connection
    connection.close()


@pytest.fixture
def make_shop() -> Iterator[Callable[..., Shop]]:
    """Build an app with settings, and a shop of a tenant there; shops of one test may share an app."""
    apps: list[Flask] = []

    def make(settings: ApiSettings, tenant: str = "shop", app: Flask | None = None, **key: Any) -> Shop:
        if app is None:
            app = create_app(settings)
            apps.append(app)
        return Shop(app, tenant, services_of(app).keys.create(tenant, **key).text)

    yield make
    for app in apps:
        services_of(app).hints.close()
        services_of(app).store.close()
        services_of(app).redis.close()


@pytest.fixture
def shop(make_shop: Callable[..., Shop], settings: ApiSettings) -> Shop:
    return make_shop(settings)


@pytest.fixture
def rival(make_shop: Callable[..., Shop], shop: Shop, settings: ApiSettings) -> Shop:
    """Another tenant of the same app."""
    return make_shop(settings, "rival", shop.app)


@pytest.fixture
def jpeg() -> bytes:
    return encoded("JPEG")


@pytest.fixture
def encode() -> Callable[..., bytes]:
    return encoded


@pytest.fixture
def problem_of() -> Callable[[TestResponse], tuple[int, str]]:
    """An answer's status and problem slug, after a look at what every problem must have."""
    return checked_problem


def encoded(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def checked_problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json", answer.text
    document = json.loads(answer.data)
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["X-Request-Id"]
    if answer.status_code in {429, 503}:
        assert int(answer.headers["Retry-After"]) > 0
    return answer.status_code, document["type"].removeprefix("/problems/")
