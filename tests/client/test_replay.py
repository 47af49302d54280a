"""Jobs done again from their manifests: the same bytes, or what is different and why."""

import hashlib
import json
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from packshot import Client, errors
from packshot.cli import main
from packshot.jobs import Job
from packshot.replaying import beside, differences

PHOTO = b"the photo's bytes"
UPLOAD = f"sha256:{hashlib.sha256(PHOTO).hexdigest()}"
FILES = {0: b"first", 1: b"second"}


def manifest(**changed):
    told = {
        "packshot": "0.1.0",
        "spec": {"input": {"upload": UPLOAD}, "operations": [{"op": "relight"}], "seed": 7},
        "seed": 7,
        "operations": [{"op": "relight", "engine": [work()], "warnings": []}],
        "outputs": [
            {"index": index, "sha256": hashlib.sha256(data).hexdigest(), "format": "jpeg"}
            for index, data in FILES.items()
        ],
        "presets": {"etsy": {"digest": "a" * 64}},
        "engine": {"backend": "onnxruntime", "why": "no GPU"},
        "software": {"pillow": "13.0"},
    }
    return told | changed


def work(**changed):
    return {"model": "relight", "version": "3", "digest": "b" * 64, "backend": "cpu", "precision": "fp32"} | changed


class Server:
    """Does every job as `now` says; `has` are the uploads that it knows."""

    def __init__(self, now=None, has=(UPLOAD,)):
        self.now = manifest() if now is None else now
        self.has = set(has)
        self.specs = []

    def __call__(self, request):
        if request.url.path == "/v1/uploads":
            upload = f"sha256:{hashlib.sha256(request.content).hexdigest()}"
            self.has.add(upload)
            size = {"size": len(request.content), "format": "jpeg", "width": 4, "height": 4}
            return httpx.Response(201, json={"id": upload, **size})
        if request.method == "POST":
            return self._submitted(json.loads(request.content))
        outputs = [
            {"url": f"/{one['index']}", "width": 4, "height": 4, "bytes": 5, **one} for one in self.now["outputs"]
        ]
        return httpx.Response(200, json={"id": "job_1", "state": "succeeded", "outputs": outputs, "manifest": self.now})

    def _submitted(self, spec):
        upload = spec["input"]["upload"]
        if upload not in self.has:
            fault = {"pointer": "/input/upload", "detail": f"there is no upload {upload}"}
            told = {"type": "/problems/invalid-parameter", "title": "A parameter is not valid", "errors": [fault]}
            return httpx.Response(422, json=told, headers={"Content-Type": "application/problem+json"})
        self.specs.append(spec)
        return httpx.Response(202, json={"id": "job_1", "state": "queued"})


def client_of(server):
    return Client("http://packshot.test", "key", transport=httpx.MockTransport(server))


def test_the_same_bytes_are_identical_and_the_spec_goes_out_as_it_was():
    server = Server()
    with client_of(server) as client:
        found = client.replay(manifest())
    assert found.identical
    assert found.reasons == ()
    assert server.specs == [manifest()["spec"]]


def test_a_file_that_differs_is_named_with_what_else_is_different():
    outputs = [dict(one) for one in manifest()["outputs"]]
    outputs[1]["sha256"] = "c" * 64
    steps = [{"op": "relight", "engine": [work(digest="d" * 64, precision="fp16")], "warnings": []}]
    now = manifest(outputs=outputs, operations=steps, engine={"backend": "tensorrt"}, software={"pillow": "14.0"})
    with client_of(Server(now)) as client:
        found = client.replay(manifest())
    assert [output.identical for output in found.outputs] == [True, False]
    assert not found.identical
    assert set(found.reasons) == {
        "engine backend: onnxruntime then, tensorrt now",
        "software pillow: 13.0 then, 14.0 now",
        "the model relight's digest: bbbbbbbbbbbb… then, dddddddddddd… now",
        "the model relight's precision: fp32 then, fp16 now",
    }


def test_a_file_too_few_is_a_difference():
    with client_of(Server(manifest(outputs=manifest()["outputs"][:1]))) as client:
        found = client.replay(manifest())
    assert [(output.identical, output.now == "") for output in found.outputs] == [(True, False), (False, True)]


def test_other_rules_of_a_channel_are_told():
    assert list(differences(manifest(), manifest(presets={"etsy": {"digest": "e" * 64}}))) == [
        "the rules of the channel etsy: aaaaaaaaaaaa… then, eeeeeeeeeeee… now"
    ]


def test_a_photo_that_the_server_has_no_more_is_asked_for_by_its_id_and_sent_if_given():
    with client_of(Server(has=())) as client:
        with pytest.raises(errors.PhotoNeeded, match=UPLOAD):
            client.replay(manifest())
        with pytest.raises(errors.PhotoNeeded):
            client.replay(manifest(), b"another photo")
        assert client.replay(manifest(), PHOTO).identical


def test_a_manifest_without_a_spec_cannot_be_done_again():
    with client_of(Server()) as client, pytest.raises(errors.UnusableManifest, match="no spec"):
        client.replay({"outputs": []})


def test_the_photo_beside_a_manifest_is_known_by_its_bytes(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    (tmp_path / "mug.jpg").write_bytes(PHOTO)
    (folder / "mug.jpg").write_bytes(b"the picture")
    (tmp_path / "mug.txt").write_bytes(PHOTO)
    assert beside(folder / "mug.manifest.json", manifest()) == [tmp_path / "mug.jpg"]


@pytest.mark.parametrize(("pillow", "code", "said"), [("13.0", 0, "identical, 2 files"), ("14.0", 1, "14.0 now")])
def test_the_command_compares_and_ends_with_what_it_found(monkeypatch, tmp_path, pillow, code, said):
    outputs = manifest()["outputs"] if code == 0 else [dict(one, sha256="f" * 64) for one in manifest()["outputs"]]
    server = Server(manifest(outputs=outputs, software={"pillow": pillow}), has=())
    monkeypatch.setattr(sys.modules["packshot.cli.replay"], "Client", lambda *_: client_of(server))
    (tmp_path / "mug.jpg").write_bytes(PHOTO)
    path = Path(tmp_path / "mug.manifest.json")
    path.write_text(json.dumps(manifest()))
    result = CliRunner().invoke(main, ["replay", str(path), "--url", "http://packshot.test", "--api-key", "key"])
    assert result.exit_code == code, result.output
    assert said in result.output


def test_a_job_says_whether_its_pictures_need_a_look():
    with client_of(Server()) as client:
        job = client.replay(manifest()).job
    assert not job.needs_review
    assert Job(None, {**job.document, "needs_review": True}).needs_review
