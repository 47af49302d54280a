"""The guide's pages as finished HTML, each made once."""

from dataclasses import dataclass
from functools import cache

from flask import Response, current_app, render_template
from markupsafe import escape

from api.docs_page.facts import with_facts
from api.docs_page.markdown import Rendered, render
from api.docs_page.navigation import FOLDER, is_known, sections
from api.docs_page.operation_tables import with_tables
from api.docs_page.problem_pages import errors_page, problem_page
from api.services import services
from api.settings import ApiSettings
from api.static_files import FIVE_MINUTES, policy, static_answer
from api.views import absolute_url
from jobs.problems import PROBLEM_TYPES

EXAMPLE_ADDRESS = "http://127.0.0.1:8080"  # as the files say where a server is; served, it is this one's
POLICY = policy(img_src="'self' data:")


@dataclass(frozen=True)
class Page:
    """Finished HTML."""

    html: bytes

    def answer(self) -> Response:
        """The page, or 304; strict about where its parts come from."""
        return static_answer(self.html, ".html", cached=FIVE_MINUTES, under=POLICY)

    def at(self, address: str) -> "Page":
        """The page with this server's address in its examples."""
        return Page(self.html.replace(EXAMPLE_ADDRESS.encode(), str(escape(address)).encode()))


def guide_page(name: str) -> Page | None:
    """The page of that name, ``index`` being the guide's first; None where there is none."""
    if name == "errors":
        return _errors()
    path = FOLDER / f"{name}.md"
    if not (name == "index" or is_known(name)) or not path.is_file():
        return None
    return _written(name, services().settings).at(absolute_url(""))


@cache
def problem_type_page(slug: str) -> Page:
    """What a problem's ``type`` leads a person to. KeyError for a slug that is none."""
    return _page(f"/problems/{slug}", render(problem_page(slug, PROBLEM_TYPES[slug])))


@cache
def _written(name: str, settings: ApiSettings) -> Page:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    text = with_facts(with_tables(text), settings, current_app)
    return _page("/docs" if name == "index" else f"/docs/{name}", render(text))


@cache
def _errors() -> Page:
    return _page("/docs/errors", render(errors_page()))


def _page(address: str, rendered: Rendered) -> Page:
    html = render_template(
        "docs_layout.html", address=address, page=rendered, sections=sections(), cards=address == "/docs"
    ).encode()
    return Page(html)
