"""generate and variations in jobs, on ONNX Runtime and a tiny generator: the whole way from the claim to the blobs."""

import hashlib
import io
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from engine import Engine, EngineSettings
from engine.generation.attributes import PATTERNS
from engine.generation.candidates import Standards
from engine.generation.showing import shown_in
from jobs.spec import Generate, validate_spec
from jobs.spec.generation import Pattern
from jobs.states import State
from worker.drain import Drain
from worker.heartbeats import beat
from worker.leases import Lease
from worker.plan import NO_PICTURE, Plan
from worker.runner import Run
from worker.tasks import attempt_next_job

from .conftest import TENANT, png
from .tiny_generator import tiny_facts, write_weights

PNG = {"format": "png"}


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory):
    engines = []

    def start(**parts):
        weights = write_weights(tmp_path_factory.mktemp("tiny") / "weights", **parts)
        engines.append(Engine.start(EngineSettings(backend="onnxruntime", weights_dir=weights, threads=1)))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture(scope="session")
def tiny_engine(start_engine):
    return start_engine()


@pytest.fixture
def studio(workshop, tiny_engine):
    """A workshop whose engine has a generator."""
    return replace(workshop, engine=tiny_engine)


@pytest.fixture
def run(studio, client):
    """Submit a spec's operations, run the job, and return how it ended."""

    def run_job(*operations, **spec):
        job_id = studio.store.submit(TENANT, validate_spec({"operations": operations, **spec})).job_id
        assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
        return client.view(job_id)

    return run_job


BROKEN = f"sha256:{hashlib.sha256(png()[:-40]).hexdigest()}"


def shoe_photo(shade=60):
    """A dark blob on a light ground, which the committed cutout networks take for a product."""
    y, x = np.mgrid[0:200, 0:240]
    inside = ((x - 120) / 80) ** 2 + ((y - 110) / 50) ** 2 < 1
    photo = np.full((200, 240, 3), 236, np.uint8)
    photo[inside] = (shade, 40, 70)
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG")
    return file.getvalue()


def flat_png(color, size=(80, 60)):
    file = io.BytesIO()
    Image.new("RGBA" if len(color) == 4 else "RGB", size, color).save(file, "PNG")
    return file.getvalue()


def pictures(studio, view):
    return [np.asarray(Image.open(io.BytesIO(studio.blobs.get(output.path)))) for output in view.outputs]


def findings(view):
    assert view.state is State.SUCCEEDED, view.problem
    return next(step["findings"] for step in view.manifest["operations"] if step["op"] in ("generate", "variations"))


def pointers(view):
    assert (view.state, view.problem.type, view.attempt) == (State.FAILED, "invalid-parameter", 1), view.problem
    return [mistake["pointer"] for mistake in view.problem.extra["errors"]]


def test_a_wish_becomes_pictures_of_the_size_asked_for(run, studio):
    view = run(
        {"op": "generate", "text": "navy striped dress, sparkly", "count": 3, "size_px": 200}, output=PNG, seed=7
    )
    found = findings(view)
    assert [(output.index, output.width, output.height) for output in view.outputs] == [
        (index, 200, 200) for index in range(3)
    ]
    assert [output.path.rpartition("/")[2] for output in view.outputs] == ["0.png", "1.png", "2.png"]
    assert len({each.tobytes() for each in pictures(studio, view)}) == 3
    assert found["digital_source_type"] == "trainedAlgorithmicMedia"
    assert {"text": "navy", "means": "color navy"} in found["understood"]
    assert found["unknown"] == ["sparkly"]
    assert any("sparkly" in warning for warning in view.manifest["operations"][0]["warnings"])
    assert (view.manifest["input"], view.manifest["seed"]) == (None, 7)
    assert view.progress.fraction == 1.0


