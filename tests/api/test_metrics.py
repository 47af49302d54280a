"""GET /metrics: for the operator alone, in Prometheus' words, with as many rows as there are routes and no more."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from jobs.metrics.families import OF_API, OF_QUEUE

OPERATOR = ("operator",)


@pytest.fixture
def operator(make_shop, shop):
    return make_shop(shop.services.settings, "ops", shop.app, scopes=OPERATOR)


def samples(answer):
    """The values of a scrape by name and labels."""
    families = parse_text(answer.get_data(as_text=True))
    return {(each.name, *sorted(each.labels.items())): each.value for family in families for each in family.samples}


def value(answer, name, **labels):
    return samples(answer).get((name, *sorted(labels.items())))


def test_a_key_without_the_scope_operator_learns_nothing(shop, make_shop, problem_of):
    merchant = make_shop(shop.services.settings, "merchant", shop.app, scopes=("jobs:read", "jobs:write"))
    assert problem_of(merchant.get("/metrics")) == (403, "forbidden")
    assert problem_of(shop.app.test_client().get("/metrics")) == (401, "unauthorized")


def test_every_family_is_told_with_its_kind_and_help(operator):
    answer = operator.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    told = {family.name: family for family in parse_text(answer.get_data(as_text=True))}
    for family in (*OF_API, *OF_QUEUE):
        name = family.name.removesuffix("_total")
        assert (told[name].type, told[name].documentation) == (family.kind, family.text), family.name


def test_who_asks_for_openmetrics_gets_it(operator):
    answer = operator.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0;q=0.9,*/*;q=0.1"})
    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert "packshot_pending_jobs" in {family.name for family in parse_openmetrics(answer.get_data(as_text=True))}


def test_an_accept_header_of_any_length_is_survived(operator):
    answer = operator.get("/metrics", headers={"Accept": "application/openmetrics-text," * 4000})
    assert answer.content_type.startswith("text/plain")


def test_unknown_parameters_are_refused(operator, problem_of):
    assert problem_of(operator.get("/metrics?name[]=up")) == (422, "invalid-parameter")


def test_requests_are_counted_by_their_rule_and_strange_paths_in_one_row(shop, operator, jpeg):
    job = shop.submit(jpeg)
    unknown = job[:-3] + ("1" if job[-3] == "0" else "0")
    for number in range(30):
        shop.get(f"/v1/jobs/{unknown}{number:02d}")
        shop.get(f"/nowhere/{number}")
    shop.call("BREW", "/v1/jobs")
    answer = operator.get("/metrics")
    assert value(answer, "packshot_http_requests_total", route="/v1/jobs/<job_id>", method="GET", status="404") == 30
    assert value(answer, "packshot_http_requests_total", route="(none)", method="GET", status="404") == 30
    assert value(answer, "packshot_http_request_seconds_count", route="/v1/jobs/<job_id>") == 30
    assert value(answer, "packshot_pending_jobs", **{"class": "interactive", "route": "any"}) == 1
    rules = {rule.rule for rule in shop.app.url_map.iter_rules()} | {"(none)"}
    told = [dict(key[1:]) for key in samples(answer) if key[0] == "packshot_http_requests_total"]
    assert {labels["route"] for labels in told} <= rules
    assert {labels["method"] for labels in told} <= {"GET", "POST", "OPTIONS", "other"}
    assert unknown not in answer.get_data(as_text=True)
    assert "ops" not in {part for labels in told for part in labels.values()}


def test_submissions_are_counted_by_what_was_answered(shop, operator, jpeg):
    spec, key = shop.spec(jpeg), {"Idempotency-Key": "once"}
    assert shop.post("/v1/jobs", json=spec, headers=key).status_code == 202
    assert shop.post("/v1/jobs", json=spec, headers=key).status_code == 202
    assert shop.post("/v1/jobs?validate_only=true", json=spec).status_code == 200
    assert shop.post("/v1/jobs", json={**spec, "operations": [{"op": "enchant"}]}).status_code == 422
    counted = {key[1][1]: told for key, told in samples(operator.get("/metrics")).items() if "submissions" in key[0]}
    assert counted == {"accepted": 1, "replayed": 1, "validated": 1, "invalid-parameter": 1}


def test_a_refused_request_is_counted_too(shop, operator):
    assert shop.app.test_client().get("/v1/jobs").status_code == 401
    answer = operator.get("/metrics")
    assert value(answer, "packshot_http_requests_total", route="/v1/jobs", method="GET", status="401") == 1
    assert value(answer, "packshot_waiting_clients") == 0
