"""The peers' side: one photo's picture whatever its batch, one photo's failure its own; and Packshot's arithmetic."""

import numpy as np
import pytest

from benchmarks.peers.equality import is_same, likeness, psnr_db
from benchmarks.peers.photos import photo_of
from benchmarks.peers.serving.network import Networks, Setup, decode, encode
from engine import Engine, EngineSettings, Ticket
from engine.pixels.noise import with_noise_level

BORDER = np.s_[40:-40, 40:-40]


@pytest.fixture(scope="module")
def photos():
    return [decode(photo_of(size, seed).data) for seed, size in enumerate((0.04, 0.06, 0.04))]


@pytest.fixture(scope="module")
def networks():
    return Networks(1, Setup())


@pytest.fixture(scope="module")
def alone(networks, photos):
    return [networks.answer([("restore", photo)])[0] for photo in photos]


def test_a_batch_of_mixed_sizes_and_tasks_gives_what_each_gives_alone(networks, photos, alone):
    relit = networks.answer([("relight", photos[0])])[0]
    made = networks.answer([("restore", photos[0]), ("relight", photos[0]), *(("restore", p) for p in photos[1:])])
    assert np.array_equal(made[1], relit)
    assert all(np.array_equal(one, other) for one, other in zip([made[0], *made[2:]], alone, strict=True))


def test_padded_to_the_largest_a_photo_is_the_same_inside(photos, alone):
    padded = Networks(1, Setup(policy="pad")).answer([("restore", photo) for photo in photos])
    for one, other in zip(padded, alone, strict=True):
        assert one.shape == other.shape
        assert np.abs(one[BORDER].astype(int) - other[BORDER]).max() <= 1


def test_one_that_fails_leaves_the_others_their_pictures(networks, photos, alone):
    made = networks.answer([("restore", photos[0]), ("restore", photos[1][..., 0])])
    assert np.array_equal(made[0], alone[0])
    assert isinstance(made[1], Exception)


def test_the_engine_makes_the_peers_picture(photos, alone):
    with Engine.start(EngineSettings(backend="onnxruntime", precision="fp32", threads=1)) as engine:
        ours = engine.submit("restore", with_noise_level(photos[1]), Ticket()).result(60).output
    assert psnr_db(np.asarray(ours)[BORDER], alone[1][BORDER]) > 60


def test_files_are_alike_inside_whatever_their_borders_and_void_where_they_are_not(photos):
    other = photos[0].copy()
    other[:8] = 255 - other[:8]
    alike = likeness({0: encode(photos[0]), 1: b"only one made it"}, {0: encode(other)})
    assert alike.photos == 1
    assert alike.inside_db > 50 > alike.whole_db
    assert is_same(alike, "fp32")
    assert not is_same(likeness({0: encode(photos[0])}, {0: encode(photos[0][:, ::-1])}), "int8")
    assert not is_same(likeness({0: encode(photos[0])}, {0: encode(photos[1])}), "int8")
    assert not is_same(likeness({}, {0: encode(photos[0])}), "fp32")


def test_what_a_peer_is_told_comes_from_its_environment(monkeypatch):
    monkeypatch.setenv("PEERS_PRECISION", "int8")
    monkeypatch.setenv("PEERS_BATCH", "3")
    assert Setup.from_env() == Setup("int8", "shape", 3, 10)
