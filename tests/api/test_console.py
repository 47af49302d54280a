"""The console's files: how they are served, and that they keep to what they promise."""

import hashlib
import re
from pathlib import Path

import pytest

from api.console_pages import FOLDER, KINDS
from api.static_files import TYPES
from jobs.batches.records import BatchState, ItemState
from jobs.problems import PROBLEM_TYPES
from jobs.states import State

SOURCES = sorted(path for path in FOLDER.rglob("*.js") if "vendor" not in path.parts)
WORDS = {language: sorted((FOLDER / "i18n").glob(f"{language}.*.js")) for language in ("en", "zh")}
ENTRY = re.compile(r'^  "((?:[^"\\]|\\.)+)": (.+),$', re.MULTILINE)
CALL = re.compile(r"""\b(?:t|has)\(\s*(["'`])(.+?)\1""")


@pytest.fixture
def client(shop):
    return shop.app.test_client()


def words(language):
    return {key: text for path in WORDS[language] for key, text in ENTRY.findall(path.read_text(encoding="utf-8"))}


def test_the_page_is_served_under_a_strict_policy(client):
    answer = client.get("/console")
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy.pop("img-src") == "'self' blob: data:"
    assert {policy.pop(name) for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert policy.keys() == {"default-src", "base-uri", "form-action", "frame-ancestors"}
    assert set(policy.values()) == {"'none'"}


def test_the_slash_at_its_end_does_no_harm(client):
    assert client.get("/console/").data == client.get("/console").data


def test_the_bare_address_leads_to_it(client):
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/console")


def test_every_file_has_its_type_and_the_policy(client):
    for path in FOLDER.rglob("*"):
        if path.is_file() and path.suffix in KINDS:
            answer = client.get(f"/console/{path.relative_to(FOLDER).as_posix()}")
            assert answer.status_code == 200, path
            assert answer.content_type == TYPES[path.suffix]
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            assert answer.data == path.read_bytes()


def test_a_file_that_did_not_change_is_not_sent_again(client):
    etag = client.get("/console/app.js").headers["ETag"]
    answer = client.get("/console/app.js", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        *("nothing.js", "../app.py", "%2e%2e/app.py", "pages/../../app.py", "README.md", "pages", "pages/"),
        *("/etc/passwd", "a" * 300 + ".js", "a/" * 3000 + "a.js", "%00.js"),
    ],
)
def test_nothing_else_is_found_there(client, name):
    answer = client.get(f"/console/{name}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_no_file_asks_anything_of_another_host():
    for path in [*SOURCES, *FOLDER.rglob("*.css"), FOLDER / "index.html"]:
        found = re.findall(r"""["'(=\s](?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s"')]*""", path.read_text(encoding="utf-8"))
        assert not found, path


def test_no_markup_holds_what_the_policy_forbids():
    for path in [*SOURCES, FOLDER / "index.html"]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""\sstyle=["']|innerHTML|dangerouslySetInnerHTML|\beval\(|new Function""", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=[\"']", text), path


def test_every_module_that_is_imported_is_there():
    for path in SOURCES:
        for name in re.findall(r"""^(?:import|export) .*?from ["'](.+?)["']""", path.read_text(encoding="utf-8"), re.M):
            assert (path.parent / name).resolve().is_file(), (path, name)


def test_every_sheet_and_script_of_the_page_is_there():
    texts = [(FOLDER / "index.html").read_text(), (FOLDER / "modules.css").read_text()]
    for name in re.findall(r'(?:href|src)="/console/(.+?)"|url\((.+?)\)', "".join(texts)):
        assert (FOLDER / "".join(name)).is_file(), name


def test_both_languages_have_the_same_words():
    english, chinese = words("en").keys(), words("zh").keys()
    assert english <= chinese
    # what the server says of a channel's rules is English already
    assert all(key.startswith(("rule.", "rules.")) for key in chinese - english)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_key_belongs_to_one_area(language):
    keys = [key for path in WORDS[language] for key, _ in ENTRY.findall(path.read_text(encoding="utf-8"))]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})


def test_a_text_has_the_same_gaps_in_both_languages():
    chinese = words("zh")
    for key, text in words("en").items():
        gaps = set(re.findall(r"\{(\w+)\}", text)) - {"n"}  # a plural may leave its number to the other form
        assert gaps <= set(re.findall(r"\{(\w+)\}", chinese[key])) | {"n"}, key


def test_every_word_asked_for_is_there():
    known = words("en")
    for path in SOURCES:
        if path.parent.name == "i18n":
            continue
        for _, key in CALL.findall(re.sub(r"(?m)^\s*(?://|/?\*).*$", "", path.read_text(encoding="utf-8"))):
            if "${" not in key and " " not in key:
                assert key in known, (path.name, key)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_problem_has_a_heading(language):
    assert {f"problem.{slug}" for slug in PROBLEM_TYPES} <= words(language).keys()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_has_a_word(language):
    states = {*State, *BatchState, *ItemState}
    assert {f"state.{state.value}" for state in states} <= words(language).keys()


def test_every_word_is_asked_for():
    texts = [path.read_text(encoding="utf-8") for path in SOURCES if path.parent.name != "i18n"]
    plain = {key for text in texts for key in re.findall(r"""["'`]([A-Za-z][\w.:-]*)["'`]""", text)}
    patterns = [
        re.compile(".+".join(re.escape(part) for part in re.split(r"\$\{[^}]+\}", key)))
        for text in texts
        for key in re.findall(r"`([A-Za-z][\w.-]*\$\{[^`]*)`", text)
        if "." in re.split(r"\$\{", key)[0]
    ]
    unused = [key for key in words("en") if key not in plain and not any(one.fullmatch(key) for one in patterns)]
    assert not unused


def test_what_is_vendored_is_what_its_list_says():
    listed = re.findall(r"\| `([\w.-]+)` \|.*?`([0-9a-f]{64})`", (FOLDER / "vendor" / "README.md").read_text())
    assert {name for name, _ in listed} == {path.name for path in (FOLDER / "vendor").glob("*.js")}
    for name, digest in listed:
        assert hashlib.sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == digest
    assert len(list(Path(FOLDER / "vendor").glob("*-LICENSE.txt"))) >= 2
