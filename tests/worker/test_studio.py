"""The studio's networks, asked through the engine; what is shown meanwhile, and what is said in the end."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from engine import Ticket
from engine.errors import UnitCancelled
from engine.generation.attributes import Attributes, Color
from engine.generation.candidates import Fault
from engine.generation.networks import AskTogether
from engine.generation.orders import OrderRefusedError
from engine.generation.sentence import Phrase
from engine.generation.studio import Made, Pictured, Strangeness
from jobs.problems import ProblemError
from worker.operations import OperationContext
from worker.operations.studio import EngineAsk, delivered, open_studio, pointing

from .instant import answered


class Echo:
    """Stands in for the engine: frame models tell a picture's first value, the generator paints a vector's."""

    def __init__(self):
        self.models = {"cutout": None, "generator": None}
        self.asked = []

    def submit(self, model, image, _ticket):
        self.asked.append(model)
        return answered(np.full(3, image[0, 0, 0], np.float32))

    def submit_latents(self, model, vectors, _ticket):
        self.asked.append(model)
        return answered(np.stack([np.full((4, 4, 3), vector[0], np.uint8) for vector in vectors]))


@pytest.fixture
def context():
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    parts = []
    context = OperationContext(Echo(), ticket, lambda: None, pointer="/operations/2")
    context.part = lambda *part: parts.append(part)
    return SimpleNamespace(own=context, parts=parts, asked=context.engine.asked)


def test_rows_keep_their_order_and_each_question_is_one_entry(context):
    ask = EngineAsk(context.own)
    pictures = ask.make(np.arange(3, dtype=np.float32)[:, None])
    assert pictures[:, 0, 0, 0].tolist() == [0, 1, 2]
    for method in (ask.encode, ask.judge, ask.classify):
        assert method(pictures)[:, 0].tolist() == [0.0, 1.0, 2.0]
    frames = ("generator-encoder", "generator-critic", "generator-classifier")
    assert context.asked == ["generator", *(name for name in frames for _ in range(3))]
    assert [facts["units"] for facts in context.own.facts] == [1, 3, 3, 3]


def test_the_critic_and_the_classifier_are_asked_before_either_answers(context):
    ask = EngineAsk(context.own)
    pictures = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (7, 8)])
    judged, classified = ask.judge_and_classify(pictures)
    assert judged[:, 0].tolist() == classified[:, 0].tolist() == [7.0, 8.0]
    assert context.asked == ["generator-critic"] * 2 + ["generator-classifier"] * 2
    assert len(context.parts) == 1
    assert isinstance(ask, AskTogether)


def test_an_ended_job_looks_at_no_more_pictures(context):
    context.own.still_wanted()
    context.own.ticket.cancelled.set()
    with pytest.raises(UnitCancelled):
        context.own.still_wanted()


def test_what_a_failed_operation_still_waits_for_is_called_off_and_its_job_goes_on(context):
    job = threading.Event()
    operations = [OperationContext(context.own.engine, Ticket(cancelled=job), lambda: None) for _ in range(2)]
    operations[0].close()
    assert [each.ticket.cancelled.is_set() for each in operations] == [True, False]
    job.set()
    assert operations[1].ticket.cancelled.is_set()


def test_each_question_takes_a_part_of_what_is_left_before_enlarging(context):
    ask = EngineAsk(context.own)
    for _ in range(30):
        ask.make(np.zeros((1, 1), np.float32))
    starts, ends = zip(*context.parts, strict=True)
    assert starts[1:] == ends[:-1]
    assert all(start < end for start, end in context.parts)
    assert starts[0] == 0.1
    assert ends[-1] < 0.6


def test_what_is_missing_of_a_generator_is_named(context):
    missing = "generator-encoder, generator-critic, generator-classifier, upscale-x4"
    with pytest.raises(ProblemError, match=f"needs {missing}, and the worker has only cutout, generator") as caught:
        open_studio(context.own, 512)
    assert caught.value.problem.type == "unknown-model"
    assert not caught.value.problem.retryable


def test_a_refused_order_points_into_the_spec(context):
    with pytest.raises(ProblemError) as caught, pointing(context.own):
        raise OrderRefusedError("colors", "not to be had")
    assert caught.value.problem.extra["errors"] == [{"pointer": "/operations/2/colors", "detail": "not to be had"}]


def test_all_that_is_known_of_the_pictures_is_told(context):
    navy = Attributes("dress", (Color("navy", (31, 41, 77), 0.9),), "plain", 1.5)
    picture = np.full((128, 128, 3), 255, np.uint8)
    faults = (Fault("sharpness", "0.100; at least 0.250 is needed"),)
    wanted = Attributes("skirt", pattern="striped")
    pictured = Pictured(picture, 3, navy, "hat", {"critic": np.float32(0.25)}, 0.5, faults, wanted, Attributes("hat"))
    phrases = (Phrase("navvy", "color", "navy", guessed=True), Phrase("dress", "category", "dress"))
    made = Made((pictured,), phrases, ("wings",), 5, {"outranked": 4}, Strangeness(2.0, 0.995))
    (shown,) = delivered(made, 64, context.own)
    assert shown.rgb.shape == (64, 64, 3)
    assert context.own.findings == {
        "digital_source_type": "trainedAlgorithmicMedia",
        "candidates": 5,
        "left": {"outranked": 4},
        "understood": [
            {"text": "navvy", "means": "color navy", "guessed": True},
            {"text": "dress", "means": "category dress"},
        ],
        "unknown": ["wings"],
        "anomaly": {"score": 2.0, "quantile": 0.995},
        "outputs": [
            {
                "number": 3,
                "quality": 0.5,
                "scores": {"critic": 0.25},
                "faults": [
                    {"reason": "sharpness", "detail": "0.100; at least 0.250 is needed"},
                    {"reason": "category", "detail": "skirt was asked for, and it looks like hat"},
                ],
                "asked": {
                    "category": "dress",
                    "colors": [{"name": "navy", "hex": "#1f294d", "share": 0.9}],
                    "pattern": "plain",
                    "aspect": 1.5,
                },
                "shown": {"category": "hat", "colors": [], "pattern": None, "aspect": None},
            }
        ],
    }
    assert [warning.partition(":")[0] for warning in context.own.warnings] == [
        "this part of the text was not followed",
        "picture 0 is poor, and no better one was made",
        "picture 0 is not what was asked for",
        "the photo's product is stranger to the generator than 99% of the photos it was tried on",
    ]
