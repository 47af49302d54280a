"""What a ``POST /v1/jobs`` sends: a spec, or a form with photo and spec; in earnest or as a dry run."""

from dataclasses import dataclass
from typing import Any

from flask import request

from api.access import principal, tenant
from api.bodies import read_json, received_form
from api.forms import Form
from api.services import services
from api.spool import Spool
from api.token_use import sent_spec
from api.uploads import declared_image_type, store_photo
from jobs.outlook import Outlook, seconds_waiting
from jobs.photos import PhotoInfo, PhotoLimits, inspect
from jobs.presets import check_renditions
from jobs.problems import ProblemError
from jobs.spec import JobSpec, validate_spec
from jobs.spec.enlarging import Size, check_upscales
from jobs.strict_json import parse_json


@dataclass(frozen=True)
class Sent:
    """A spec that is valid, with ``validate_only`` to be looked at alone.

    ``photo`` is the SHA-256 of the form's photo, which was stored unless ``validate_only``.
    """

    spec: JobSpec
    validate_only: bool
    photo: str | None = None


def read_submission(*, validate_only: bool) -> Sent:
    """The current request's body, which may say ``validate_only`` itself. Raises ProblemError for its faults."""
    if request.mimetype == "multipart/form-data":
        with received_form(services().settings.max_upload_bytes) as form:
            return _sent_form(form, validate_only=validate_only)
    document = parse_json(read_json())
    dry = _takes_validate_only(document) or validate_only
    spec = sent_spec(document)
    check_renditions(spec, services().presets)
    check_upscales(spec, lambda: _size_of_upload(spec), services().settings.max_output_megapixels)
    return Sent(spec, dry)


def dry_run(sent: Sent) -> dict[str, Any]:
    """What would be kept, and when it would be done. Raises ProblemError as the submission would."""
    charge = principal().charge
    position, outlook = services().store.foresee(tenant(), sent.spec, charge=charge, arriving=sent.photo)
    spec = sent.spec.model_dump(mode="json", exclude_none=True)
    return {
        "valid": True,
        "spec": spec,
        "operations": spec["operations"],
        "estimate": {"seconds": _seconds(position, outlook), "queue_position": position},
    }


def _seconds(position: int, outlook: Outlook) -> float | None:
    """Until the job would be done; None where nothing was measured yet, or no worker lives."""
    waiting_s = seconds_waiting(outlook, position, services().parallel.count())
    if waiting_s is None or outlook.run_ms is None:
        return None
    return round(waiting_s + outlook.run_ms / 1000, 1)


def _sent_form(form: Form, *, validate_only: bool) -> Sent:
    """The spec of a form, its input being the form's photo, which is stored once the spec is known to be good."""
    if form.spec is None:
        raise ProblemError(
            "malformed-body", "the form has no part 'spec'; send the job's spec, as JSON, beside the file"
        )
    document = parse_json(form.spec)
    dry = _takes_validate_only(document) or validate_only
    if isinstance(document, dict):
        if "input" in document:
            raise _mistake("/input", "the form's file is the input; leave it out of the spec")
        document["input"] = {"upload": f"sha256:{form.file.sha256}"}
    spec = validate_spec(document)
    check_renditions(spec, services().presets)
    check_upscales(spec, lambda: _size_in(_inspect(form.file)), services().settings.max_output_megapixels)
    if dry:
        _inspect(form.file)
    else:
        store_photo(services(), tenant(), form.file)
    return Sent(spec, dry, form.file.sha256)


def _size_of_upload(spec: JobSpec) -> Size | None:
    """Of the input, where it was uploaded; one that is unknown, or past its life, is told of by the submission."""
    sha256 = spec.input.sha256 if spec.input else None
    record = services().store.get_upload(tenant(), sha256) if sha256 else None
    return (record.width, record.height) if record else None


def _size_in(photo: PhotoInfo) -> Size:
    return photo.width, photo.height


def _inspect(photo: Spool) -> PhotoInfo:
    return inspect(photo.path, PhotoLimits.of(services().settings), declared_image_type(photo))


def _takes_validate_only(document: Any) -> bool:
    """Whether the spec asks to be looked at alone; that is no part of what is kept."""
    wish = document.pop("validate_only", False) if isinstance(document, dict) else False
    if not isinstance(wish, bool):
        raise _mistake("/validate_only", f"should be true or false; got {str(wish)[:60]!r}")
    return wish


def _mistake(pointer: str, detail: str) -> ProblemError:
    return ProblemError("invalid-parameter", detail, errors=[{"pointer": pointer, "detail": detail}])
