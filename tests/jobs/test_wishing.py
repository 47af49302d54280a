"""The operator's wishes for the models' versions, as they stand in the record."""

from jobs.model_wishes import Share
from jobs.store import JobStore


def test_what_a_share_keeps_in_use_stays_with_its_end_and_goes_with_the_next_look(store: JobStore):
    """It was in use for ever: whoever copied a newer version in and told workers to look saw nothing happen."""
    assert store.share_version("restore", Share("6", 0.05), "5").use == {"restore": "5"}
    assert store.share_version("restore", Share("6", 0.5), "4").use == {"restore": "5"}
    assert store.look_for_models().use == {"restore": "5"}
    assert store.share_version("restore", None).use == {"restore": "5"}
    wishes = store.look_for_models()
    assert (wishes.use, wishes.shares) == ({}, {})


def test_a_version_that_somebody_chose_stays_whatever_is_shared(store: JobStore):
    store.share_version("restore", Share("6", 0.05), "5")
    store.use_version("restore", "5")  # the same, but chosen
    store.share_version("restore", None)
    assert store.look_for_models().use == {"restore": "5"}
    store.share_version("restore", Share("6", 0.05), "4")
    store.share_version("restore", None)
    assert store.look_for_models().use == {"restore": "5"}


def test_a_program_that_knows_of_nothing_kept_may_choose_another_meanwhile(store: JobStore):
    store.share_version("restore", Share("6", 0.05), "5")
    store.redis.hset("packshot:models", "use:restore", "4")
    store.share_version("restore", None)
    assert store.look_for_models().use == {"restore": "4"}
    assert store.look_for_models().use == {"restore": "4"}


def test_a_share_ends_once_all_jobs_are_to_take_its_version(store: JobStore):
    store.share_version("restore", Share("7", 0.2), "6")
    store.share_version("relight", Share("7", 0.2), "6")
    assert store.use_version("restore", "8").shares["restore"] == Share("7", 0.2)
    wishes = store.use_version("restore", "7")
    assert (wishes.use["restore"], set(wishes.shares)) == ("7", {"relight"})