def test_each_output_tells_its_scores_and_what_it_was_to_show(run):
    found = findings(run({"op": "generate", "category": "Dress", "colors": ["#103"], "count": 2, "effort": 1}))
    assert len(found["outputs"]) == 2
    for output in found["outputs"]:
        assert output["asked"]["category"] == "dress"
        assert output["asked"]["colors"][0]["hex"] == "#110033"
        assert Standards().weights.keys() <= output["scores"].keys()
        assert 0 <= output["quality"] <= 1
        assert all(fault.keys() == {"reason", "detail"} for fault in output["faults"])
    assert found["candidates"] >= 2


def test_what_the_engine_did_is_told_once_for_each_question(run):
    view = run({"op": "generate", "count": 4, "size_px": 512, "effort": 1})
    engine = view.manifest["operations"][0]["engine"]
    asked = [facts["model"] for facts in engine]
    assert asked.count("upscale-x4") == 1
    assert len(asked) < 12
    assert next(facts["units"] for facts in engine if facts["model"] == "generator") == 4


@pytest.mark.parametrize("size_px", [64, 128, 300])
def test_the_ground_is_pure_white_at_every_size(run, studio, size_px):
    view = run({"op": "generate", "count": 2, "size_px": size_px}, output=PNG)
    for picture in pictures(studio, view):
        rim = max(1, size_px // 20)
        assert (picture[:rim] == 255).all()
        assert (picture[:, :rim] == 255).all()
        assert picture.min() < 230


def test_an_empty_wish_draws_anything(run):
    view = run({"op": "generate"})
    assert [output.width for output in view.outputs] == [512]
    assert "understood" not in findings(view)


def test_a_seed_makes_the_same_pictures_again_and_another_seed_does_not(run, studio):
    first, again, other = (
        pictures(studio, run({"op": "generate", "count": 2, "size_px": 128}, output=PNG, seed=seed))
        for seed in (3, 3, 4)
    )
    assert [each.tobytes() for each in first] == [each.tobytes() for each in again]
    assert {each.tobytes() for each in first}.isdisjoint(each.tobytes() for each in other)


def test_an_attempt_after_a_lost_one_makes_the_same_bytes(run, studio, client):
    spec = validate_spec({"operations": [{"op": "generate", "count": 3, "size_px": 256}], "output": PNG})
    job_id = studio.store.submit(TENANT, spec).job_id
    lost = studio.store.claim("a worker that dies")
    records, manifest = Run(studio, Lease(lost)).result()
    studio.store.redis.zadd("packshot:lease", {job_id: 1})
    studio.store.reap()
    assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 2)
    assert [output.sha256 for output in view.outputs] == [record.sha256 for record in records]
    assert view.manifest["seed"] == manifest["seed"] == lost.seed
    assert {output.path for output in view.outputs}.isdisjoint(record.path for record in records)


