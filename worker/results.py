"""What a job leaves: its files, and where they lie. Knows neither how they were made nor how they are stored."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from jobs.records import Claim, OutputRecord
from worker.encoding import Encoded
from worker.picture import Picture


@dataclass(frozen=True)
class File:
    """One finished file: its bytes, and the picture whose pixels were encoded, with its matte and origin.

    `rendition` is the channel that it was made for and `name` what it is called; both empty for the plain result.
    `facts` are JSON values for its entry in the manifest, to which whoever measures the file adds.
    """

    encoded: Encoded
    picture: Picture
    rendition: str = ""
    name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def record(self, claim: Claim, index: int) -> OutputRecord:
        """The record of this file as output number `index` of the claim's job."""
        return OutputRecord(
            index=index,
            path=f"{result_prefix(claim)}/{index}.{self.encoded.extension}",
            format=self.encoded.format,
            width=self.picture.width,
            height=self.picture.height,
            bytes=len(self.encoded.data),
            sha256=hashlib.sha256(self.encoded.data).hexdigest(),
            rendition=self.rendition,
            name=self.name,
        )


def result_prefix(claim: Claim) -> str:
    """The folder of everything that this attempt stores; a later attempt has another."""
    return f"results/{claim.tenant}/{claim.job_id}/{claim.token}"
