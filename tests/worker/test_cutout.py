"""cutout by itself, with networks that see a green floor, and through a worker with the fake engine."""

import io
import threading

import cv2
import numpy as np
import pytest
from PIL import Image

from engine import Ticket
from engine.cards import load_cards
from engine.engine import Engine
from engine.settings import EngineSettings
from jobs.problems import ProblemError
from jobs.spec import Cutout
from jobs.states import State
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture
from worker.tasks import attempt_next_job

from .conftest import dark_on_white
from .instant import answered

GREEN, RED = (60, 150, 70), (200, 40, 40)


class GreenScreen:
    """`cutout` answers what is redder than green in a frame of 64 px; `cutout-edges` the same at its own size."""

    def __init__(self):
        self.asked = []

    def submit(self, model, image, _ticket):
        self.asked.append((model, image))
        return answered(self._answer(model, image))

    @staticmethod
    def _answer(model, image):
        if model == "cutout-edges":
            assert image.shape[2] == 4
            return np.rint(redness(image) * 255).astype(np.uint8)
        return redness(cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA))[None]


def redness(image):
    """The share of RED in a mixture of RED and GREEN."""
    return np.clip((image[..., 0].astype(np.float32) - GREEN[0]) / (RED[0] - GREEN[0]), 0, 1)


def photo(height=120, width=100, margin=30):
    """A red box with a hole, its edge soft, on green; returns (picture, true alpha)."""
    alpha = np.zeros((height, width), np.float32)
    alpha[margin : height - margin, margin : width - margin] = 1
    alpha[height // 2 - 8 : height // 2 + 8, width // 2 - 8 : width // 2 + 8] = 0
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.0)
    mixed = np.array(GREEN) + alpha[..., None] * (np.array(RED) - GREEN)
    return Picture(np.rint(mixed).astype(np.uint8)), alpha


@pytest.fixture
def screen():
    return GreenScreen()


@pytest.fixture
def context(screen):
    return new_context(screen)


def new_context(engine):
    return OperationContext(engine, Ticket(tenant="dev", cancelled=threading.Event()), lambda: None)


def cut(picture, context, shadow="drop"):
    return OPERATIONS["cutout"].run(picture, Cutout(op="cutout", shadow=shadow), context)


def test_the_product_stays_and_the_floor_goes_hole_included(context):
    picture, alpha = photo()
    result = cut(picture, context)
    assert np.abs(result.alpha / 255 - alpha).max() < 0.05
    assert result.alpha[60, 50] == 0
    assert (result.alpha[:25] == 0).all()
    assert np.array_equal(result.rgb[result.alpha == 255], picture.rgb[result.alpha == 255])


def test_no_green_is_left_along_the_edge(context):
    picture, _ = photo()
    result = cut(picture, context)
    edge = (result.alpha > 30) & (result.alpha < 230)
    assert edge.sum() > 100
    assert np.median(picture.rgb[edge][:, 1]) > 80
    assert np.percentile(result.rgb[edge][:, 1], 95) < 75


def test_edges_are_asked_for_where_they_are_in_doubt_only(context, screen):
    picture, _ = photo(400, 300, 120)
    cut(picture, context)
    assert [model for model, _ in screen.asked] == ["cutout", "cutout", "cutout-edges"]
    assert screen.asked[2][1].shape[0] < 240


def test_a_product_that_the_border_cuts_off_is_told_of_and_stays_whole_there(context):
    picture, _ = photo(margin=30)
    half = Picture(np.ascontiguousarray(picture.rgb[:70]))
    result = cut(half, context)
    assert (result.alpha[-1, 36:40] == 255).all()
    assert context.findings["touches"] == ["bottom"]
    assert "the product goes on beyond the picture: it is cut off at the bottom" in context.warnings
    assert 0.1 < context.findings["product_share"] < 0.4


def test_a_picture_with_alpha_keeps_at_most_what_it_had(context, screen):
    picture, alpha = photo()
    given = np.full(alpha.shape, 255, np.uint8)
    given[:, :50] = 0
    given[:, 50:60] = 128
    result = cut(Picture(picture.rgb, given), context)
    seen = screen.asked[0][1]
    assert (seen[:, :50] == 255).all()
    assert (result.alpha[:, :50] == 0).all()
    assert result.alpha[40, 55] == pytest.approx(128, abs=1)


def test_without_a_product_the_client_hears_so_with_numbers(context):
    with pytest.raises(ProblemError) as raised:
        cut(Picture(np.full((50, 40, 3), GREEN, np.uint8)), context)
    problem = raised.value.problem
    assert problem.type == "no-product-found"
    assert "0.00% of the picture" in problem.detail
    assert "0.20%" in problem.detail
    assert not problem.retryable


def test_where_all_is_product_all_is_opaque_and_no_edge_is_asked_for(context, screen):
    picture = Picture(np.full((50, 40, 3), RED, np.uint8))
    result = cut(picture, context)
    assert (result.alpha == 255).all()
    assert np.array_equal(result.rgb, picture.rgb)
    assert [model for model, _ in screen.asked] == ["cutout"]