def test_a_wish_alone_equals_one_among_strangers(run, studio, client):
    wish = {"op": "generate", "count": 2, "size_px": 150, "effort": 1}
    alone = run(wish, output=PNG, seed=3)
    ids = [
        studio.store.submit(TENANT, validate_spec({"operations": [wish], "output": PNG, "seed": seed})).job_id
        for seed in (3, 11, 3, 12)
    ]
    take = partial(attempt_next_job, studio, Drain(lambda: None, leave=pytest.fail))
    threads = [threading.Thread(target=take) for _ in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = [[output.sha256 for output in client.view(job_id).outputs] for job_id in ids]
    assert together[0] == together[2] == [output.sha256 for output in alone.outputs]
    assert len({tuple(each) for each in together}) == 3


@pytest.fixture
def amid(studio, monkeypatch):
    """Let something happen once, just before a wish's job asks a network for the first time."""

    def strike(model, happen):
        submit, waiting = studio.engine.submit, [happen]

        def submitted(name, *rest):
            if name == model and waiting:
                waiting.pop()()
                beat(studio, studio.leases.held()[0])
            return submit(name, *rest)

        monkeypatch.setattr(studio.engine, "submit", submitted)

    return strike


WISH = {"operations": [{"op": "generate", "count": 2, "size_px": 150, "pattern": "striped"}], "output": PNG, "seed": 3}


@pytest.mark.parametrize("model", ["generator-critic", "generator-classifier", "upscale-x2"])
def test_a_wish_canceled_amid_its_questions_leaves_nothing(studio, client, amid, model):
    job_id = studio.store.submit(TENANT, validate_spec(WISH)).job_id
    amid(model, lambda: studio.store.cancel(TENANT, job_id))
    assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
    assert (client.view(job_id).state, list(studio.blobs.list("results/"))) == (State.CANCELED, [])


@pytest.mark.parametrize("model", ["generator-critic", "upscale-x2"])
def test_a_wish_whose_deadline_passes_amid_its_questions_expires(studio, client, amid, model):
    job_id = studio.store.submit(TENANT, validate_spec(WISH | {"deadline_s": 600})).job_id

    def pass_by():
        studio.store.redis.zadd("packshot:deadline", {job_id: 1})
        studio.store.reap()

    amid(model, pass_by)
    assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
    assert (client.view(job_id).state, list(studio.blobs.list("results/"))) == (State.EXPIRED, [])


@pytest.mark.parametrize("model", ["generator-critic", "upscale-x2"])
def test_a_wish_whose_lease_is_lost_amid_its_questions_is_made_by_the_next(studio, client, run, amid, model):
    undisturbed = run(*WISH["operations"], output=PNG, seed=3)
    job_id = studio.store.submit(TENANT, validate_spec(WISH)).job_id

    def lose():
        studio.store.redis.zadd("packshot:lease", {job_id: 1})
        studio.store.reap()

    amid(model, lose)
    assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
    assert (client.view(job_id).state, client.view(job_id).attempt) == (State.QUEUED, 1)
    assert not [path for path in studio.blobs.list("results/") if job_id in str(path)]
    assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 2)
    assert [output.sha256 for output in view.outputs] == [output.sha256 for output in undisturbed.outputs]


def test_a_cancel_is_heard_between_two_pictures_that_are_looked_at(studio, client, monkeypatch):
    asked = {"op": "generate", "count": 4, "size_px": 64}
    job_id = studio.store.submit(TENANT, validate_spec({"operations": [asked]})).job_id
    looked = []

    def cancel_and_look(picture, category):
        looked.append(category)
        studio.store.cancel(TENANT, job_id)
        beat(studio, studio.leases.held()[0])
        return shown_in(picture, category)

    monkeypatch.setattr("engine.generation.studio.shown_in", cancel_and_look)
    assert attempt_next_job(studio, Drain(lambda: None, leave=pytest.fail))
    assert (client.view(job_id).state, len(looked)) == (State.CANCELED, 1)


def test_a_pattern_that_is_not_to_be_seen_is_told_of_each_picture(run):
    view = run({"op": "generate", "pattern": "checked", "count": 2, "size_px": 64, "effort": 1}, seed=1)
    for index, output in enumerate(findings(view)["outputs"]):
        told = [fault["detail"] for fault in output["faults"] if fault["reason"] == "pattern"]
        shown = output["shown"]["pattern"]
        assert told == ([] if shown == "checked" else [f"checked was asked for, and it looks {shown}"])
        warned = f"picture {index} is not what was asked for: "
        assert any(text.startswith(warned) for text in view.manifest["operations"][0]["warnings"]) == bool(told)


def test_what_follows_is_done_to_each_picture(run, studio):
    view = run(
        {"op": "generate", "count": 3, "size_px": 128},
        {"op": "resize", "width": 60},
        {"op": "rotate", "angle": 90},
        output=PNG,
    )
    assert [(output.width, output.height) for output in view.outputs] == [(60, 60)] * 3
    steps = view.manifest["operations"]
    assert [(step["op"], step.get("output")) for step in steps] == [
        ("generate", None),
        *(("resize", index) for index in range(3)),
        *(("rotate", index) for index in range(3)),
    ]
    assert [step["op"] for step in steps if "parameters" in step] == ["generate", "resize", "rotate"]
    assert [step["parameters"]["width"] for step in steps if step.get("output") == 0 and step["op"] == "resize"] == [60]
    assert len({each.tobytes() for each in pictures(studio, view)}) == 3


