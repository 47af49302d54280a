"""`packshot run --preset`: what pictures for channels are called, and what of them keeps its place."""

import json
import re
from urllib.parse import unquote

import pytest
from PIL import Image

from packshot import Client
from packshot.snippets import snippets_of

from .test_cli import packshot

OWN = b"a photo of somebody's"


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "mug.png")
    return tmp_path / "mug.png"


def made(photo, out, *more):
    result = packshot("run", photo, "--preset", "amazon-main", "--preset", "ebay", "-o", out, *more)
    assert result.exit_code == 0, result.output
    return result.output


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_pictures_for_channels_are_named_by_photo_and_channel(told, photo, tmp_path):
    out = tmp_path / "out"
    made(photo, out)
    assert names(out) == ["mug-amazon-main.jpg", "mug-ebay.jpg", "mug.manifest.json"]
    assert told.specs[0]["renditions"] == ["amazon-main", "ebay"]
    assert "output" not in told.specs[0]
    assert told.specs[0]["operations"] == []
    assert json.loads((out / "mug.manifest.json").read_text())["outputs"][1]["name"] == "ebay.jpg"


def test_the_plain_result_is_made_where_somebody_says_how(told, photo, tmp_path):
    out = tmp_path / "out"
    made(photo, out, "--op", "relight", "--quality", 80)
    assert names(out) == ["mug-amazon-main.jpg", "mug-ebay.jpg", "mug.jpg", "mug.manifest.json"]
    assert told.specs[0]["output"] == {"format": "auto", "quality": 80}


def test_the_same_command_replaces_its_own_pictures(told, photo, tmp_path):
    out = tmp_path / "out"
    made(photo, out)
    there = names(out)
    Image.new("RGB", (40, 30), (90, 30, 80)).save(photo)
    before = (out / "mug-ebay.jpg").read_bytes()
    assert "stays" not in made(photo, out)
    assert names(out) == there
    assert (out / "mug-ebay.jpg").read_bytes() != before


def test_a_file_of_somebody_keeps_its_place(told, photo, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("mug-ebay.jpg", "mug-ebay.txt", "mug-ebay-listing.html"):
        (out / name).write_bytes(OWN)
    assert "mug-ebay.jpg stays" in made(photo, out)
    assert (out / "mug-ebay.jpg").read_bytes() == OWN
    assert {"mug-packshot-ebay.jpg", "mug-packshot.manifest.json"} <= set(names(out))
    (out / "mug-ebay.jpg").unlink()
    assert "stays" not in made(photo, out)


def test_a_name_of_the_servers_never_leaves_the_folder(told, photo, tmp_path, monkeypatch):
    monkeypatch.setitem(
        __import__("tests.client.makeshift", fromlist=["_SUFFIXES"])._SUFFIXES, "jpeg", "/../../evil.jpg"
    )
    made(photo, tmp_path / "out")
    assert "mug-ebay.-..-..-evil.jpg" in names(tmp_path / "out")


def test_the_snippet_of_several_widths_names_the_files_as_they_are(told, tmp_path):
    photo = tmp_path / "t-shirt & #2.png"
    Image.new("RGB", (40, 30), (20, 30, 80)).save(photo)
    out = tmp_path / "out"
    said = made(photo, out, "--preset", "web-responsive")
    page = out / "t-shirt & #2-web-responsive.html"
    addresses = re.findall(r'[" ]([^" ]+jpg)(?=["\s])', page.read_text())
    assert addresses[0] == "t-shirt%20%26%20%232-web-responsive-32.jpg"
    assert len(addresses) == 3
    assert all((out / unquote(address)).is_file() for address in addresses)
    assert f"page snippet → {page}" in said
    assert "4 files" in said
    there = names(out)
    assert "stays" not in made(photo, out, "--preset", "web-responsive")
    assert names(out) == there


def test_a_page_of_somebody_keeps_its_place(told, photo, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mug-web-responsive.html").write_bytes(OWN)
    assert "mug-web-responsive.html stays" in made(photo, out, "--preset", "web-responsive")
    assert (out / "mug-web-responsive.html").read_bytes() == OWN
    assert "mug-packshot-web-responsive-16.jpg 16w" in (out / "mug-packshot-web-responsive.html").read_text()


def test_the_sdk_writes_the_snippet_beside_all_pictures(makeshift, photo, tmp_path):
    with Client(makeshift.url) as client:
        job = client.submit(photo, [], renditions=["web-responsive"]).wait()
        files = job.download_all(tmp_path / "out", "A/B")
    assert [path.name for path in files] == ["A-B-web-responsive-16.jpg", "A-B-web-responsive-32.jpg"]
    page = (tmp_path / "out" / "A-B-web-responsive.html").read_text()
    assert 'srcset="A-B-web-responsive-16.jpg 16w, A-B-web-responsive-32.jpg 32w"' in page
    assert job.snippets("A/B") == {"web-responsive": page}


def test_each_picture_has_its_snippet_and_names_are_replaced_whole():
    told = {"srcset": {"wide": [f'<img src="wide-{n}-9.jpg" srcset="wide-{n}-9.jpg 9w">' for n in (1, 2)]}}
    html = snippets_of(told, {"wide-1-9.jpg": "a.jpg", "wide-2-9.jpg": "x-wide-1-9.jpg", "9.jpg": "no.jpg"})
    assert html == {
        "wide": '<img src="a.jpg" srcset="a.jpg 9w">\n<img src="x-wide-1-9.jpg" srcset="x-wide-1-9.jpg 9w">\n'
    }


def test_nothing_to_do_is_wrong_usage(photo):
    result = packshot("run", photo)
    assert result.exit_code == 2
    assert "give --op, such as --op relight, or --preset" in result.output
