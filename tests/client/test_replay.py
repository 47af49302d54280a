"""Jobs done again from their manifests: the same bytes, or what is different and why."""

import hashlib
import json
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from packshot import Client, RetryPolicy, errors
from packshot.cli import main
from packshot.cli.replay import stem_of
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
        self.files = FILES
        self.state = "succeeded"
        self.canceled = []

    def __call__(self, request):
        if request.url.path == "/v1/uploads":
            upload = f"sha256:{hashlib.sha256(request.content).hexdigest()}"
            self.has.add(upload)
            size = {"size": len(request.content), "format": "jpeg", "width": 4, "height": 4}
            return httpx.Response(201, json={"id": upload, **size})
        if request.url.path.endswith("/cancel"):
            self.canceled.append(request.url.path)
            self.state = "canceled"
            return httpx.Response(200, json={"id": "job_1", "state": "canceled"})
        if request.method == "POST":
            return self._submitted(json.loads(request.content))
        if request.url.path.startswith("/files/"):
            return httpx.Response(200, content=self.files[int(request.url.path.rpartition("/")[2])])
        outputs = [
            {"url": f"/files/{one['index']}", "width": 4, "height": 4, "bytes": 5, **one} for one in self.now["outputs"]
        ]
        told = {"outputs": outputs, "manifest": self.now}
        return httpx.Response(200, json={"id": "job_1", "state": self.state, **told})

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
        assert client.replay(manifest(), PHOTO).identical


@pytest.mark.parametrize("has", [(), (UPLOAD,)])
def test_another_photo_is_refused_with_both_hashes(has):
    server = Server(has=has)
    with client_of(server) as client, pytest.raises(errors.WrongPhoto) as refused:
        client.replay(manifest(), b"another photo")
    assert hashlib.sha256(b"another photo").hexdigest() in str(refused.value)
    assert UPLOAD in str(refused.value)
    assert server.specs == []


def test_the_command_refuses_a_photo_that_no_job_used_and_gives_each_job_its_own(monkeypatch, tmp_path):
    (tmp_path / "wrong.jpg").write_bytes(b"another photo")
    (tmp_path / "right.jpg").write_bytes(PHOTO)
    (tmp_path / "in").mkdir()
    other = {**manifest()["spec"], "input": {"upload": f"sha256:{hashlib.sha256(b'another photo').hexdigest()}"}}
    paths = [written(tmp_path / "in" / "mug.json")]
    result = replayed(monkeypatch, Server(), *paths, "--photo", tmp_path / "wrong.jpg")
    assert result.exit_code == 2
    assert f"{tmp_path / 'wrong.jpg'} is another file than the job used" in result.output
    assert UPLOAD in result.output
    paths.append(tmp_path / "in" / "hat.json")
    paths[1].write_text(json.dumps(manifest(spec=other)))
    photos = [word for name in ("wrong", "right") for word in ("--photo", tmp_path / f"{name}.jpg")]
    server = Server(has=())
    result = replayed(monkeypatch, server, *paths, *photos)
    assert result.exit_code == 0, result.output
    assert len(server.specs) == 2


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
    monkeypatch.setattr(sys.modules["packshot.cli.replay"], "Client", lambda *_, **__: client_of(server))
    (tmp_path / "mug.jpg").write_bytes(PHOTO)
    path = Path(tmp_path / "mug.manifest.json")
    path.write_text(json.dumps(manifest()))
    result = CliRunner().invoke(main, ["replay", str(path), "--url", "http://packshot.test", "--api-key", "key"])
    assert result.exit_code == code, result.output
    assert said in result.output


def replayed(monkeypatch, server, *arguments):
    monkeypatch.setattr(sys.modules["packshot.cli.replay"], "Client", lambda *_, **__: client_of(server))
    address = ("--url", "http://packshot.test", "--api-key", "key")
    return CliRunner().invoke(main, ["replay", *map(str, arguments), *address])


def written(path, told=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(manifest() if told is None else told))
    return path


def test_new_files_of_a_catalogue_are_called_after_their_skus(monkeypatch, tmp_path):
    manifests = [written(tmp_path / "out" / sku / "manifest.json") for sku in ("A", "B")]
    manifests.append(written(tmp_path / "mug.manifest.json"))
    again = tmp_path / "again"
    result = replayed(monkeypatch, Server(), *manifests, "-o", again)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in again.iterdir()) == [
        "A-0.jpg", "A-1.jpg", "B-0.jpg", "B-1.jpg", "mug-0.jpg", "mug-1.jpg",
    ]  # fmt: skip
    assert f"→ {again / 'B-1.jpg'}" in result.output


