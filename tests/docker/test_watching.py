"""The dashboard and the alerts ask only for what is told, and docs/observability.md tells of all of it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from jobs.metrics.families import FAMILIES
from tests.docker.reading import DOCKER, ROOT

DASHBOARD = json.loads((DOCKER / "grafana" / "dashboards" / "packshot.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((DOCKER / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
TESTED = yaml.safe_load((DOCKER / "prometheus" / "alerts_test.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")

RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_PROMETHEUS = {"instance", "job"}
OF_THE_PROCESS = {"process_resident_memory_bytes"}


def told() -> dict[str, set[str]]:
    """Every series' name, and its labels."""
    names: dict[str, set[str]] = {name: set(OF_PROMETHEUS) for name in OF_THE_PROCESS}
    for family in FAMILIES:
        labels = {*family.labels, *OF_PROMETHEUS}
        if family.kind != "histogram":
            names[family.name] = labels
            continue
        names |= {f"{family.name}_{part}": labels for part in ("sum", "count")}
        names[f"{family.name}_bucket"] = labels | {"le"}
    return names


def expressions() -> list[tuple[str, str]]:
    """All that is asked of Prometheus, and where."""
    panels = [
        (panel["title"], target["expr"].replace("$__rate_interval", "1m"))
        for panel in PANELS
        for target in panel["targets"]
    ]
    return [*panels, *((rule["alert"], str(rule["expr"])) for rule in RULES)]


def selectors(expression: Any) -> Iterator[Any]:
    """The series that an expression selects, wherever in it."""
    match expression:
        case promql_parser.VectorSelector():
            yield expression
        case promql_parser.MatrixSelector():
            yield expression.vector_selector
        case promql_parser.BinaryExpr():
            yield from selectors(expression.lhs)
            yield from selectors(expression.rhs)
        case promql_parser.Call():
            for argument in expression.args:
                yield from selectors(argument)
        case promql_parser.AggregateExpr() | promql_parser.ParenExpr() | promql_parser.UnaryExpr():
            yield from selectors(expression.expr)
        case promql_parser.SubqueryExpr():
            yield from selectors(expression.expr)
        case promql_parser.NumberLiteral() | promql_parser.StringLiteral():
            return
        case _:
            raise AssertionError(f"an expression of a kind that this test does not know: {expression!r}")


def groupings(expression: Any) -> Iterator[tuple[set[str], set[str]]]:
    """Each `by (…)`, and the names of the series below it."""
    if isinstance(expression, promql_parser.AggregateExpr):
        labels = set(expression.modifier.labels) if expression.modifier else set()
        yield labels, {found.name for found in selectors(expression.expr)}
        yield from groupings(expression.expr)
    for part in ("lhs", "rhs"):
        if isinstance(expression, promql_parser.BinaryExpr):
            yield from groupings(getattr(expression, part))
    if isinstance(expression, promql_parser.Call):
        for argument in expression.args:
            yield from groupings(argument)
    if isinstance(expression, promql_parser.ParenExpr):
        yield from groupings(expression.expr)


@pytest.mark.parametrize(("where", "text"), expressions())
def test_an_expression_parses_and_names_only_series_and_labels_that_exist(where, text):
    known, parsed = told(), promql_parser.parse(text)
    found = list(selectors(parsed))
    assert found, f"{where}: nothing is selected"
    for selector in found:
        assert selector.name in known, f"{where}: {selector.name} is told by nobody"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels <= known[selector.name], f"{where}: {selector.name} has no {labels - known[selector.name]}"
    for labels, names in groupings(parsed):
        for name in names:
            assert labels <= known[name], f"{where}: by {labels}, which {name} does not have"


def test_an_invented_series_or_label_would_be_noticed():
    with pytest.raises(AssertionError, match="packshot_mood is told by nobody"):
        test_an_expression_parses_and_names_only_series_and_labels_that_exist("here", "sum(rate(packshot_mood[5m]))")
    with pytest.raises(AssertionError, match="packshot_pending_jobs has no"):
        test_an_expression_parses_and_names_only_series_and_labels_that_exist(
            "here", 'packshot_pending_jobs{tenant="shop"}'
        )
    with pytest.raises(AssertionError, match="which packshot_jobs_total does not have"):
        test_an_expression_parses_and_names_only_series_and_labels_that_exist(
            "here", "sum by (tenant) (rate(packshot_jobs_total[5m]))"
        )


def test_legends_name_labels_that_their_expressions_keep():
    for panel in PANELS:
        for target in panel["targets"]:
            for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                assert label in target["expr"] or label in OF_PROMETHEUS, f"{panel['title']}: {label}"


def test_every_family_is_on_the_dashboard_or_in_an_alert_or_known_not_to_be():
    asked = " ".join(text for _, text in expressions())
    unseen = {family.name for family in FAMILIES if not re.search(rf"{family.name}(_bucket|_sum|_count)?\b", asked)}
    assert unseen == set()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_page_has_each_metric_with_its_kind_labels_and_text(family):
    labels = ", ".join(f"`{label}`" for label in family.labels) or "–"
    assert f"| `{family.name}` | {family.kind} | {labels} | {family.text} |" in PAGE


def test_the_page_has_no_metric_that_nobody_tells():
    rows = re.findall(r"^\| `(packshot_\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(family.name for family in FAMILIES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_means_and_what_to_do_and_is_tried(rule):
    section = re.search(rf"^### {rule['alert']}\n(.+?)(?=^###|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, "no runbook"
    assert section[1].strip().startswith(f"*{rule['labels']['severity'].capitalize()}.*")
    assert len(section[1]) > 150
    assert rule["annotations"]["runbook"] == f"docs/observability.md#{rule['alert'].lower()}"
    assert rule["annotations"]["summary"]
    cases = [case for test in TESTED["tests"] for case in test["alert_rule_test"] if case["alertname"] == rule["alert"]]
    assert any(case["exp_alerts"] for case in cases), "no test in which it fires"
    expected = {"severity": rule["labels"]["severity"]}
    assert all(alert["exp_labels"].items() >= expected.items() for case in cases for alert in case["exp_alerts"])


def test_panels_have_titles_of_their_own_and_do_not_overlap():
    titles = [panel["title"] for panel in PANELS]
    assert len(set(titles)) == len(titles) > 25
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_prometheus_finds_what_compose_starts_on_the_port_that_compose_sets():
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    scraped = yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    found = [found for job in scraped["scrape_configs"] for found in job["dns_sd_configs"]]
    assert {name for each in found for name in each["names"]} <= set(compose["services"])
    assert {"api", "worker"} <= {name for each in found for name in each["names"]}
    port = re.search(r'PACKSHOT_METRICS_PORT: "(\d+)"', (DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    assert port
    assert int(port[1]) in {each["port"] for each in found}
    assert {each["port"] for each in found if each["names"] == ["gpu"]} == set(range(int(port[1]), int(port[1]) + 8))
    assert scraped["rule_files"] == ["/etc/prometheus/alerts.yml"]


def test_alerts_fire_and_keep_still_as_prometheus_tests_them():
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool on the PATH (Debian: apt install prometheus)")
    done = subprocess.run(
        [promtool, "test", "rules", DOCKER / "prometheus" / "alerts_test.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
