"""`make pin-images`: every image by its digest, and no other line touched."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.docker.reading import DOCKER

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "f" * 64


@pytest.fixture(scope="module")
def pin() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pin", DOCKER / "pin.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_image_that_is_not_ours_is_pinned(pin: ModuleType) -> None:
    asked: list[str] = []

    def digest_of(image: str) -> str:
        asked.append(image)
        return DIGEST

    for name in pin.FILES:
        before = (DOCKER / name).read_text()
        after = pin.pinned(before, digest_of)
        changed = [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
        assert changed
        assert all(f"@{DIGEST}" in line and "PACKSHOT_IMAGES" not in line for line in changed)
        assert after.replace(f"@{DIGEST}", "") == before
    kinds = {image.partition(":")[0] for image in asked}
    assert kinds == {"python", "nvidia/cuda", "redis", "chrislusf/seaweedfs", "prom/prometheus", "grafana/grafana"}


def test_no_file_of_ours_names_an_image_that_would_be_missed(pin: ModuleType) -> None:
    known = {DOCKER / name for name in pin.FILES}
    for path in (*DOCKER.rglob("*.yaml"), DOCKER / "Dockerfile"):
        found = pin.IMAGE.findall(path.read_text())
        assert not found or path in known, path


def test_a_digest_stays_unless_it_is_asked_anew(pin: ModuleType) -> None:
    text = f"    image: redis:8.2-bookworm@{OTHER}\n"
    assert pin.pinned(text, lambda _: DIGEST) == text
    assert pin.pinned(text, lambda _: DIGEST, anew=True) == f"    image: redis:8.2-bookworm@{DIGEST}\n"


def test_nothing_is_written_where_a_registry_does_not_answer(
    pin: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "skopeo"
    program.write_text("#!/bin/sh\necho no such image >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="No digest for redis:8: no such image"):
        pin.ask_a_registry("redis:8")
    program.write_text(f"#!/bin/sh\necho {DIGEST}\n")
    assert pin.ask_a_registry("redis:8") == DIGEST
