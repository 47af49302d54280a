import logging
import threading
from dataclasses import replace

import pytest

from engine.backends.tensorrt.plans import Built, PlanCache
from engine.backends.tensorrt.recipe import Profile, Recipe, precision_for, recipe_for
from engine.backends.tensorrt.signed_files import SignedFolder
from engine.batching.lanes import Lane
from engine.errors import BackendUnavailable
from engine.settings import PRECISIONS
from engine.unit_shapes import LatentShape


@pytest.fixture
def recipe(machine) -> Recipe:
    return Recipe("restore", "1", "d" * 64, "fp16", "input", "output", 3, ((32, 64), (16, 128)), (1, 2, 4), machine)


@pytest.fixture
def folder(tmp_path) -> SignedFolder:
    return SignedFolder(tmp_path / "plans", machine_id=tmp_path / "none")


class Builds:
    """A build that counts, and remembers the timing caches it was given."""

    def __init__(self) -> None:
        self.timings = []

    def __call__(self, timing_cache: bytes) -> Built:
        self.timings.append(timing_cache)
        return Built(b"plan %d" % len(self.timings), timing_cache + b"t")


@pytest.fixture
def builds() -> Builds:
    return Builds()


def find(folder, recipe, builds, said=None):
    return PlanCache(folder).find_or_build(recipe, builds, (said if said is not None else []).append)


def test_a_plan_is_built_once_and_then_found(folder, recipe, builds):
    said = []
    first, second = (find(folder, recipe, builds, said) for _ in range(2))
    assert (first.data, first.is_new, second.data, second.is_new) == (b"plan 1", True, b"plan 1", False)
    assert first.sha256 == second.sha256
    assert said == ["restore: building the fp16 plan, since there is none for this model, device and version"]


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "e" * 64},
        {"version": "2"},
        {"precision": "fp32"},
        {"slots": ((32, 64),)},
        {"batch_sizes": (1, 2)},
        {"input": "picture"},
    ],
)
def test_another_model_precision_or_shape_needs_another_plan(folder, recipe, builds, change):
    find(folder, recipe, builds)
    assert find(folder, replace(recipe, **change), builds).data == b"plan 2"
    assert find(folder, recipe, builds).data == b"plan 1"


@pytest.mark.parametrize(
    "change",
    [{"gpu": "Another GPU"}, {"compute_capability": "8.9"}, {"driver": 12}, {"tensorrt": "11.4.0.106"}],
)
def test_another_machine_needs_another_plan_and_other_timings(folder, recipe, builds, change, machine):
    find(folder, recipe, builds)
    other = replace(recipe, machine=replace(machine, **change))
    assert find(folder, other, builds).data == b"plan 2"
    assert builds.timings == [b"", b""]


def test_a_plan_for_another_gpu_put_in_place_of_ours_is_not_used(folder, recipe, builds, machine):
    other = replace(recipe, machine=replace(machine, gpu="Another GPU"))
    find(folder, other, builds)
    for ending in (".plan", ".plan.json"):
        (folder.folder / f"{other.name}{ending}").rename(folder.folder / f"{recipe.name}{ending}")
    plan = find(folder, recipe, builds)
    assert plan.data == b"plan 2"
    assert "made for something else: gpu 'Another GPU', wanted 'NVIDIA Stand-in'" in plan.reason


def test_an_altered_plan_is_told_and_built_anew(folder, recipe, builds, caplog):
    find(folder, recipe, builds)
    (folder.folder / f"{recipe.name}.plan").write_bytes(b"evil")
    said = []
    with caplog.at_level(logging.WARNING):
        plan = find(folder, recipe, builds, said)
    assert plan.data == b"plan 2"
    assert "its manifest promises SHA-256" in said[0]
    assert "is not loaded" in caplog.text
    assert not find(folder, recipe, builds).is_new


def test_what_one_build_learnt_the_next_is_given(folder, recipe, builds):
    find(folder, recipe, builds)
    find(folder, replace(recipe, model="upscale-x2"), builds)
    assert builds.timings == [b"", b"t"]


