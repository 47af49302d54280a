"""Markdown as HTML: tables, anchors at headings, highlighted code. What looks like HTML in it is shown as text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_LINK = re.compile(r"(?P<page>[\w-]+)\.md(?P<rest>#.*)?")


@dataclass(frozen=True)
class Heading:
    """A place in a page to link to."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Rendered:
    """A page: what its first heading says, its HTML without that heading, and what stands under which heading."""

    title: str
    html: Markup
    headings: tuple[Heading, ...]


def render(text: str) -> Rendered:
    """A whole page, which begins with its one ``# Title``. Links to ``other.md`` become ``/docs/other``."""
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(["table", "strikethrough"])
    for name in ("fence", "table_open", "table_close"):
        markdown.add_render_rule(name, _RULES[name])
    tokens = markdown.parse(text)
    headings = list(_anchored(tokens))
    _relinked(tokens)
    titles = [heading.text for heading in headings if heading.level == 1]
    if len(titles) != 1 or tokens[0].tag != "h1":
        raise ValueError(f"a page begins with its one # title; got {titles}")
    html = markdown.renderer.render(tokens[3:], markdown.options, {})
    page = Markup(html)  # noqa: S704  (our own guide, raw HTML off)  # nosec B704
    return Rendered(titles[0], page, tuple(heading for heading in headings if heading.level > 1))


def _anchored(tokens: Sequence[Token]) -> list[Heading]:
    """Give each heading an id made of its words, no two alike."""
    found: list[Heading] = []
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or () if child.type in {"text", "code_inline"})
        anchor = anchor_of(text)
        number = sum(heading.anchor.rstrip("-0123456789") == anchor for heading in found)
        anchor = f"{anchor}-{number + 1}" if any(heading.anchor == anchor for heading in found) else anchor
        opening.attrSet("id", anchor)
        found.append(Heading(int(opening.tag[1]), text, anchor))
    return found


def anchor_of(text: str) -> str:
    """What a heading is called in an address."""
    return re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"


def _relinked(tokens: Sequence[Token]) -> None:
    for token in tokens:
        _relinked(token.children or ())
        if token.type == "link_open" and (match := _LINK.fullmatch(str(token.attrGet("href")))):
            token.attrSet("href", f"/docs/{match['page']}{match['rest'] or ''}")


def _fence(renderer: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:  # noqa: ARG001
    token = tokens[index]
    language = token.info.strip().partition(" ")[0]
    try:
        lexer = get_lexer_by_name(language) if language else None
    except ClassNotFound:
        lexer = None
    code = highlight(token.content, lexer, HtmlFormatter(nowrap=True)) if lexer else str(escape(token.content))
    # Wide code scrolls, and who has no mouse scrolls it once it has the focus.
    return f'<pre class="code" tabindex="0"><code>{code}</code></pre>\n'


def _table_open(*_: Any) -> str:
    return '<div class="table" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


_RULES = {"fence": _fence, "table_open": _table_open, "table_close": _table_close}
