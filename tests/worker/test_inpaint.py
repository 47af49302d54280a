"""inpaint by itself, and in a job with a mask among its uploads."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

from engine import Ticket
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from jobs.states import State
from worker.drain import Drain
from worker.operations import OPERATIONS, OperationContext, sizes_after
from worker.picture import Picture
from worker.tasks import attempt_next_job
from worker.uploads import Uploads

from .conftest import TENANT, png

MASK = "sha256:" + "a" * 64


@pytest.fixture
def picture():
    return Picture(
        np.random.default_rng(3).integers(0, 256, (60, 80, 3), dtype=np.uint8), np.full((60, 80), 9, np.uint8)
    )


def params_of(**operation):
    return validate_spec({"input": {"upload": MASK}, "operations": [{"op": "inpaint", **operation}]}).operations[0]


def perform(picture, engine, uploaded=None, **operation):
    """Run it with the real engine, its fake backend, which answers a frame's own colours: the prefill."""
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    context = OperationContext(engine, ticket, lambda: None, lambda _: uploaded)
    return OPERATIONS["inpaint"].run(picture, params_of(**operation), context), context


def as_mask(hole):
    return Picture(np.repeat(hole[..., None].astype(np.uint8) * 255, 3, axis=2))


def box(x, y, width, height):
    return {"x": x, "y": y, "width": width, "height": height}


def test_outside_the_boxes_no_byte_changes(picture, engine):
    filled, context = perform(picture, engine, boxes=[box(10, 5, 30, 20), box(70, 50, 10, 10)])
    hole = np.zeros((60, 80), bool)
    hole[5:25, 10:40] = hole[50:60, 70:80] = True
    assert np.array_equal(filled.rgb[~hole], picture.rgb[~hole])
    assert (filled.rgb[hole] != picture.rgb[hole]).any(axis=-1).mean() > 0.9
    assert filled.alpha is picture.alpha
    assert context.facts[0]["model"] == "inpaint"


def test_a_mask_and_its_boxes_fill_alike(picture, engine):
    hole = np.zeros((60, 80), bool)
    hole[5:25, 10:40] = True
    by_mask, _ = perform(picture, engine, as_mask(hole), mask=MASK)
    by_box, _ = perform(picture, engine, boxes=[box(10, 5, 30, 20)])
    assert np.array_equal(by_mask.rgb, by_box.rgb)


def test_growing_changes_pixels_within_its_reach_alone(picture, engine):
    grown, _ = perform(picture, engine, boxes=[box(30, 30, 4, 4)], grow_px=3)
    changed = np.argwhere((grown.rgb != picture.rgb).any(axis=-1))
    assert changed.min(axis=0).tolist() == [27, 27]
    assert changed.max(axis=0).tolist() == [36, 36]


def test_a_dark_mask_changes_nothing_and_asks_nothing(picture, engine):
    filled, context = perform(picture, engine, as_mask(np.zeros((60, 80), bool)), mask=MASK)
    assert filled is picture
    assert context.facts == []
    assert context.warnings == ["nothing was filled: the mask is dark everywhere"]


def test_a_mask_of_nearly_everything_is_refused_with_both_shares(picture, engine):
    with pytest.raises(ProblemError, match=r"cover 95\.0% of the picture; at most 90% can be filled") as caught:
        perform(picture, engine, boxes=[box(0, 0, 80, 57)])
    assert caught.value.problem.type == "invalid-parameter"


def test_a_mask_of_another_aspect_is_refused_with_both_sizes(picture, engine):
    with pytest.raises(ProblemError, match=r"80 × 60 or its aspect; received 60 × 80") as caught:
        perform(picture, engine, as_mask(np.zeros((80, 60), bool)), mask=MASK)
    assert caught.value.problem.type == "invalid-parameter"


def test_a_box_that_leaves_the_picture_is_named_before_any_work():
    params = params_of(boxes=[box(0, 0, 5, 5), box(75, 0, 10, 10)])
    with pytest.raises(ProblemError, match=r"box 1 of 10 × 10 at \(75, 0\) .* 80 × 60 pixels at this point"):
        sizes_after([params], (80, 60))


