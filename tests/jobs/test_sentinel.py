"""A record that moves to another machine: who asks by way of the sentinels finds it there."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
import redis
from redis.sentinel import MasterNotFoundError

from jobs import sentinel as module
from jobs.connection import check_version, connect
from jobs.errors import NotConfirmed, RedisIsCluster, SettingsError
from jobs.hint_transport import TASK_NAME
from jobs.queue import HintQueue, make_celery
from jobs.sentinel import read_sentinel_url, sentinel_pool
from jobs.settings import JobsSettings, read_settings
from jobs.store import JobStore
from tests.fleet.sentinels import Sentinels
from tests.ports import BEYOND, free_port
from tests.waiting import until

from .conftest import Shop


@pytest.fixture(scope="module")
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    with Sentinels(tmp_path_factory.mktemp("sentinels")) as stand:
        yield stand


def test_an_address_names_sentinels_master_database_and_accounts():
    address = read_sentinel_url(
        "rediss+sentinel://us%40er:p%3Aw@one,two:26380,[::1]:26381/shop/3?sentinel_password=other&ssl_ca_certs=/ca.pem"
    )
    assert address.hosts == (("one", 26379), ("two", 26380), ("::1", 26381))
    assert (address.master, address.database, address.tls) == ("shop", 3, True)
    assert (address.username, address.password, address.asking) == ("us@er", "p:w", {"password": "other"})
    assert address.options["ssl_ca_certs"] == "/ca.pem"
    assert address.first_url == "rediss://us%40er:p%3Aw@one:26379/3"
    assert "p:w" not in repr(address)
    assert "other" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://:secret@host",
        "redis+sentinel://:secret@host/",
        "redis+sentinel://:secret@host/shop/x",
        "redis+sentinel://:secret@host/shop/0/1",
        "redis+sentinel://:secret@host:port/shop",
        "redis+sentinel://:secret@host:0/shop",
        "redis+sentinel://:secret@/shop",
        "redis+sentinel://:secret@host,,other/shop",
        "sentinel://:secret@host/shop",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str):
    with pytest.raises(SettingsError, match="PACKSHOT_REDIS_URL") as caught:
        read_settings(JobsSettings, redis_url=url)
    assert "secret" not in str(caught.value)


class Frozen:
    """Sentinels that take connections and say nothing."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = sockets
        hosts = ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in sockets)
        self.url = f"redis+sentinel://{hosts}/shop"

    def asked(self) -> list[int]:
        """How often each was connected to since this was asked last."""
        return [self._count(each) for each in self._sockets]

    def _count(self, listening: socket.socket) -> int:
        for count in range(100):
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return count
        return 100


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Frozen]:
    monkeypatch.setattr(module, "ASKING_S", 0.05)
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        for each in sockets:
            each.setblocking(False)
        yield Frozen(sockets)


def test_a_sentinel_that_does_not_answer_is_asked_once_and_then_the_next(frozen: Frozen):
    sentinels = sentinel_pool(read_sentinel_url(frozen.url)).sentinel_manager
    with pytest.raises(MasterNotFoundError) as caught:
        sentinels.discover_master("shop")
    assert frozen.asked() == [1, 1, 1]
    assert [part.endswith("did not answer within 0.05 s") for part in str(caught.value).split("; ")] == [True] * 3


def test_what_stands_where_sentinels_should_is_told_in_words_and_without_passwords(redis_url: str):
    nobody, a_redis = free_port(), redis_url.rpartition("@")[2].partition("/")[0]
    account = redis_url.partition("//")[2].partition("@")[0].removeprefix(":")
    url = f"redis+sentinel://:hidden@127.0.0.1:{nobody},{a_redis}/shop?sentinel_password={account}"
    with connect(url, retries=0) as client, pytest.raises(redis.ConnectionError) as caught:
        client.ping()
    told = str(caught.value)
    assert "no sentinel of PACKSHOT_REDIS_URL tells where the master 'shop' is: " in told
    assert f"127.0.0.1:{nobody} cannot be asked (Connection refused); " in told
    assert f"{a_redis} is no sentinel" in told
    assert not re.search(r"<|\bobject at\b|hidden", told)
    assert account not in told


