"""The guide's pages in the order in which they are read. A page that has no file yet is left out."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "guide"


@dataclass(frozen=True)
class Entry:
    """One page: its name in the address, what it is called in lists, and what it is for."""

    name: str
    title: str
    about: str

    @property
    def address(self) -> str:
        """Its path."""
        return f"/docs/{self.name}"


@dataclass(frozen=True)
class Section:
    """Pages that belong together."""

    title: str
    entries: tuple[Entry, ...]


_SECTIONS = (
    Section(
        "Begin",
        (
            Entry("quickstart", "Quickstart", "A photo's first result, in Python, JavaScript or curl."),
            Entry("console", "Console", "The web page: drop photos, compare, approve, download."),
            Entry("storefront", "Sample storefront", "A small shop whose pictures are swapped in by a webhook."),
        ),
    ),
    Section(
        "Ask for pictures",
        (
            Entry("operations", "Operations", "What can be done to a photo, with pictures and every parameter."),
            Entry("jobs", "Jobs", "Submit, try without doing, filter, approve, download."),
            Entry("batches", "Catalogues", "Thousands of rows at once, from CSV or JSON."),
        ),
    ),
    Section(
        "Follow them",
        (
            Entry("polling", "Polling and events", "Wait for a job, or hear of every change as it happens."),
            Entry("webhooks", "Webhooks", "Be called when a job ends, and check that it was us."),
        ),
    ),
    Section(
        "Libraries",
        (
            Entry("python-sdk", "Python SDK", "The client, typed, sync and async."),
            Entry("command-line", "Command line", "packshot run, catalog, jobs, keys and the rest."),
        ),
    ),
    Section(
        "Reference",
        (
            Entry("api", "API", "Every route, to read and to try."),
            Entry("errors", "Errors", "Each problem: why it happens, and what to do."),
            Entry("access", "Access", "Keys, scopes, and tokens for a shop's own page."),
            Entry("limits", "Limits", "How much, how large, how long."),
            Entry("privacy", "Privacy", "What is held and how long; export, erasure, and who did what."),
        ),
    ),
    Section("Run it", (Entry("operating", "Operating", "Queues, workers, failures and what to watch."),)),
)
GENERATED = frozenset({"api", "errors"})
"""Pages that are made, not written."""


def sections() -> tuple[Section, ...]:
    """What there is, in order."""
    found = (Section(each.title, tuple(entry for entry in each.entries if _is_there(entry))) for each in _SECTIONS)
    return tuple(section for section in found if section.entries)


def is_known(name: str) -> bool:
    """Whether the page is in the navigation."""
    return any(entry.name == name for section in _SECTIONS for entry in section.entries)


def _is_there(entry: Entry) -> bool:
    return entry.name in GENERATED or (FOLDER / f"{entry.name}.md").is_file()
