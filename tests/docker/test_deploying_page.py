"""What docs/deploying.md has people copy or rely on."""

import re

import yaml

from tests.docker.reading import DOCKER, ROOT, composed
from tests.docker.test_kubernetes import OLDEST

PAGE = (ROOT / "docs" / "deploying.md").read_text()


def test_figures_of_workers_elsewhere_are_published_on_an_inner_address_and_scraped_there() -> None:
    published, scraping = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)]
    services = composed("compose.workers.yaml")["services"]
    assert published["services"].keys() <= services.keys()
    [port] = published["services"]["worker"]["ports"]
    address, listened, inner = port.split(":")
    assert address.startswith("10.")  # it asks for no key, so never on every address
    assert services["worker"]["expose"] == [inner]
    first, last = map(int, listened.split("-"))
    [job] = scraping["scrape_configs"]
    targets = [target for each in job["static_configs"] for target in each["targets"]]
    assert set(targets) <= {f"{address}:{number}" for number in range(first, last + 1)}
    ours = yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert job["job_name"] in {each["job_name"] for each in ours}


def test_the_oldest_versions_are_named() -> None:
    assert f"Kubernetes **{OLDEST}**" in PAGE
    assert f"schemas of {OLDEST} and" in PAGE
    assert "**KEDA 2.17**" in PAGE
    assert "KEDA 2.17 " in (DOCKER / "kubernetes/components/keda/kustomization.yaml").read_text()


def test_pages_about_running_lead_to_files_that_exist() -> None:
    for page in ("deploying", "observability", "peers", "fleet", "fleet-routing"):
        text = (ROOT / "docs" / f"{page}.md").read_text()
        links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
        assert [link for link in links if not (ROOT / "docs" / link).exists()] == [], page


def test_thresholds_are_sized_by_photos_not_by_what_models_are_shown() -> None:
    scaling = PAGE.partition("### Scaling")[2].partition("\n## ")[0]
    assert "`pending_megapixels_per_worker`" in scaling
    assert "rate(packshot_megapixels_total" not in scaling
    assert '"pending_megapixels_per_worker"' in (ROOT / "jobs" / "capacity" / "workers.py").read_text()
