import hashlib
import json
import re

import pytest

from engine.cards import load_cards, read_model
from engine.errors import WeightsError


def test_every_committed_card_is_valid_and_its_model_file_is_the_promised_one(weights_dir):
    cards = load_cards(weights_dir)
    assert {"upscale-x2", "restore", "relight"} <= set(cards)
    for card in cards.values():
        assert len(read_model(card)) > 1000


def test_a_good_card_is_read_field_by_field(weights_of):
    card = load_cards(weights_of())["mirror"]
    assert card.tile is not None
    assert (card.tile.tile_px, card.tile.seen_px(5), card.model_path.name) == (16, 10, "model.onnx")


def test_the_highest_version_is_kept_and_ten_is_higher_than_nine(weights_of):
    weights_of(folder="mirror-9", version="9")
    assert load_cards(weights_of(folder="mirror-10", version="10"))["mirror"].version == "10"


def test_every_mistake_is_named_with_what_was_received(weights_of):
    folder = weights_of(
        model="Mirror!",
        version=1,
        onnx={"file": "../elsewhere.onnx", "sha256": "12", "opset": True},
        tile={"tile_px": 16, "halo_px": 9, "scale": 0, "align_px": 2},
        data={},
    )
    with pytest.raises(WeightsError) as refusal:
        load_cards(folder)
    message = str(refusal.value)
    for fault in (
        "model: lower-case",
        "version: digits",
        "onnx.file: a file name",
        "onnx.sha256: 64",
        "onnx.opset: a whole",
    ):
        assert fault in message
    for fault in ("onnx.input: a text; received nothing", "tile.halo_px", "tile.scale", "data: a list of objects"):
        assert fault in message
    assert "received '../elsewhere.onnx'" in message


def test_a_tile_that_is_not_aligned_is_refused(weights_of):
    with pytest.raises(WeightsError, match=r"tile\.tile_px: a multiple of align_px 4; received 18"):
        load_cards(weights_of(tile={"tile_px": 18, "halo_px": 4, "scale": 1, "align_px": 4}))


@pytest.mark.parametrize("shape", [[3, 33, 33], [3, 33, 33, 32], [1, 33, 33, 33], [3, 1, 1, 1], [3, 0, 0, 0], "cube"])
def test_a_frame_that_is_not_a_cube_of_three_channels_is_refused(weights_of, shape):
    frame = {"height_px": 8, "width_px": 8, "output": "lut3d", "output_shape": shape}
    with pytest.raises(WeightsError, match=r"frame\.output_shape"):
        load_cards(weights_of(kind="frame", frame=frame))


GOOD_FRAMES = [
    ("lut3d", [3, 33, 33, 33]),
    ("light", [40]),
    ("matte", [1, 96, 64]),
    ("image", [3, 256, 256]),
    ("vector", [64]),
]


@pytest.mark.parametrize(("output", "shape"), GOOD_FRAMES)
def test_a_frame_answers_a_table_light_a_matte_an_image_or_a_vector(weights_of, output, shape):
    frame = {"height_px": 8, "width_px": 8, "output": output, "output_shape": shape}
    card = load_cards(weights_of(kind="frame", frame=frame))["mirror"]
    assert (card.frame.output, card.frame.output_shape, card.channels_in) == (output, tuple(shape), 3)


@pytest.mark.parametrize(
    ("output", "shape", "allowed"),
    [
        ("light", [4, 4], r"\[K\]"),
        ("vector", [1, 64], r"\[K\]"),
        ("matte", [3, 8, 8], r"\[1, height, width\]"),
        ("matte", [8, 8], r"\[1, height, width\]"),
        ("image", [1, 8, 8], r"\[3, height, width\]"),
    ],
)
def test_a_frames_answer_of_another_shape_than_its_kind_has_is_refused(weights_of, output, shape, allowed):
    frame = {"height_px": 8, "width_px": 8, "output": output, "output_shape": shape}
    with pytest.raises(WeightsError, match=rf"frame\.output_shape: {allowed}; received \[{shape[0]}"):
        load_cards(weights_of(kind="frame", frame=frame))


def test_a_frame_that_answers_something_else_is_refused_with_what_there_is(weights_of):
    frame = {"height_px": 8, "width_px": 8, "output": "depth", "output_shape": [1, 8, 8]}
    allowed = '"lut3d" or "light" or "matte" or "image" or "vector"'
    with pytest.raises(WeightsError, match=rf"frame\.output: {allowed}; received .depth"):
        load_cards(weights_of(kind="frame", frame=frame))