def test_a_replay_takes_nobodys_place(monkeypatch, tmp_path):
    manifests = [written(tmp_path / folder / "mug.manifest.json") for folder in ("spring", "summer")]
    again = tmp_path / "again"
    again.mkdir()
    (again / "mug-0.jpg").write_bytes(b"somebody's")
    (again / "mug-1.jpg").write_bytes(FILES[1])
    result = replayed(monkeypatch, Server(), *manifests, "-o", again, "--json")
    assert result.exit_code == 0, result.output
    assert (again / "mug-0.jpg").read_bytes() == b"somebody's"
    told = [json.loads(line)["outputs"] for line in result.stdout.splitlines()]
    assert [[Path(one["file"]).name for one in outputs] for outputs in told] == [
        ["mug-0-packshot.jpg", "mug-1.jpg"],
        ["mug-0-packshot-2.jpg", "mug-1-packshot.jpg"],
    ]


def test_a_servers_name_leads_no_new_file_out_of_its_folder(monkeypatch, tmp_path):
    now = manifest(outputs=[{**one, "name": f"../../{one['index']}.jpg"} for one in manifest()["outputs"]])
    again = tmp_path / "in" / "again"
    result = replayed(monkeypatch, Server(now), written(tmp_path / "mug.json"), "-o", again)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in again.iterdir()) == ["mug--..-0.jpg", "mug--..-1.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "mug.json"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("nope", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "it is no JSON object"),
        ('{"spec": {"input": {"upload": ""}, "seed": 1e999}, "outputs": []}', "a finite number is needed"),
        ('{"spec": {"input": {"upload": "\\ud800"}}, "outputs": []}', "surrogates not allowed"),
    ],
)
def test_a_file_that_is_no_manifest_is_told_and_the_others_are_done(monkeypatch, tmp_path, bad, said):
    (tmp_path / "bad.json").write_text(bad)
    result = replayed(monkeypatch, Server(), tmp_path / "bad.json", written(tmp_path / "mug.manifest.json"))
    assert result.exit_code == 1, result.output
    assert f"{tmp_path / 'bad.json'}: " in result.output
    assert said in result.output
    assert "mug.manifest.json: identical, 2 files" in result.output


def test_a_server_that_refuses_the_key_is_asked_once(monkeypatch, tmp_path):
    told = {"type": "/problems/unauthorized", "title": "The key is not known", "status": 401}

    def refuse(_request):
        return httpx.Response(401, json=told)

    manifests = [written(tmp_path / name) for name in ("a.json", "b.json")]
    result = replayed(monkeypatch, refuse, *manifests)
    assert result.exit_code == 3
    assert result.output.count("The key is not known") == 1


def test_leaving_a_replay_or_a_check_cancels_its_job():
    server = Server()
    server.state = "running"

    def interrupted(_seconds):
        raise KeyboardInterrupt

    policy = RetryPolicy(sleep=interrupted)
    with Client("http://packshot.test", "key", retries=policy, transport=httpx.MockTransport(server)) as client:
        with pytest.raises(KeyboardInterrupt):
            client.replay(manifest())
        server.state = "running"
        with pytest.raises(KeyboardInterrupt):
            client.check(PHOTO, ["etsy"])
    assert server.canceled == ["/v1/jobs/job_1/cancel"] * 2


def test_what_cannot_be_read_beside_a_manifest_is_no_photo_of_it(tmp_path, monkeypatch):
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"locked away")
    real = Path.open

    def opened(path, *how, **named):
        if path.name == "a.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *how, **named)

    monkeypatch.setattr(Path, "open", opened)
    (tmp_path / "mug.jpg").write_bytes(PHOTO)
    monkeypatch.chdir(folder)
    assert beside(Path("mug.manifest.json"), manifest()) == [tmp_path / "mug.jpg"]


def test_a_job_says_whether_its_pictures_need_a_look():
    with client_of(Server()) as client:
        job = client.replay(manifest()).job
    assert not job.needs_review
    assert Job(None, {**job.document, "needs_review": True}).needs_review


@pytest.mark.parametrize("path", ["../manifest.json", "a/../manifest.json", "./manifest.json"])
def test_a_catalogue_s_manifest_is_known_by_its_folder_however_the_way_there_is_written(path, tmp_path, monkeypatch):
    (tmp_path / "SKU-1" / "a").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "SKU-1" / ("a" if path.startswith("..") else "."))
    assert stem_of(Path(path)) == "SKU-1"
