"""A tenant's own data, by the SDK and the command line, on a real stack: each test has a tenant of its own."""

import json
import zipfile
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from packshot import Client
from packshot.cli import main
from packshot.errors import Forbidden, InvalidRequest, Unauthorized

from .conftest import RunningUp
from .either import KINDS, got, listed, run

OWNER = ("jobs:read", "jobs:write", "uploads:write", "keys:manage")


@pytest.fixture
def owner(up: RunningUp, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A fresh tenant's name, and its key."""
    tenant = f"privacy-{abs(hash(request.node.name)) % 10**9}"
    with Client(up.url, up.key) as operator:
        yield tenant, operator.keys.create(tenant, OWNER, tenant=tenant).secret


@pytest.fixture
def packshot(up: RunningUp, owner: tuple[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", owner[1])

    def call(*arguments: object, said: str = "") -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=said)

    return call


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_is_told_kept_for_less_and_exported(kind, up, owner, sample, tmp_path):
    async def scenario(client):
        job = await got((await got(client.submit(sample, ["resize:width=48"]))).wait())
        kept = await got(client.set_retention(retention_s=3600, uploads_retention_s="default"))
        packed = await got(client.export(tmp_path / "all.zip"))
        entries = await listed(client.audit(action="tenant.*"))
        with pytest.raises(TypeError, match="acton"):
            await listed(client.audit(acton="x"))
        return job, kept, packed, entries, await got(client.tenant())

    job, kept, packed, entries, held = run(kind, up.url, scenario, key=owner[1])
    assert (kept.retention_s, kept.uploads_retention_s) == (3600, None)
    assert (held.tenant, held.jobs, held.uploads) == (owner[0], 1, 1)
    with zipfile.ZipFile(packed) as archive:
        assert f"results/{job.id}/0.jpg" in archive.namelist()
    assert [entry.action for entry in entries] == ["tenant.export", "tenant.change"]
    assert {(entry.actor_kind, entry.actor_name) for entry in entries} == {("key", owner[0])}


def test_everything_is_erased_and_the_receipt_says_so(up, owner, sample):
    steps: list[str] = []

    async def scenario(client):
        job = await got((await got(client.submit(sample, ["resize:width=48"]))).wait())
        with pytest.raises(InvalidRequest, match="confirm"):
            await got(client.erase_everything("another"))
        receipt = await got(client.erase_everything(owner[0], on_progress=lambda now: steps.append(now.step)))
        return job, receipt, await got(client.tenant()), await got(client.erasure(receipt.id))

    _, receipt, held, again = run("async", up.url, scenario, key=owner[1])
    assert (receipt.done, receipt.counts["jobs"], receipt.counts["uploads"]) == (True, 1, 0)
    assert receipt.counts == again.counts
    assert (steps[-1], held.erasure) == ("done", receipt.id)
    with Client(up.url, owner[1]) as client:
        assert list(client.jobs()) == []


def test_the_command_asks_before_it_erases(up, owner, packshot, sample):
    with Client(up.url, owner[1]) as client:
        client.upload(sample)
    shown = packshot("data", "show")
    assert (shown.exit_code, "1 photo, " in shown.stdout) == (0, True)
    refused = packshot("data", "erase", said="yes\n")
    assert (refused.exit_code, "nothing was erased" in refused.output) == (2, True)
    done = packshot("data", "erase", "--keys", said=f"{owner[0]}\n")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("ers_")
    with Client(up.url, owner[1]) as client, pytest.raises(Unauthorized):
        client.me()


def test_the_commands_tell_programs_what_they_tell_people(up, owner, packshot, tmp_path):
    told = json.loads(packshot("data", "retention", "--jobs", "120", "--json").stdout)
    assert (told["retention_s"], told["tenant"]) == (120, owner[0])
    assert packshot("data", "retention", "--jobs", "default").stdout.count("the server's own") == 2
    assert packshot("data", "retention").exit_code == 2
    assert packshot("data", "retention", "--photos", "59").exit_code == 2
    saved = json.loads(packshot("data", "export", tmp_path / "all.zip", "--json").stdout)
    assert saved["bytes"] == (tmp_path / "all.zip").stat().st_size
    lines = [json.loads(line) for line in packshot("audit", "--json", "--action", "tenant.*").stdout.splitlines()]
    assert [line["action"] for line in lines] == ["tenant.export", "tenant.change", "tenant.change"]
    assert "tenant.export" in packshot("audit", "-n", 1).stdout


def test_an_operator_sees_all_logs_and_others_their_own(up, owner):
    with Client(up.url, up.key) as operator:
        entries = list(operator.operator.audit(tenant=owner[0]))
        assert [(entry.action, entry.actor_kind) for entry in entries] == [("key.create", "operator")]
    with Client(up.url, owner[1]) as client, pytest.raises(Forbidden):
        next(client.operator.audit())
