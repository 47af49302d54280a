"""A job's photo and its other uploads: found in the record and read from the blobs, or fetched; decoded under guard."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from jobs.errors import BlobError, BlobNotFound
from jobs.photos import PhotoLimits
from jobs.problems import ProblemError
from jobs.records import Claim, UploadRecord
from jobs.spec import sha256_of
from jobs.urls import check_url
from worker.decoding import Decoded
from worker.errors import UploadDamaged
from worker.fetching import FetchLimits, fetch
from worker.picture import Picture
from worker.workshop import Workshop


@dataclass(frozen=True)
class InputPhoto:
    """What a job's photo is by its header; `size` in bytes, and `url` where it was fetched, without its query."""

    sha256: str
    size: int
    width: int
    height: int
    url: str | None = None


class Uploads:
    """What a claim's spec names. Finds all records when it is made, so that a job whose mask is gone does no work.

    Raises ProblemError not-found for an upload past its life.
    """

    def __init__(self, workshop: Workshop, claim: Claim) -> None:
        self._workshop = workshop
        self._tenant = claim.tenant
        self._named = {sha256_of(upload) for params in claim.spec.operations for _, upload in params.named_uploads()}
        self._doubted: set[str] = set()
        self._records = {sha256: self._find(sha256) for sha256 in claim.spec.uploads}
        self._url = claim.spec.input.url if claim.spec.input else None
        self._photo = self._uploaded(claim.spec.input.sha256) if claim.spec.input else None
        self._fetched: bytes | None = None
        self._at_hand: tuple[str, Picture] | None = None

    @property
    def photo(self) -> InputPhoto | None:
        """What the job's input is; None for a wish, and until `fetch_photo` where it lies under a URL."""
        return self._photo

    @property
    def must_fetch(self) -> bool:
        """Whether the input lies under a URL, and was not fetched yet."""
        return self._url is not None and self._photo is None

    def fetch_photo(self, while_waiting: Callable[[], None]) -> None:
        """Get the input from its URL, so that its size is known. `while_waiting`, and what may be raised: `fetch`.

        Raises ProblemError also for what is no photo, or where the operator wants nothing fetched.
        """
        assert self._url is not None
        settings = self._workshop.settings
        url = check_url(self._url, switched_on=settings.fetch_urls)
        limits = FetchLimits(PhotoLimits.of(settings).max_bytes, settings.fetch_timeout_s)
        data = fetch(url, limits, self._workshop.network, while_waiting)
        info = self._workshop.decoder.inspect(data)
        sha256 = hashlib.sha256(data).hexdigest()
        self._photo = InputPhoto(sha256, info.bytes, info.width, info.height, url.without_query)
        self._fetched = data  # held without room: its pixels are not there yet, and as bytes the settings bound it

    @property
    def largest_named_px(self) -> int:
        """The pixels of the largest upload that operations name, such as a mask; 0 where there is none."""
        return max((self._records[sha256].width * self._records[sha256].height for sha256 in self._named), default=0)

    def read_photo(self) -> bytes:
        """The input's bytes, see `read`; of a photo that was fetched only once, as they are then given away."""
        assert self._photo is not None
        if self._fetched is None:
            return self.read(self._photo.sha256)
        data, self._fetched = self._fetched, None
        return data

    def decode_photo(self, data: bytes) -> Decoded:
        """The input's pixels and what it was. Raises the decoder's errors."""
        assert self._photo is not None
        return self._workshop.decoder.decode(data, self._photo.width * self._photo.height)

    def picture(self, sha256: str) -> Picture:
        """The pixels of one upload, read and decoded now unless it is the one that was asked for last."""
        if self._at_hand is None or self._at_hand[0] != sha256:
            self.let_go()
            self._at_hand = sha256, self._decode(sha256, self.read(sha256)).picture
        return self._at_hand[1]

    def let_go(self) -> None:
        """Forget the pixels of the upload that was asked for last."""
        self._at_hand = None

    def read(self, sha256: str) -> bytes:
        """The bytes of one upload. Raises ProblemError not-found where they are gone, UploadDamaged, BlobError.

        Whoever sends a photo again whose bytes came back damaged heals it, also for jobs that wait.
        """
        record = self._records[sha256]
        try:
            data = self._workshop.blobs.get(record.path)
        except BlobNotFound as error:
            if self._workshop.blob_watch.is_out():  # nothing that it says of a photo is to be believed
                raise BlobError(str(error)) from error
            self._workshop.until_answered(lambda: self._workshop.store.drop_upload(self._tenant, sha256, record.path))
            detail = f"the bytes of the upload sha256:{sha256} are gone; upload it again"
            raise ProblemError("not-found", detail) from error
        whole = hashlib.sha256(data).hexdigest() == sha256
        if whole == (sha256 in self._doubted):
            self._workshop.until_answered(
                lambda: self._workshop.store.doubt_upload(self._tenant, sha256, record.path, whole=whole)
            )
        if not whole:
            raise UploadDamaged(f"{record.path} holds {len(data)} bytes of another SHA-256 than its name says")
        return data

    def _find(self, sha256: str) -> UploadRecord:
        store = self._workshop.store
        record = self._workshop.until_answered(lambda: store.get_upload(self._tenant, sha256))
        if record is None:
            record = self._workshop.until_answered(lambda: store.get_upload(self._tenant, sha256, doubted=True))
            self._doubted.add(sha256)
        if record is None:
            raise ProblemError("not-found", f"the upload sha256:{sha256} is past its life")
        return record

    def _uploaded(self, sha256: str | None) -> InputPhoto | None:
        if sha256 is None:
            return None
        record = self._records[sha256]
        return InputPhoto(sha256, record.size, record.width, record.height)

    def _decode(self, sha256: str, data: bytes) -> Decoded:
        record = self._records[sha256]
        return self._workshop.decoder.decode(data, record.width * record.height)