def test_a_latent_has_a_length_and_answers_a_picture(weights_of):
    card = load_cards(weights_of(kind="latent", latent={"length": 40, "output_shape": [3, 96, 64]}))["mirror"]
    assert (card.tile, card.frame, card.takes_half) == (None, None, False)
    assert (card.latent.length, card.latent.height_px, card.latent.width_px, card.latent.pixels) == (40, 96, 64, 6144)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("length", 0, "a whole number from 1"),
        ("length", None, "a whole number from 1"),
        ("output_shape", [1, 8, 8], r"\[3, height, width\]"),
        ("output_shape", [3, 8], r"\[3, height, width\]"),
        ("output_shape", [3, 8, 0], "a list of positive whole numbers"),
    ],
)
def test_a_latent_of_another_shape_is_refused(weights_of, field, value, allowed):
    latent = {"length": 4, "output_shape": [3, 8, 8], field: value}
    with pytest.raises(WeightsError, match=rf"latent\.{field}: {allowed}; received {re.escape(repr(value))}"):
        load_cards(weights_of(kind="latent", latent=latent))


def test_a_kind_that_there_is_not_is_refused_with_those_there_are(weights_of):
    with pytest.raises(WeightsError, match='kind: "tile" or "frame" or "latent"; received \'sound\''):
        load_cards(weights_of(kind="sound"))


def test_a_tile_has_three_channels_in_and_out_unless_its_card_says_otherwise(weights_of):
    card = load_cards(weights_of())["mirror"]
    assert (card.channels_in, card.tile.channels_out) == (3, 3)
    tile = {"tile_px": 16, "halo_px": 2, "scale": 1, "align_px": 2, "channels_in": 4, "channels_out": 1}
    card = load_cards(weights_of(folder="mirror-2", version="2", tile=tile))["mirror"]
    assert (card.channels_in, card.tile.channels_out) == (4, 1)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("channels_in", 1, "3 or 4"),
        ("channels_in", "4", "3 or 4"),
        ("channels_out", 4, "1 or 3"),
        ("channels_out", True, "1 or 3"),
    ],
)
def test_a_tile_of_other_channels_is_refused(weights_of, field, value, allowed):
    tile = {"tile_px": 16, "halo_px": 2, "scale": 1, "align_px": 2, field: value}
    with pytest.raises(WeightsError, match=rf"tile\.{field}: {allowed}; received {value!r}"):
        load_cards(weights_of(tile=tile))


def test_a_frame_of_other_channels_is_refused(weights_of):
    frame = {"height_px": 8, "width_px": 8, "output": "light", "output_shape": [4], "channels_in": 2}
    with pytest.raises(WeightsError, match=r"frame\.channels_in: 3 or 4; received 2"):
        load_cards(weights_of(kind="frame", frame=frame))


def test_a_tile_takes_half_precision_unless_its_card_forbids_it(weights_of):
    assert load_cards(weights_of())["mirror"].takes_half
    onnx = json.loads((weights_of(folder="mirror-2", version="2") / "mirror-2" / "card.json").read_text())["onnx"]
    forbidden = load_cards(weights_of(folder="mirror-3", version="3", onnx={**onnx, "half_precision": False}))["mirror"]
    assert not forbidden.takes_half
    assert not forbidden.run_in("fp32").takes_half
    with pytest.raises(WeightsError, match=r"onnx\.half_precision: true or false; received 'fp32'"):
        load_cards(weights_of(folder="mirror-4", version="4", onnx={**onnx, "half_precision": "fp32"}))


def test_no_frame_takes_half_precision(frame_card):
    assert not frame_card.takes_half


def test_the_networks_that_half_precision_spoils_say_so(weights_dir):
    spoilt = [card.model for card in load_cards(weights_dir).values() if card.tile is not None and not card.takes_half]
    assert spoilt == ["cutout-edges"]


def test_a_card_without_its_tile_is_one_mistake_and_not_five(weights_of):
    with pytest.raises(WeightsError) as refusal:
        load_cards(weights_of(tile=None))
    assert str(refusal.value).count("received") == 1


def test_a_folder_named_otherwise_is_refused(weights_of):
    with pytest.raises(WeightsError, match="the card is of mirror-1, but its folder is named other-1"):
        load_cards(weights_of(folder="other-1"))


@pytest.mark.parametrize("text", ["{", "[]", json.dumps("card"), "\xff"])
def test_a_card_that_is_no_json_object_is_refused(weights_of, text):
    folder = weights_of()
    (folder / "mirror-1" / "card.json").write_text(text, encoding="latin-1")
    with pytest.raises(WeightsError, match=r"card\.json"):
        load_cards(folder)


def test_a_folder_without_cards_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="no <model>-<version>"):
        load_cards(tmp_path)


