import pytest

from jobs.problems import ProblemError
from jobs.spec import validate_spec
from jobs.spec.colors import GROUND_COLORS

SCENE = "sha256:" + "b" * 64


def background(**fields):
    document = {"input": {"upload": "sha256:" + "a" * 64}, "operations": [{"op": "background", **fields}]}
    return validate_spec(document).operations[0]


def mistakes(**fields):
    with pytest.raises(ProblemError) as raised:
        background(**fields)
    return {item["pointer"]: item["detail"] for item in raised.value.problem.extra["errors"]}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("#FFF", "#ffffff"),
        ("#a1B2c3", "#a1b2c3"),
        ("Navy", "#000080"),
        ("light gray", "#d3d3d3"),
        ("sand ", "#e6d5b8"),
    ],
)
def test_a_colour_is_read_as_its_six_digits(written, read):
    assert background(color=written).color == read


def test_an_unknown_colour_is_refused_with_those_that_are_known():
    told = mistakes(color="mauve")["/operations/0/color"]
    assert "mauve" in told
    assert all(name in told for name in GROUND_COLORS)


def test_a_gradient_reads_from_and_to_and_is_written_as_it_is_read():
    asked = background(gradient={"from": "white", "to": "#888", "angle": 90})
    assert (asked.gradient.start, asked.gradient.end, asked.gradient.angle) == ("#ffffff", "#888888", 90)
    written = asked.model_dump(mode="json", exclude_none=True)
    assert written["gradient"] == {"from": "#ffffff", "to": "#888888", "shape": "linear", "angle": 90.0}
    assert background(**{name: value for name, value in written.items() if name != "op"}) == asked


def test_mistakes_in_a_gradient_are_pointed_at():
    assert set(mistakes(gradient={"from": "white"})) == {"/operations/0/gradient/to"}
    assert "/operations/0/gradient/start" in mistakes(gradient={"start": "white", "from": "white", "to": "black"})
    assert "no angle; got 30" in mistakes(gradient={"from": "#fff", "to": "#000", "shape": "radial", "angle": 30})[
        "/operations/0/gradient"
    ]  # fmt: skip


def test_two_grounds_are_refused_by_their_names():
    told = mistakes(color="white", blur=0.5)["/operations/0"]
    assert "got color and blur" in told
    assert "transparent" in mistakes(transparent=True, image=SCENE)["/operations/0"]


def test_none_of_them_is_allowed_and_transparent_false_is_none_of_them():
    assert background(transparent=False, color="white").color == "#ffffff"
    assert background().color is None


def test_adapting_needs_an_image_and_a_margin_the_bottom():
    assert "needs image" in mistakes(adapt=0.5)["/operations/0"]
    assert background(image=SCENE, adapt=0).adapt == 0
    assert "got anchor 'center'" in mistakes(margin=0.1, anchor="center")["/operations/0"]
    assert background(margin=0.1, anchor="bottom").margin == 0.1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fill", 0.05),
        ("fill", 1.2),
        ("reflection", 2),
        ("blur", 0),
        ("blur", -1),
        ("shadow", "long"),
        ("anchor", "top"),
        ("width", 0),
        ("height", 20_000),
        ("transparent", "yes"),
        ("image", "scene.jpg"),
        ("colour", "white"),
    ],
)
def test_values_outside_their_limits_are_pointed_at(field, value):
    assert set(mistakes(**{field: value})) == {f"/operations/0/{field}"}


def test_the_image_is_an_upload_that_the_job_needs():
    document = {"input": {"upload": "sha256:" + "a" * 64}, "operations": [{"op": "background", "image": SCENE}]}
    assert validate_spec(document).uploads == {"a" * 64: "/input/upload", "b" * 64: "/operations/0/image"}