def test_an_altered_timing_cache_is_not_given_to_a_build(folder, recipe, builds):
    find(folder, recipe, builds)
    (timings,) = folder.folder.glob("timings-*.cache")
    timings.write_bytes(b"evil")
    find(folder, replace(recipe, model="upscale-x2"), builds)
    assert builds.timings == [b"", b""]


def test_two_workers_that_want_one_plan_build_it_once(folder, recipe, builds):
    building, waiting = threading.Event(), threading.Event()

    def slow(timing_cache):
        building.set()
        assert waiting.wait(60)
        return builds(timing_cache)

    plans, said = [], []

    def say(text):
        said.append(text)
        waiting.set()

    first = threading.Thread(target=lambda: plans.append(find(folder, recipe, slow)))
    first.start()
    assert building.wait(60)
    other = SignedFolder(folder.folder, machine_id=folder.folder / "none")
    plans.append(PlanCache(other).find_or_build(recipe, builds, say))
    first.join()
    assert [plan.data for plan in plans] == [b"plan 1"] * 2
    assert said == ["restore: another process is building this plan; waiting"]


def test_a_build_that_fails_leaves_nothing_and_the_lock_free(folder, recipe, builds):
    def fail(timing_cache):
        raise BackendUnavailable("no")

    with pytest.raises(BackendUnavailable):
        find(folder, recipe, fail)
    assert not list(folder.folder.glob("*.plan"))
    assert find(folder, recipe, builds).is_new


def test_a_recipe_has_one_profile_for_each_slot_tuned_for_the_largest_batch(recipe):
    assert recipe.profiles == (
        Profile((1, 3, 32, 64), (4, 3, 32, 64), (4, 3, 32, 64)),
        Profile((1, 3, 16, 128), (4, 3, 16, 128), (4, 3, 16, 128)),
    )
    assert [profile.holds((2, 3, 16, 128)) for profile in recipe.profiles] == [False, True]
    assert not recipe.profiles[0].holds((8, 3, 32, 64))


def test_a_frame_models_slot_is_its_frame_in_single_precision(card_of, frame_card, machine):
    recipe = recipe_for(frame_card, precision_for(frame_card, "fp16"), (), (4, 1), machine)
    assert (recipe.slots, recipe.batch_sizes, recipe.precision) == (((8, 8),), (1, 4), "fp32")


def test_a_latent_models_slot_is_its_vector_in_single_precision(card_of, machine):
    card = card_of(latent=LatentShape(40, (3, 8, 8)))
    recipe = recipe_for(card, precision_for(card, "fp16"), (), (4, 1), machine)
    assert (recipe.channels, recipe.slots, recipe.precision) == (40, ((),), "fp32")
    assert recipe.profiles == (Profile((1, 40), (4, 40), (4, 40)),)
    assert recipe.profiles[0].holds((4, 40))


@pytest.mark.parametrize(("asked", "taken"), [("auto", "fp16"), ("fp16", "fp16"), ("int8", "fp16"), ("fp32", "fp32")])
def test_a_tile_model_is_run_in_fp16_unless_fp32_is_asked_for(card_of, machine, asked, taken):
    recipe = recipe_for(card_of(), precision_for(card_of(), asked), (Lane(32, 64),), (1,), machine)
    assert (recipe.slots, recipe.precision) == (((32, 64),), taken)


@pytest.mark.parametrize("asked", PRECISIONS)
def test_a_tile_model_whose_card_forbids_half_precision_stays_in_fp32(card_of, asked):
    card = card_of()
    assert precision_for(replace(card, onnx=replace(card.onnx, half_precision=False)), asked) == "fp32"


def test_a_model_file_in_a_precision_of_its_own_keeps_it(card_of):
    card = card_of()
    assert precision_for(replace(card, onnx=replace(card.onnx, precision="int8")), "fp32") == "int8"
