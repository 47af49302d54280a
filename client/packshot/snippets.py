"""A page's HTML for pictures of several widths, with the names that their files really have. Writes no file."""

import html
import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from packshot.catalog.places import safe_name
from packshot.reading import Document, take_optional

SUFFIX = ".html"


def snippets_of(manifest: Document, names: Mapping[str, str]) -> dict[str, str]:
    """By channel, the `<picture>` of each picture that a job made, one below the other.

    `names` has the file of each output by what the server calls it; a manifest's `srcset` knows the latter alone. Names
    are percent-encoded and HTML-escaped: a file may be called anything.
    """
    told = take_optional(manifest, "srcset", dict) or {}
    return {
        str(channel): "".join(f"{_renamed(str(one), names)}\n" for one in snippets)
        for channel, snippets in told.items()
        if isinstance(snippets, list) and snippets
    }


def page_name(channel: str) -> str:
    """What the file of a channel's snippet is called: `web-responsive.html`."""
    return f"{safe_name(channel, 'page')}{SUFFIX}"


def _renamed(snippet: str, names: Mapping[str, str]) -> str:
    """Whole names alone, after a quote or blank and before one: `a-320.jpg` is not the end of `b-a-320.jpg`."""
    if not names:
        return snippet
    known = "|".join(re.escape(html.escape(name)) for name in names)
    wanted = {html.escape(name): _address(file) for name, file in names.items()}
    return re.sub(rf'(?<=["\s])(?:{known})(?=["\s])', lambda found: wanted[found[0]], snippet)


def _address(file: str) -> str:
    """A file beside the page as a relative address: a blank or a comma would end it in a `srcset`, a colon a scheme."""
    return html.escape(quote(os.fsencode(file)))
