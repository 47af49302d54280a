"""Ctrl-C while a queue or a future has its lock counts a moment later, or threads would wait for the lock for ever."""

import signal

import pytest

from packshot import runs
from packshot.catalog import following, starting

from .test_cli import packshot


def interrupting(original, whole):
    """The function, in the midst of which Ctrl-C comes; `whole` hears of a call that was not cut in two."""

    def interrupted(*arguments, **options):
        if not whole:
            signal.raise_signal(signal.SIGINT)
            whole.append("not cut")
        return original(*arguments, **options)

    return interrupted


@pytest.mark.usefixtures("told")
def test_a_run_is_not_cut_where_it_waits_for_its_threads(photos, tmp_path, monkeypatch):
    whole = []
    monkeypatch.setattr(runs, "wait", interrupting(runs.wait, whole))
    result = packshot("run", photos, "--op", "relight", "-o", tmp_path / "out")
    assert (result.exit_code, whole) == (130, ["not cut"])
    assert "interrupted; the jobs under way were canceled" in result.output


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("place", "name"), [(following.Follower, "_next"), (starting, "wait")])
def test_a_catalogue_is_not_cut_where_it_waits_for_its_threads(photos, tmp_path, monkeypatch, place, name):
    whole = []
    monkeypatch.setattr(place, name, interrupting(getattr(place, name), whole))
    (tmp_path / "products.csv").write_text("sku,photo\n" + "".join(f"{n},photos/{n}.png\n" for n in range(3)))
    result = packshot("catalog", "run", tmp_path / "products.csv", "--op", "relight", "-o", tmp_path / "out")
    assert (result.exit_code, whole) == (130, ["not cut"])
    assert "interrupted; what is done is kept" in result.output