@pytest.mark.parametrize("shadow", ["drop", "keep"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (37, 64)])
def test_pictures_of_odd_sizes_are_cut_out(shape, shadow, context):
    pixels = np.full((*shape, 3), GREEN, np.uint8)
    pixels[:, shape[1] // 3 :] = RED
    result = cut(Picture(pixels), context, shadow)
    assert result.alpha.shape == shape
    assert result.rgb.shape == (*shape, 3)
    assert result.alpha.max() == 255


def test_the_shadow_is_kept_only_when_asked(context):
    picture, alpha = photo(300, 300, 90)
    shade = np.zeros_like(alpha)
    shade[205:225, 90:210] = 0.5
    shade = cv2.GaussianBlur(shade, (0, 0), 5) * (1 - alpha)
    shaded = Picture(np.rint(picture.rgb * (1 - shade[..., None])).astype(np.uint8))
    below = (slice(214, 222), slice(120, 180))
    assert cut(shaded, context, "drop").alpha[below].max() == 0
    kept = cut(shaded, context, "keep")
    assert 60 < kept.alpha[below].mean() < 140
    assert kept.rgb[below].max() < 20
    assert context.findings["shadow"]
    assert context.warnings == []


def test_that_there_was_no_shadow_to_keep_is_said(context):
    cut(photo(300, 300, 90)[0], context, "keep")
    assert context.findings["shadow"] is False
    assert context.warnings == ["no shadow was kept: none was found on the ground near the product"]


def test_a_product_that_the_network_is_unsure_of_is_to_be_looked_at(screen):
    sure, unsure = new_context(screen), new_context(screen)
    cut(photo(300, 300, 30)[0], sure)
    assert sure.findings["confidence"] > 0.94
    assert sure.warnings == []
    blurred, _ = photo(300, 300, 30)
    cut(Picture(cv2.GaussianBlur(blurred.rgb, (0, 0), 25)), unsure)
    assert unsure.findings["confidence"] < 0.94
    assert unsure.warnings[0].startswith("look at the outline: only ")


@pytest.mark.parametrize("shadow", ["drop", "keep"])
def test_the_same_photo_gives_the_same_bytes(shadow):
    picture, _ = photo()
    first, second = (cut(picture, new_context(GreenScreen()), shadow) for _ in range(2))
    assert np.array_equal(first.rgba(), second.rgba())


def test_the_colours_of_many_threads_are_those_of_one(context):
    pictures = [photo(120 + 10 * index, 100, 30)[0] for index in range(4)]
    alone = [cut(picture, new_context(GreenScreen())) for picture in pictures]
    together = [None] * 4

    def work(index):
        together[index] = cut(pictures[index], new_context(GreenScreen()))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(one.rgba(), other.rgba()) for one, other in zip(alone, together, strict=True))


@pytest.fixture(scope="module")
def real_engine():
    settings = EngineSettings(backend="onnxruntime")
    cards = {name: card for name, card in load_cards(settings.weights_dir).items() if name.startswith("cutout")}
    with Engine.start(settings, cards=cards) as engine:
        yield engine


def test_the_real_networks_give_the_same_bytes_alone_and_among_strangers(real_engine, sample_photo):
    """On a CPU units are cut on the picture's own grid: not a byte may differ."""
    picture = sample_photo("mug", 240, 320)
    strangers = [sample_photo(name, 200, 260) for name in ("shoe", "box", "watch")]
    alone = cut(picture, new_context(real_engine)).rgba()
    futures = [real_engine.submit("cutout", stranger.rgb, Ticket(tenant="other")) for stranger in strangers]
    among = cut(picture, new_context(real_engine)).rgba()
    for future in futures:
        future.result(60)
    assert np.array_equal(alone, among)


@pytest.fixture
def sample_photo():
    def make(name, width, height):
        from benchmarks.photos import SAMPLES

        with Image.open(SAMPLES / f"{name}.jpg") as image:
            return Picture(np.asarray(image.convert("RGB").resize((width, height))))

    return make


def test_a_job_comes_back_as_png_with_alpha_and_its_findings(workshop, client, drain):
    job_id = client.submit({"op": "cutout"}, photo=dark_on_white())
    assert attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.SUCCEEDED, view.problem
    image = client.image(job_id)
    assert (image.format, image.mode) == ("PNG", "RGBA")
    assert image.getpixel((32, 50))[3] == 255
    assert image.getpixel((2, 2))[3] == 0
    step = view.manifest["operations"][0]
    assert step["parameters"] == {"shadow": "drop"}
    assert step["findings"]["touches"] == []
    assert step["findings"]["product_share"] == pytest.approx(40 * 24 / (96 * 64), abs=0.05)
    assert [facts["model"] for facts in step["engine"]] == ["cutout", "cutout", "cutout-edges"]


def test_as_jpeg_the_product_lies_on_white(workshop, client, drain):
    job_id = client.submit({"op": "cutout"}, photo=dark_on_white(), output={"format": "jpeg"})
    attempt_next_job(workshop, drain)
    image = client.image(job_id)
    assert image.mode == "RGB"
    assert min(image.getpixel((2, 2))) >= 253


def test_a_photo_without_a_product_fails_at_once(workshop, client, drain):
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (255, 255, 255)).save(file, "PNG")
    job_id = client.submit({"op": "cutout"}, photo=file.getvalue())
    attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.FAILED
    assert view.problem.type == "no-product-found"
    assert view.attempt == 1
