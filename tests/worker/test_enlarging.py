"""Made pictures at the size asked for, on a ground that stays white."""

import threading
import weakref
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from engine import Result, Ticket
from worker.operations import OperationContext
from worker.operations.enlarging import enlarged, upscalers_for

from .instant import FACTS, answered


class Repeater:
    """Stands in for the engine: the upscalers repeat pixels, and leave the ground a little grey."""

    def __init__(self):
        self.asked = []

    def submit(self, model, image, ticket):
        self.asked.append(model)
        if ticket.on_progress:
            size_px = image.shape[0] * image.shape[1]
            ticket.on_progress(size_px, size_px)
        return answered(self.enlarged(model, image))

    def enlarged(self, model, image):
        factor = int(model.removeprefix("upscale-x"))
        return np.minimum(image.repeat(factor, axis=0).repeat(factor, axis=1), 252)


class OneByOne(Repeater):
    """Answers one picture whenever somebody waits, and counts how many of its answers are still held by then."""

    def __init__(self):
        self.pending, self.answers, self.held = [], [], []

    def submit(self, model, image, _ticket):
        self.pending.append((future := Future(), model, image))
        return future

    def answer_next(self):
        future, model, image = self.pending.pop(0)
        self.held.append(sum(answer() is not None for answer in self.answers))
        answer = self.enlarged(model, image)
        self.answers.append(weakref.ref(answer))
        future.set_result(Result(answer, FACTS))


@pytest.fixture
def context():
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    return OperationContext(Repeater(), ticket, lambda: None)


def product(side=32, hole=None):
    picture = np.full((side, side, 3), 253, np.uint8)
    picture[8:24, 10:20] = (120, 30, 60)
    if hole:
        picture[hole] = 253
    return picture


@pytest.mark.parametrize(
    ("to_px", "factors"),
    [
        (64, ()),
        (128, ()),
        (129, (2,)),
        (256, (2,)),
        (300, (4,)),
        (512, (4,)),
        (513, (2, 4)),
        (1024, (2, 4)),
        (2000, (2, 4)),
    ],
)
def test_networks_enlarge_so_far_that_the_rest_is_shrinking(to_px, factors):
    assert upscalers_for(128, to_px) == tuple(f"upscale-x{factor}" for factor in factors)


@pytest.mark.parametrize("size_px", [20, 32, 50, 64, 128, 200, 256, 300])
def test_every_size_is_met_and_its_ground_is_white(context, size_px):
    (picture,) = enlarged([product()], size_px, context)
    assert (picture.shape, picture.dtype) == ((size_px, size_px, 3), np.uint8)
    rim = max(1, size_px // 6)
    assert (picture[:rim] == 255).all()
    assert (picture[-rim:] == 255).all()
    middle = picture[size_px // 2, round(size_px * 15 / 32)]
    np.testing.assert_allclose(middle, (120, 30, 60), atol=2)


def test_all_pictures_go_to_a_network_together_and_are_told_once(context):
    enlarged([product(), product()], 200, context)
    assert context.engine.asked == ["upscale-x2", "upscale-x2", "upscale-x4", "upscale-x4"]
    assert [facts["units"] for facts in context.facts] == [2, 2]


def test_networks_divide_what_is_left_of_the_time_by_their_pixels(context):
    parts = []
    context.part = lambda start, end: parts.append((round(start, 6), round(end, 6)))
    enlarged([product()], 100, context, begun=0.5)
    assert parts == [(0.5, 1.0)]
    enlarged([product()], 200, context, begun=0.5)
    assert parts[1:] == [(0.5, 0.6), (0.6, 1.0)]


def test_one_picture_of_many_is_one_share_of_the_progress(context):
    shown = []
    context.ticket = replace(context.ticket, on_progress=lambda done, total: shown.append(done / total))
    enlarged([product()] * 4, 64, context)
    assert shown == [0.25, 0.5, 0.75, 1.0]


def test_no_large_picture_is_held_once_it_is_shrunk(context, monkeypatch):
    monkeypatch.setattr("worker.operations.context._LOOK_UP_S", 0)
    context.engine = engine = OneByOne()
    context.while_waiting = engine.answer_next
    assert len(enlarged([product()] * 9, 100, context)) == 9
    assert max(engine.held) <= 2


def test_the_job_is_heard_of_however_fast_the_answers_come(context):
    heard = []
    context.while_waiting = lambda: heard.append(1)
    enlarged([product()] * 5, 64, context)
    assert len(heard) >= 5


def test_the_product_and_what_it_encloses_stay_as_the_networks_left_them(context):
    hole = np.s_[12:20, 13:17]
    (picture,) = enlarged([product(hole=hole)], 128, context)
    assert (picture[48:80, 52:68] == 252).all()
    assert (picture[36:44, 44:50] == (120, 30, 60)).all()


def test_ground_sets_in_softly_beyond_the_rim(context):
    (picture,) = enlarged([product()], 128, context)
    row = picture[64, :40, 0].astype(int)  # from the border up to the product at 40
    assert row[0] == 255
    assert row[-1] == 252
    assert (np.diff(row) <= 0).all()