def test_a_model_file_whose_digest_differs_is_refused(weights_of):
    folder = weights_of()
    with (folder / "mirror-1" / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(WeightsError, match="promises SHA-256"):
        read_model(load_cards(folder)["mirror"])


def test_a_missing_model_file_is_refused(weights_of):
    folder = weights_of()
    (folder / "mirror-1" / "model.onnx").unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        read_model(load_cards(folder)["mirror"])


def test_a_model_with_custom_operators_is_refused_although_its_digest_is_right(weights_of, onnx_of):
    folder = weights_of(onnx_of(["FusedConv"], domain="com.microsoft"))
    with pytest.raises(WeightsError, match=r"only standard operators are run; received com\.microsoft\.FusedConv"):
        read_model(load_cards(folder)["mirror"])


VARIANT = {"precision": "int8", "file": "model.int8.onnx", "sha256": "0" * 64, "metrics": []}


def test_a_variant_takes_the_models_place_only_when_its_precision_is_asked_for(weights_of):
    card = load_cards(weights_of(variants=[VARIANT]))["mirror"]
    assert card.in_precision("fp32") is card
    assert card.in_precision("auto") is card
    other = card.in_precision("int8")
    assert (other.onnx.file, other.onnx.sha256, other.onnx.precision) == ("model.int8.onnx", "0" * 64, "int8")
    assert (other.tile, other.onnx.input, other.onnx.opset) == (card.tile, card.onnx.input, card.onnx.opset)


def test_a_card_without_the_precision_asked_for_keeps_its_own(weights_of):
    card = load_cards(weights_of())["mirror"]
    assert card.variants == ()
    assert card.in_precision("int8") is card


def test_a_variant_whose_digest_differs_is_refused(weights_of, onnx_of):
    folder = weights_of(variants=[VARIANT])
    (folder / "mirror-1" / "model.int8.onnx").write_bytes(onnx_of())
    with pytest.raises(WeightsError, match="promises SHA-256 0000"):
        read_model(load_cards(folder)["mirror"].in_precision("int8"))


def test_every_mistake_of_a_variant_is_named_with_its_place(weights_of):
    with pytest.raises(WeightsError) as refusal:
        load_cards(weights_of(variants=[VARIANT, {"precision": "int4", "file": "../model.onnx", "sha256": 0}]))
    for fault in (
        "[1].precision: \"int8\"; received 'int4'",
        "[1].file: a file",
        "[1].sha256: 64",
        "[1].metrics: a list",
    ):
        assert f"variants{fault}" in str(refusal.value)


@pytest.mark.parametrize(("variants", "allowed"), [([VARIANT, VARIANT], "one of each precision"), ("int8", "a list")])
def test_variants_are_a_list_with_one_of_each_precision(weights_of, variants, allowed):
    with pytest.raises(WeightsError, match=f"variants: {allowed}"):
        load_cards(weights_of(variants=variants))


def test_every_committed_variant_is_the_promised_one(weights_dir):
    for card in load_cards(weights_dir).values():
        for variant in card.variants:
            assert len(read_model(card.in_precision(variant.precision))) > 1000


def test_a_file_beside_the_model_is_checked_when_that_is_read(weights_of):
    digest = hashlib.sha256(b"what it learned").hexdigest()
    folder = weights_of(besides=[{"file": "facts.npz", "sha256": digest}])
    card = load_cards(folder)["mirror"]
    assert [(beside.file, beside.sha256) for beside in card.besides] == [("facts.npz", digest)]
    path = folder / "mirror-1" / "facts.npz"
    with pytest.raises(WeightsError, match=r"facts.npz: cannot be read"):
        read_model(card)
    path.write_bytes(b"what another learned")
    with pytest.raises(WeightsError, match=rf"facts.npz: the card promises SHA-256 {digest}; received [0-9a-f]{{64}}"):
        read_model(card)
    path.write_bytes(b"what it learned")
    assert read_model(card) == card.model_path.read_bytes()


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"file": "../facts.npz", "sha256": "0" * 64}, r"besides\[0\]\.file: a file name, without folders; received"),
        ({"file": ".facts", "sha256": "0" * 64}, r"besides\[0\]\.file: a file name"),
        ({"file": "facts.npz", "sha256": "abc"}, r"besides\[0\]\.sha256: 64 lower-case"),
        ({"file": "facts.npz"}, r"besides\[0\]\.sha256: 64 lower-case hexadecimal digits; received nothing"),
    ],
)
def test_a_file_beside_the_model_has_a_plain_name_and_a_digest(weights_of, beside, said):
    with pytest.raises(WeightsError, match=said):
        load_cards(weights_of(besides=[beside]))
