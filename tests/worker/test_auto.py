"""auto: what it mends of clean, dim, tinted and noisy photos, with networks whose answers are planted."""

import threading

import numpy as np
import pytest

from engine import Ticket
from engine.pixels.light import LIGHT_LENGTH, LUT_STEPS
from jobs.presets import read_presets
from jobs.spec import Auto, validate_spec
from worker.operations import OPERATIONS, OperationContext
from worker.operations.diagnosis import MOST_TINT
from worker.picture import Picture

from .instant import answered


class Networks:
    """`relight` adds `light` [3] to every colour, and `restore` answers what `restored` makes of a picture."""

    def __init__(self, light=(0.0, 0.0, 0.0), restored=lambda rgb: rgb):
        self.light, self.restored = light, restored

    def submit(self, model, image, _ticket):
        if model == "relight":
            answer = np.zeros(LIGHT_LENGTH, np.float32)
            answer[: 3 * LUT_STEPS**3] = np.repeat(np.float32(self.light), LUT_STEPS**3)
            return answered(answer)
        return answered(self.restored(np.ascontiguousarray(image[..., :3])))


def smooth():
    """A soft gradient of middle greys: nothing in it is noisy."""
    ramp = np.linspace(80, 150, 96).astype(np.uint8)
    return Picture(np.repeat(np.repeat(ramp[None, :, None], 96, axis=0), 3, axis=2), origin=np.eye(3))


def mended(networks, picture, renditions=()):
    presets = {name: read_presets()[name] for name in renditions}
    ticket = Ticket(tenant="dev", cancelled=threading.Event())
    context = OperationContext(networks, ticket, while_waiting=lambda: None, renditions=presets)
    return OPERATIONS["auto"].run(picture, Auto(op="auto"), context), context.findings


def test_a_clean_photo_stays_byte_for_byte():
    picture = smooth()
    result, findings = mended(Networks(), picture)
    assert np.array_equal(result.rgb, picture.rgb)
    assert findings["applied"] == []


def test_a_dim_photo_is_relit_and_the_reason_told():
    result, findings = mended(Networks(light=(0.2, 0.2, 0.2)), smooth())
    assert result.rgb.mean() > smooth().rgb.mean() + 40
    (applied,) = findings["applied"]
    assert applied["op"] == "relight"
    assert applied["because"] == "its light or colours are off, by 51 of 255 in the mean"
    assert applied["measured"]["mean_change"] == pytest.approx(51, abs=1)


def test_what_hardly_changes_is_left_alone():
    result, findings = mended(Networks(light=(0.005, 0.005, 0.005)), smooth())
    assert np.array_equal(result.rgb, smooth().rgb)
    assert findings["applied"] == []


def test_a_strong_tint_is_mended_in_part_as_it_may_be_the_products_own():
    result, findings = mended(Networks(light=(-0.2, 0.0, 0.2)), smooth())
    (applied,) = findings["applied"]
    assert "mended in part" in applied["because"]
    assert applied["measured"]["tint"] > MOST_TINT
    whole = 0.2 * 255
    assert smooth().rgb[..., 0].mean() - result.rgb[..., 0].mean() < whole / 2


def test_a_noisy_photo_is_restored():
    clean = smooth()
    noise = np.random.default_rng(1).normal(0, 12, clean.rgb.shape)
    noisy = clean.with_rgb(np.clip(clean.rgb + noise, 0, 255).astype(np.uint8))
    result, findings = mended(Networks(restored=lambda _: clean.rgb), noisy)
    assert [applied["op"] for applied in findings["applied"]] == ["restore"]
    assert np.abs(result.rgb.astype(int) - clean.rgb).mean() < 3


def test_it_tells_which_channels_get_a_ground_of_their_own():
    _, findings = mended(Networks(), smooth(), ["amazon-main", "ebay"])
    assert findings["grounds"] == {"amazon-main": "white"}


def test_auto_can_be_asked_for_by_its_name_alone():
    spec = validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "operations": "auto", "renditions": ["etsy"]})
    assert spec.operations == (Auto(op="auto"),)
