"""What the guide says of this installation is what it is."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.docs_page.facts import scope_table
from api.docs_page.navigation import FOLDER
from api.openapi.paths import template
from api.settings import ApiSettings
from jobs.store import webhooks


def shown(shop: Any, page: str) -> str:
    answer = shop.app.test_client().get(f"/docs/{page}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return re.sub(r"<[^>]+>", " ", answer.text)


@pytest.mark.parametrize("page", sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index"))
def test_every_place_is_filled_in(page: str, shop: Any) -> None:
    assert "{{" not in shown(shop, page)


def test_limits_are_those_of_the_settings(make_shop: Any, settings: ApiSettings) -> None:
    told = {"requests_per_minute": 1234, "link_ttl_s": 4321, "max_batch_rows": 77}
    text = shown(make_shop(settings.model_copy(update=told)), "limits")
    assert re.search(r"requests a minute of a key that has no limit of its own\s+1,234", text)
    assert re.search(r"rows of one batch\s+77", text)
    assert re.search(r"a signed link, in seconds at most\s+4,321", text)
    assert re.search(r"jobs a day of such a key; a batch counts its valid rows\s+no limit", text)


def test_bounds_that_code_sets_are_told_as_they_are(shop: Any) -> None:
    text = shown(shop, "limits")
    assert re.search(r"deadline_s \s*, at most\s+86,400", text)
    assert re.search(r"items on one page of a list; of a batch's rows 500\s+200", text.replace("&#x27;", "'"))
    assert re.search(r"origins that one upload token is for\s+10", text)


@pytest.mark.parametrize("name", ["MAX_ENDPOINTS", "MAX_WAITING"])
def test_bounds_of_webhooks_are_those_of_the_script(name: str) -> None:
    script = (Path(webhooks.__file__).parents[1] / "lua" / "webhooks.lua").read_text()
    bound = re.search(rf"local {name} = (\d+)", script)
    assert bound
    assert int(bound[1]) == getattr(webhooks, name)


def test_every_route_stands_beside_its_scope(shop: Any) -> None:
    table = scope_table(shop.app)
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE))
    assert "POST¹ `/v1/uploads`" in rows["`uploads:write`"]
    assert "GET² `/v1/jobs/{job_id}`" in rows["`jobs:read`"]
    assert "POST `/v1/links/rotate`" in rows["`operator`"]
    assert rows["any key"] == "GET `/v1/me`"
    under_v1 = {template(rule.rule) for rule in shop.app.url_map.iter_rules() if rule.rule.startswith("/v1/")}
    assert len(set(re.findall(r"`(/v1[^`]*)`", table))) == len(under_v1)