def test_a_fill_alone_equals_one_among_strangers(picture, engine):
    boxes = [box(10, 5, 30, 20)]
    alone, _ = perform(picture, engine, boxes=boxes)
    stranger = Picture(255 - picture.rgb)
    together = [None] * 6

    def fill(index):
        together[index], _ = perform(stranger if index % 2 else picture, engine, boxes=boxes)

    threads = [threading.Thread(target=fill, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(filled.rgb, alone.rgb) for filled in together[::2])


def mask_png(width=64, height=48):
    mask = np.zeros((height, width), np.uint8)
    mask[10:20, 30:40] = 255
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return file.getvalue()


def drain():
    return Drain(lambda: None, leave=pytest.fail)


def test_a_job_fills_where_its_mask_is_light(workshop, client):
    mask = client.upload(mask_png())
    job_id = client.submit({"op": "inpaint", "mask": mask}, {"op": "rotate", "angle": 90}, output={"format": "png"})
    assert attempt_next_job(workshop, drain())
    view = client.view(job_id)
    assert view.state is State.SUCCEEDED, view.problem
    before = np.asarray(Image.open(io.BytesIO(png())))
    after = np.rot90(np.asarray(client.image(job_id).convert("RGB")))
    outside = np.ones((48, 64), bool)
    outside[10:20, 30:40] = False
    assert np.array_equal(after[outside], before[outside])
    assert view.manifest["operations"][0]["parameters"]["mask"] == mask


def test_a_mask_for_many_pictures_is_decoded_once(workshop, client, monkeypatch):
    decoded = []
    decode = Uploads._decode
    monkeypatch.setattr(
        Uploads, "_decode", lambda self, sha256, data: decoded.append(sha256) or decode(self, sha256, data)
    )
    masks = [client.upload(mask_png(64, 64)), client.upload(mask_png(128, 128))]
    fills = [{"op": "inpaint", "mask": mask} for mask in (*masks, masks[0])]
    spec = validate_spec({"operations": [{"op": "generate", "count": 3, "size_px": 64}, *fills]})
    job_id = workshop.store.submit(TENANT, spec).job_id
    assert attempt_next_job(workshop, drain())
    assert client.view(job_id).state is State.SUCCEEDED, client.view(job_id).problem
    assert [f"sha256:{sha256}" for sha256 in decoded] == [masks[0], masks[1], masks[0]]


def test_a_mask_that_cannot_be_decoded_fails_the_job(workshop, client):
    job_id = client.submit({"op": "inpaint", "mask": client.upload(mask_png()[:-40])})
    attempt_next_job(workshop, drain())
    assert client.view(job_id).problem.type == "image-corrupt"


def test_a_mask_whose_bytes_are_gone_fails_the_job_and_is_forgotten(workshop, client):
    mask = client.upload(mask_png()).removeprefix("sha256:")
    job_id = client.submit({"op": "inpaint", "mask": f"sha256:{mask}"})
    workshop.blobs.delete(workshop.store.get_upload(TENANT, mask).path)
    attempt_next_job(workshop, drain())
    assert client.view(job_id).problem.type == "not-found"
    assert workshop.store.get_upload(TENANT, mask) is None


def test_a_job_whose_mask_is_past_its_life_does_no_work(workshop, client):
    mask = client.upload(mask_png()).removeprefix("sha256:")
    client.submit({"op": "inpaint", "mask": f"sha256:{mask}"})
    workshop.store.drop_upload(TENANT, mask, workshop.store.get_upload(TENANT, mask).path)
    with pytest.raises(ProblemError, match="past its life"):
        Uploads(workshop, workshop.store.claim("test"))


def test_the_largest_mask_counts_among_the_pictures_held(workshop, client):
    masks = [client.upload(mask_png(*size)) for size in ((64, 48), (128, 96))]
    client.submit(*({"op": "inpaint", "mask": mask} for mask in masks))
    assert Uploads(workshop, workshop.store.claim("test")).largest_named_px == 128 * 96


def test_the_photo_counts_once_more_where_an_operation_names_it(workshop, client):
    photo = client.upload(png())
    spec = validate_spec({"input": {"upload": photo}, "operations": [{"op": "variations", "towards": photo}]})
    workshop.store.submit(TENANT, spec)
    assert Uploads(workshop, workshop.store.claim("test")).largest_named_px == 64 * 48