def test_a_master_of_another_name_is_told_with_those_that_there_are(sentinels: Sentinels):
    url = sentinels.url.rpartition("/")[0].rpartition("/")[0] + "/nobody/0"
    with connect(url, retries=0) as client, pytest.raises(redis.ConnectionError, match=r"of that name, but \w+; "):
        client.ping()


def test_sentinels_that_do_not_answer_are_not_asked_by_everybody_in_turn(
    frozen: Frozen, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.silence.ASK_AGAIN_S", 60.0)
    with connect(frozen.url, heed_silence=True) as client:
        with pytest.raises(redis.ConnectionError):
            client.ping()
        assert sum(frozen.asked()) > 0
        with pytest.raises(redis.TimeoutError, match="is not asked now"):
            client.ping()
        assert frozen.asked() == [0, 0, 0]


def test_who_still_speaks_to_the_old_master_leaves_it_when_a_script_meets_a_replica(
    sentinels: Sentinels, tmp_path: Path
):
    """The old master lives on, as after a cable was pulled for a while, and is made a replica."""
    settings = read_settings(JobsSettings, redis_url=sentinels.url, data_dir=tmp_path)
    shop = Shop(JobStore(connect(sentinels.url), settings))
    assert shop.submit()
    old = sentinels.master
    until(sentinels.change_places, "sentinels that agree to change places")
    new = sentinels.until_another(old)
    old.client().replicaof("127.0.0.1", new.port)  # as the sentinels have it too, after eight seconds
    until(lambda: old.client().role()[0] == "slave", "an old master that obeys")
    until(lambda: _submits(shop), "a submission to the new master")
    assert new.client().zcard("packshot:jobs:shop") >= 1


def test_record_and_hints_go_on_with_the_new_master(sentinels: Sentinels, tmp_path: Path):
    settings = read_settings(JobsSettings, redis_url=sentinels.url, data_dir=tmp_path, wait_replicas=1)
    client, heeding = connect(sentinels.url), connect(sentinels.url, heed_silence=True)
    store, celery = JobStore(client, settings), make_celery(settings)
    shop, hints = Shop(store), HintQueue(celery, settings)
    check_version(client)
    before = shop.submit()
    until(lambda: _confirms(store), "a replica that keeps up")
    assert hints.publish(before)
    old = sentinels.kill_master()
    new = sentinels.until_another(old)
    until(lambda: _submits(shop), "a submission to the new master")
    assert shop.view(before).state == "queued"
    assert heeding.exists(f"packshot:job:{before}")
    assert hints.publish(before)
    with celery.connection_for_read() as connection, connection.SimpleQueue(settings.hint_queue) as queue:
        assert queue.get(timeout=60).headers["task"] == TASK_NAME
    sentinels.bring_back(old, new)
    until(lambda: _confirms(store), "the one that came back, as the replica")
    hints.close()


def test_a_cluster_is_refused_with_what_to_use_instead(own_cluster: str):
    with connect(own_cluster) as client, pytest.raises(RedisIsCluster, match="Sentinel"):
        check_version(client)


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[str]:
    server = Sentinels(tmp_path)._start_server("--cluster-enabled", "yes", port=_port_with_a_bus())
    try:
        until(lambda: _pings(server.client()), "a Redis of a cluster")
        yield server.url
    finally:
        server.process.kill()
        server.process.wait()


def _port_with_a_bus() -> int:
    """Servers of a cluster speak to each other 10,000 above the port of clients: there nothing may listen either."""
    while True:
        port = free_port()
        if port + 10_000 < BEYOND:  # above, the system lends them to whoever asks for any
            with closing(socket.socket()) as probe, suppress(OSError):
                probe.bind(("", port + 10_000))
                return port


def _pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _confirms(store: JobStore) -> bool:
    """A replica may take longer than a client is kept waiting."""
    try:
        store.confirm()
    except (NotConfirmed, redis.RedisError):
        return False
    return True


def _submits(shop: Shop) -> bool:
    try:
        shop.submit()
    except redis.RedisError:
        return False
    return True