def test_variations_begin_with_the_photo_as_the_operations_before_left_it(run, client, studio):
    upload = client.upload(shoe_photo())
    view = run(
        {"op": "crop", "aspect": "1:1"},
        {"op": "variations", "count": 3, "size_px": 128, "colors": ["red"]},
        {"op": "resize", "width": 50},
        input={"upload": upload},
        output=PNG,
    )
    found = findings(view)
    assert [(output.width, output.height) for output in view.outputs] == [(50, 50)] * 3
    assert {output["asked"]["colors"][0]["name"] for output in found["outputs"]} == {"red"}
    assert found["anomaly"].keys() == {"score", "quantile"}
    assert "understood" not in found
    assert view.manifest["input"]["width"] == 240
    assert [step.get("output") for step in view.manifest["operations"]] == [None, None, 0, 1, 2]


@pytest.mark.parametrize("size", [(1, 1), (900, 1), (2, 900), (300, 2)])
@pytest.mark.parametrize("color", [(90, 60, 30), (90, 90, 90), (0, 0, 0)])
def test_a_photo_of_any_shape_has_variations_or_no_product(run, client, size, color):
    photo = client.upload(flat_png(color, size))
    view = run({"op": "variations", "count": 1, "size_px": 64, "effort": 1}, input={"upload": photo})
    assert (view.problem.type if view.problem else "", view.attempt) in {("", 1), ("no-product-found", 1)}


@pytest.mark.parametrize(("scores_tried", "quantile", "warned"), [((-2e9, -1e9), 1.0, 1), ((1e9, 2e9), 0.0, 0)])
def test_only_a_photo_stranger_than_those_tried_is_warned_of(run, client, monkeypatch, scores_tried, quantile, warned):
    facts = replace(tiny_facts(), anomaly=np.array(scores_tried))
    monkeypatch.setattr("worker.operations.studio.facts_of", lambda _engine: facts)
    asked = {"op": "variations", "count": 1, "size_px": 64, "effort": 1}
    view = run(asked, input={"upload": client.upload(shoe_photo())})
    assert findings(view)["anomaly"]["quantile"] == quantile
    assert sum("stranger" in warning for warning in view.manifest["operations"][0]["warnings"]) == warned


def test_pictures_that_are_liked_have_a_say_and_are_cut_out(run, client):
    likes = [client.upload(shoe_photo()), client.upload(shoe_photo(200))]
    view = run({"op": "generate", "like": likes, "count": 2, "size_px": 128}, seed=1)
    found = findings(view)
    assert [facts["model"] for facts in view.manifest["operations"][0]["engine"]].count("cutout-edges") >= 2
    assert all(output["asked"]["colors"] for output in found["outputs"])
    without = findings(run({"op": "generate", "count": 2, "size_px": 128}, seed=1))
    assert [output["asked"] for output in found["outputs"]] != [output["asked"] for output in without["outputs"]]


def test_the_way_towards_another_picture_ends_there(run, client):
    photo, target = client.upload(shoe_photo()), client.upload(shoe_photo(220))
    view = run({"op": "variations", "towards": target, "count": 3, "size_px": 64}, input={"upload": photo})
    assert [output["number"] for output in findings(view)["outputs"]] == [0, 1, 2]


def test_a_like_without_a_product_fails_and_says_which(run, client):
    like = client.upload(flat_png((200, 30, 30, 0)))
    view = run({"op": "generate", "like": [like]})
    assert (view.state, view.problem.type) == (State.FAILED, "no-product-found")
    assert like in view.problem.detail


