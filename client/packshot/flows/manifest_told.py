"""What a job's manifest tells of its pictures: how they were made, and what to look at before they are used."""

from packshot.doubts import BrokenRule, broken_rules_of, doubts_of
from packshot.generation import Generation, generation_of
from packshot.models import Output
from packshot.reading import Document, take_optional


class ToldByManifest:
    """The part of a job's record that reads its manifest."""

    document: Document
    outputs: tuple[Output, ...]

    @property
    def manifest(self) -> Document | None:
        """What was done to the photo, by which models; None until the job succeeded.

        Listings have none: `refresh` fetches it.
        """
        return take_optional(self.document, "manifest", dict)

    @property
    def generation(self) -> Generation | None:
        """What `generate` or `variations` made of the wish; None for other jobs, and until the job succeeded."""
        return generation_of(self.manifest or {})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to look at before the pictures are used, a sentence each.

        The rules of channels that files do not keep come first, then the operations' own doubts, then where a picture's
        fidelity report is beyond its limits.
        """
        return doubts_of(self.manifest or {}, self.outputs)

    @property
    def broken_rules(self) -> tuple[BrokenRule, ...]:
        """The technical rules of channels that its files do not keep: a marketplace may refuse these."""
        return broken_rules_of(self.manifest or {}, self.outputs)

    @property
    def needs_review(self) -> bool:
        """Whether a person should look at a picture first: the server measured or doubted something."""
        return bool(take_optional(self.document, "needs_review", bool))
