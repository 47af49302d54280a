"""What the server says of a photo for each sales channel, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from packshot.errors import MalformedAnswer
from packshot.reading import Document, as_document, take, take_optional


@dataclass(frozen=True)
class RuleCheck:
    """One rule: what was measured and what is required. `kind` is "technical", by which a photo passes, or "advice"."""

    rule: str
    title: str
    kind: str
    passed: bool
    measured: str
    required: str

    @classmethod
    def parse(cls, document: Document) -> "RuleCheck":
        """Raises MalformedAnswer."""
        told = {name: take(document, name, str) for name in ("rule", "title", "kind", "measured", "required")}
        return cls(passed=take(document, "passed", bool), **told)


@dataclass(frozen=True)
class Proposal:
    """What would mend a photo for a channel: operations, then its rendition; `because` says why, a sentence each."""

    operations: tuple[Mapping[str, Any], ...]
    renditions: tuple[str, ...]
    because: tuple[str, ...]

    @classmethod
    def parse(cls, document: Document) -> "Proposal":
        """Raises MalformedAnswer."""
        operations, renditions, because = (take(document, name, list) for name in _PROPOSED)
        steps = tuple(map(as_document, operations))
        for step in steps:
            take(step, "op", str)
        return cls(steps, tuple(map(str, renditions)), tuple(map(str, because)))


_PROPOSED = ("operations", "renditions", "because")


@dataclass(frozen=True)
class ChannelCheck:
    """A photo graded for one channel: `passed` counts technical rules alone. Without a proposal nothing is amiss.

    `told_by` is the manifest that a file's grades are from, which was graded when it was made; empty for all others.
    """

    name: str
    title: str
    passed: bool
    rules: tuple[RuleCheck, ...]
    proposal: Proposal | None
    told_by: str = ""

    @property
    def failed(self) -> tuple[RuleCheck, ...]:
        """The rules that are not kept, technical ones first."""
        return tuple(sorted((rule for rule in self.rules if not rule.passed), key=lambda rule: rule.kind == "advice"))

    @classmethod
    def parse(cls, name: str, document: Document) -> "ChannelCheck":
        """Raises MalformedAnswer."""
        proposal = take_optional(document, "proposal", dict)
        return cls(
            name=name,
            title=take(document, "title", str),
            passed=take(document, "passed", bool),
            rules=tuple(RuleCheck.parse(as_document(rule)) for rule in take(document, "rules", list)),
            proposal=None if proposal is None else Proposal.parse(proposal),
        )


def checks_of(manifest: Document | None) -> Mapping[str, ChannelCheck]:
    """What a manifest tells of its job's photo, by channel. Raises MalformedAnswer where it tells nothing."""
    told = take_optional(manifest or {}, "check", dict)
    if told is None:
        raise MalformedAnswer("the server did not check the photo; it may be older than this client")
    return MappingProxyType({name: ChannelCheck.parse(name, as_document(one)) for name, one in told.items()})