def test_a_like_that_may_be_misread_is_warned_of(run, client):
    like = client.upload(flat_png((255, 255, 255)))
    view = run({"op": "generate", "like": [like], "size_px": 64})
    assert any(f"{like} may be misread" in warning for warning in view.manifest["operations"][0]["warnings"])


def test_a_like_that_cannot_be_decoded_fails_the_job(run, client):
    assert run({"op": "generate", "like": [client.upload(png()[:-40])]}).problem.type == "image-corrupt"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"category": "necklace"}, "category"),
        ({"colors": ["fuchsiaish"]}, "colors"),
        ({"adjust": {"sleeve": 1}}, "adjust"),
    ],
)
def test_what_only_the_generator_can_know_is_refused_by_the_worker_with_what_there_is(run, fields, pointer):
    view = run({"op": "generate", **fields})
    assert pointers(view) == [f"/operations/0/{pointer}"]
    assert "received" in view.problem.detail


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "generate", "category": "necklace", "like": [BROKEN]},
        {"op": "variations", "colors": ["fuchsiaish"], "towards": BROKEN},
        {"op": "variations", "adjust": {"shine": 1}, "towards": BROKEN},
    ],
)
def test_what_is_not_to_be_had_is_refused_before_any_picture_is_looked_at(run, client, operation):
    assert client.upload(png()[:-40]) == BROKEN
    spec = {} if operation["op"] == "generate" else {"input": {"upload": client.upload(flat_png((255, 255, 255)))}}
    view = run(operation, **spec)
    assert view.problem.type == "invalid-parameter", view.problem


def test_a_refusal_of_variations_points_at_their_place(run, client):
    upload = client.upload(shoe_photo())
    view = run({"op": "crop", "aspect": "1:1"}, {"op": "variations", "adjust": {"shine": 1}}, input={"upload": upload})
    assert pointers(view) == ["/operations/1/adjust"]


def test_emoji_and_any_language_are_text(run):
    found = findings(run({"op": "generate", "text": "👗 藏青色\n🦄", "size_px": 64}))
    assert {"category dress", "color navy"} <= {phrase["means"] for phrase in found["understood"]}
    assert "🦄" in "".join(found["unknown"])


def test_a_worker_fails_what_it_has_no_networks_for_at_once_and_does_all_else(workshop, client, start_engine):
    bare = replace(workshop, engine=start_engine(generator=False))
    spec = validate_spec({"operations": [{"op": "generate"}]})
    wish, photo = bare.store.submit(TENANT, spec).job_id, client.submit({"op": "cutout"}, photo=shoe_photo())
    dark = client.submit({"op": "relight"}, photo=shoe_photo())
    for _ in range(3):
        assert attempt_next_job(bare, Drain(lambda: None, leave=pytest.fail))
    problem = client.view(wish).problem
    assert (problem.type, client.view(wish).attempt) == ("unknown-model", 1)
    assert "generator-encoder" in problem.detail
    assert (client.view(dark).problem.type, client.view(dark).attempt) == ("unknown-model", 1)
    assert client.view(photo).state is State.SUCCEEDED


def test_all_pictures_together_must_be_small_enough(run):
    view = run({"op": "generate", "count": 64, "size_px": 64}, {"op": "resize", "width": 2100})
    assert view.problem.type == "output-dimensions"
    assert "64 pictures of 2100 × 2100, 282.2 megapixels in all; allowed: 260" in view.problem.detail


def test_many_pictures_are_held_for_what_they_take():
    def held_px(count):
        spec = validate_spec({"operations": [{"op": "generate", "count": count, "size_px": 1024}]})
        return Plan.of(spec, NO_PICTURE).held_px(10**9)

    assert held_px(1) == 1024**2
    assert held_px(5) == 2 * 1024**2


def test_a_spec_s_patterns_are_the_generator_s():
    assert Pattern.__args__ == PATTERNS
    assert Generate.model_fields["pattern"].default is None
