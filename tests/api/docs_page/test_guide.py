"""The guide's pages: all there, no link dead, nothing inline, nothing that is not text shown as anything else."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from api.docs_page.markdown import render
from api.docs_page.navigation import FOLDER, is_known, sections
from api.docs_page.operation_tables import parameter_table
from jobs.problems import PROBLEM_TYPES
from jobs.spec import OPERATION_MODELS

WRITTEN = sorted(path.stem for path in FOLDER.glob("*.md"))


class Seen(HTMLParser):
    """What of a page's HTML the tests look at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.tags.append(tag)
        self.links += [value for name in ("href", "src") if (value := named.get(name))]
        self.ids += [value for value in [named.get("id")] if value]
        self.inline += [f"{tag} {name}" for name in named if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in named) else []


def addresses() -> Iterator[str]:
    yield "/docs"
    for section in sections():
        yield from (entry.address for entry in section.entries)
    yield from (f"/problems/{slug}" for slug in PROBLEM_TYPES)


@pytest.fixture
def browse(shop: Any) -> Any:
    client = shop.app.test_client()
    return lambda address: client.get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})


def test_no_link_is_dead(browse: Any) -> None:
    pages = {address: Seen(browse(address).text) for address in addresses()}
    dead, looked_at = [], set()
    for address, seen in pages.items():
        for link in seen.links:
            path, _, anchor = link.partition("#")
            path = path if path.startswith("/") or "://" in path else f"/docs/{path}" if path else address
            if "://" in path or path.startswith("/console"):
                continue
            if anchor and path in pages and anchor not in pages[path].ids:
                dead.append(f"{address}: {link}")
            if path not in looked_at and path not in pages and browse(path).status_code != 200:
                dead.append(f"{address}: {link}")
            looked_at.add(path)
    assert dead == []
    assert len(looked_at) > 40


def test_each_page_has_one_first_heading_and_a_title(browse: Any) -> None:
    for address in addresses():
        html = browse(address).text
        seen = Seen(html)
        assert seen.tags.count("h1") == (0 if address == "/docs/api" else 1), address
        assert len(set(seen.ids)) == len(seen.ids), address
        assert re.search(r"<title>[^<]{5,}</title>", html), address


def test_nothing_is_inline_and_the_policy_says_so(browse: Any) -> None:
    for address in addresses():
        answer = browse(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert Seen(answer.text).inline == [], address


def test_pages_are_not_sent_twice(browse: Any, shop: Any) -> None:
    for address in (
        "/docs",
        "/docs/operations",
        "/docs/assets/docs.css",
        "/docs/images/auto.webp",
        "/problems/expired",
    ):
        etag = browse(address).headers["ETag"]
        again = shop.app.test_client().get(address, headers={"If-None-Match": etag, "Accept": "text/html"})
        assert (again.status_code, again.data) == (304, b""), address


def test_every_page_is_in_the_navigation() -> None:
    assert [name for name in WRITTEN if name != "index" and not is_known(name)] == []


@pytest.mark.parametrize(
    "path",
    ["none", "..%2f..%2fapp", "index.md", "images/..%2foperations.md", "assets/none.css", "api/index.html"]
    + [f"{folder}/{name}.css" for folder in ("images", "assets", "api") for name in ("a" * 300, "%00")]
    + ["a" * 300],
)
def test_what_is_no_page_is_not_found(path: str, shop: Any, problem_of: Any) -> None:
    assert problem_of(shop.get(f"/docs/{path}")) == (404, "not-found")


def test_html_in_a_page_is_shown_as_text() -> None:
    html = render("# T\n\n<script>alert(1)</script>\n\na <b>word</b>\n").html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;word" in html


def test_a_link_that_is_a_script_is_no_link() -> None:
    assert "href" not in render("# T\n\n[x](javascript:alert(1))\n").html


def test_links_to_files_lead_to_pages_and_headings_can_be_linked_to() -> None:
    found = render("# T\n\n[a](jobs.md#filter) [b](https://e.org/x.md)\n\n## Filter\n\n## Filter\n")
    assert 'href="/docs/jobs#filter"' in found.html
    assert 'href="https://e.org/x.md"' in found.html
    assert [heading.anchor for heading in found.headings] == ["filter", "filter-2"]


def test_code_is_highlighted_by_classes() -> None:
    html = render('# T\n\n```python\nimport x  # "why"\n```\n\n```\n<plain>\n```\n').html
    assert 'class="kn"' in html
    assert "style=" not in html
    assert "&lt;plain&gt;" in html


@pytest.mark.parametrize("text", ["no heading", "# one\n\n# two\n", "text\n\n# late\n"])
def test_a_page_begins_with_its_one_title(text: str) -> None:
    with pytest.raises(ValueError, match="one # title"):
        render(text)


@pytest.mark.parametrize("name", OPERATION_MODELS)
def test_every_parameter_of_every_operation_is_in_its_table(name: str, browse: Any) -> None:
    table = parameter_table(name)
    fields = {field.alias or key for key, field in OPERATION_MODELS[name].model_fields.items()} - {"op"}
    assert fields == set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert f'id="{name}"' in browse("/docs/operations").text


def test_a_page_for_an_operation_that_there_is_not_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        parameter_table("teleport")


def test_examples_name_the_server_that_shows_them(shop: Any, make_shop: Any) -> None:
    assert "export PACKSHOT_URL=http://127.0.0.1:8080\n" in (FOLDER / "quickstart.md").read_text(encoding="utf-8")
    other = make_shop(shop.services.settings.model_copy(update={"public_url": "https://pictures.example"}))
    for asked, address in ((shop, "http://localhost"), (other, "https://pictures.example"), (shop, "http://localhost")):
        text = re.sub(r"<[^>]*>", "", asked.get("/docs/quickstart").text)
        assert f"PACKSHOT_URL={address}" in text
        assert "127.0.0.1:8080" not in text
