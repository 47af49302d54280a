"""The uploads of one job, its photo and others: found in the record, read from the blobs, decoded under guard."""

import hashlib

from jobs.errors import BlobNotFound
from jobs.problems import ProblemError
from jobs.records import Claim, UploadRecord
from jobs.spec import sha256_of
from worker.decoding import Decoded
from worker.errors import UploadDamaged
from worker.picture import Picture
from worker.workshop import Workshop


class Uploads:
    """What a claim's spec names. Finds all records when it is made, so that a job whose mask is gone does no work.

    Raises ProblemError not-found for an upload past its life.
    """

    def __init__(self, workshop: Workshop, claim: Claim) -> None:
        self._workshop = workshop
        self._tenant = claim.tenant
        self._named = {sha256_of(upload) for params in claim.spec.operations for _, upload in params.named_uploads()}
        self._records = {sha256: self._find(sha256) for sha256 in claim.spec.uploads}
        self._photo = claim.spec.input.sha256 if claim.spec.input else None
        self._at_hand: tuple[str, Picture] | None = None

    @property
    def photo(self) -> UploadRecord | None:
        """The record of the job's input; None for a wish."""
        return self._records[self._photo] if self._photo else None

    @property
    def largest_named_px(self) -> int:
        """The pixels of the largest upload that operations name, such as a mask; 0 where there is none."""
        return max((self._records[sha256].width * self._records[sha256].height for sha256 in self._named), default=0)

    def read_photo(self) -> bytes:
        """The input's bytes, see `read`."""
        assert self._photo is not None
        return self.read(self._photo)

    def decode_photo(self, data: bytes) -> Decoded:
        """The input's pixels and what it was. Raises the decoder's errors."""
        assert self._photo is not None
        return self._decode(self._photo, data)

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
        """The bytes of one upload. Raises ProblemError not-found where they are gone, UploadDamaged, BlobError."""
        record = self._records[sha256]
        try:
            data = self._workshop.blobs.get(record.path)
        except BlobNotFound as error:
            self._workshop.store.drop_upload(self._tenant, sha256, record.path)
            detail = f"the bytes of the upload sha256:{sha256} are gone; upload it again"
            raise ProblemError("not-found", detail) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UploadDamaged(f"{record.path} holds {len(data)} bytes of another SHA-256 than its name says")
        return data

    def _find(self, sha256: str) -> UploadRecord:
        record = self._workshop.store.get_upload(self._tenant, sha256)
        if record is None:
            raise ProblemError("not-found", f"the upload sha256:{sha256} is past its life")
        return record

    def _decode(self, sha256: str, data: bytes) -> Decoded:
        record = self._records[sha256]
        return self._workshop.decoder.decode(data, record.width * record.height)
