"""The operations that make new pictures: from a wish, or from a photo. What words mean is the worker's to know."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from jobs.spec.fields import PLAIN, AtMost, Fraction, OperationPart, Part, Seed, UploadId

MAX_PICTURES = 64
MAX_LIKES = 8
MAX_TEXT = 500
MAX_ADJUSTMENTS = 16

_COLOR = re.compile(r"#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|(?=.{1,30}$)[^\W\d_]+([ -][^\W\d_]+)*")


def _form_of_color(text: str) -> str:
    if not _COLOR.fullmatch(text):
        raise PydanticCustomError("color", "should be a colour's name, #rgb or #rrggbb")
    return text


WishText = Annotated[str, StringConstraints(max_length=MAX_TEXT), PLAIN]
CategoryName = Annotated[str, StringConstraints(min_length=1, max_length=100), PLAIN]
_TOLD_OF_COLOR = {
    "description": "a colour's name, #rgb or #rrggbb",
    "pattern": "^(#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|[A-Za-z]{1,14}([ -][A-Za-z]{1,14})?)$",
}
ColorText = Annotated[str, AfterValidator(_form_of_color), Field(json_schema_extra=_TOLD_OF_COLOR)]
Colors = Annotated[tuple[ColorText, ...], AtMost(2)]
Pattern = Literal["plain", "striped", "checked", "printed"]
Aspect = Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False, strict=True)]
Count = Annotated[int, Field(ge=1, le=MAX_PICTURES, strict=True)]
GeneratedPx = Annotated[int, Field(ge=64, le=1024, strict=True)]
Effort = Annotated[float, Field(ge=1, le=4, allow_inf_nan=False, strict=True)]
DirectionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Deviations = Annotated[float, Field(ge=-3, le=3, allow_inf_nan=False, strict=True)]
Adjustments = Annotated[
    dict[DirectionName, Deviations],
    Field(json_schema_extra={"additionalProperties": False}),
    AtMost(MAX_ADJUSTMENTS),
]


class Mix(Part):
    """Mix another draw in: the ``share`` of what each picture is drawn from that comes from that ``seed``.

    Which places those are, the seed says; they are neither form nor style alone. Colours and pattern stay as asked.
    """

    seed: Seed
    share: Fraction = 0.5


class _Made(OperationPart):
    """What asking for new pictures has in common, whatever they start from.

    ``colors`` has the main colour first. ``effort`` is how many candidates are made for each picture wanted; up to
    twice as many where those are poor. ``adjust`` moves the pictures along directions that the generator knows, in
    deviations of what is usual.
    """

    colors: Colors = ()
    pattern: Pattern | None = None
    size_px: GeneratedPx = 512
    effort: Effort = 2.0
    adjust: Adjustments = Field(default_factory=dict)
    count: Count = 1

    @property
    def copies(self) -> int:
        """As many as were asked for."""
        return self.count


class Generate(_Made):
    """Make new product pictures on white, best first, from a text, attributes, pictures that are liked, or nothing.

    What ``category``, ``colors``, ``pattern`` and ``aspect`` (height by width) say wins over the ``text``. ``like``
    are uploads: what was not asked for comes from them, and by ``like_strength`` what cannot be said in words.
    """

    op: Literal["generate"]
    text: WishText | None = None
    category: CategoryName | None = None
    aspect: Aspect | None = None
    like: Annotated[tuple[UploadId, ...], AtMost(MAX_LIKES)] = ()
    like_strength: Fraction = 0.5
    mix: Mix | None = None

    def named_uploads(self) -> Iterator[tuple[str, str]]:
        """The pictures that are liked."""
        yield from ((f"like/{index}", upload) for index, upload in enumerate(self.like))


class Variations(_Made):
    """Make new pictures of products like the photo's, on white, best first.

    ``strength`` 0 shows the photo as the generator sees it, and there is one such picture: no more can be asked for,
    and ``count`` is then 1 if not said. 1 keeps of the photo its category, colours, pattern and aspect, and nothing
    else. ``towards`` is an upload that they go towards instead of at random.
    """

    op: Literal["variations"]
    strength: Fraction = 0.3
    count: Count = 4
    towards: UploadId | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _shows_one_thing_once(cls, document: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(document)
        if made.strength > 0 or made.towards is not None:
            return made
        if "count" not in made.model_fields_set:
            return made.model_copy(update={"count": 1})
        if made.count > 1:
            text = "with a strength of 0 all pictures are the same: allowed is 1; received {count}"
            mistake = PydanticCustomError("one_picture", text, {"count": made.count})
            details = InitErrorDetails(type=mistake, loc=("count",), input=None)
            raise ValidationError.from_exception_data("Variations", [details])
        return made

    def named_uploads(self) -> Iterator[tuple[str, str]]:
        """The picture to go towards."""
        if self.towards is not None:
            yield "towards", self.towards
