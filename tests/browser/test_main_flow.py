"""A merchant's way: drop photos, choose, watch, compare, read report and rules, take the files along."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pillow_heif
from PIL import Image
from playwright.sync_api import Route, expect

from tests.browser.desk import Desk, Shop


def test_dropped_photos_become_pictures_and_a_zip(desk: Desk, photos: Path) -> None:
    desk.go()
    desk.drop(".photos", [photos / "shoe.jpg", photos / "box.jpg"])
    expect(desk.page.locator("li.photo.ready")).to_have_count(2)
    desk.page.get_by_role("radio", name=desk.t("recipe.clean")).check()
    desk.shoot("studio-filled")
    desk.button("go.run", n=2).click()
    desk.page.wait_for_function("() => location.hash.startsWith('#/jobs')")
    cards = desk.page.locator(".job-grid > li")
    succeeded = cards.get_by_text(desk.t("state.succeeded"), exact=True)
    expect(succeeded.nth(1)).to_be_visible()
    desk.button("jobs.choose.all").click()
    with desk.page.expect_download() as waiting:
        desk.button("jobs.zip").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert len(archive.namelist()) >= 2
        assert archive.testzip() is None


def test_one_photo_leads_to_its_result_its_report_and_its_rules(desk: Desk, photos: Path) -> None:
    desk.go()
    desk.choose(photos / "watch.jpg")
    desk.page.get_by_role("radio", name=desk.t("recipe.listing")).check()
    desk.button("go.run", n=1).click()
    desk.job_id()
    compare = desk.page.locator(".compare")
    expect(compare.locator(".pane")).to_have_count(2)  # framed anew, so that it does not lie on the photo
    expect(desk.page.locator(".findings li").first).to_be_visible()
    desk.page.get_by_role("tab", name=desk.t("rules.title")).click()
    rules = desk.page.locator(".rules")
    expect(rules.get_by_role("row")).not_to_have_count(0)
    expect(rules.locator("tbody tr").first.locator("td").nth(2)).not_to_be_empty()
    with desk.page.expect_download() as waiting:
        desk.button("job.download.all", n=2).click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert [Path(name).suffix for name in archive.namelist()] == [".jpg", ".jpg"]
    compare.get_by_role("radio", name=desk.t("compare.mode.slider")).check()
    expect(compare.get_by_role("slider")).to_be_visible()


def test_a_queue_moves_while_it_is_looked_at(desk: Desk, shop: Shop) -> None:
    desk.go("#/jobs")
    expect(desk.page.locator(".page-head .badge")).to_be_visible()
    job = shop.submit({"operations": [{"op": "relight"}], "external_id": "SEEN-LIVE"}, "lamp.jpg")
    card = desk.page.locator(".job-grid > li", has_text="SEEN-LIVE").first
    expect(card).to_be_visible()
    expect(card.get_by_text(desk.t("state.succeeded"), exact=True)).to_be_visible()
    assert shop.job(job)["state"] == "succeeded"


def test_an_answer_that_is_older_than_an_event_does_not_stay(desk: Desk, shop: Shop, held: Callable[[], None]) -> None:
    late: list[str] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        if not late:
            late.append(document["id"])
            held()  # not before the page has asked: the job's events come while this answer is on its way
            shop.ended(document["id"])
            document = {**document, "state": "running", "outputs": []}
        route.fulfill(response=answer, json=document)

    desk.go("#/jobs")
    expect(desk.page.locator(".page-head .badge")).to_be_visible()
    desk.page.route("**/v1/jobs/job_*", hold)
    shop.submit({"operations": [{"op": "relight"}], "external_id": "SEEN-LATE"}, "box.jpg")
    card = desk.page.locator(".job-grid > li", has_text="SEEN-LATE").first
    expect(card.get_by_text(desk.t("state.succeeded"), exact=True)).to_be_visible()
    desk.page.unroute_all(behavior="wait")  # no answer is on its way when the page is closed
    assert late


def test_a_job_that_waits_is_canceled(desk: Desk, shop: Shop, held: Callable[[], None]) -> None:
    job = shop.submit({"operations": [{"op": "relight"}]}, "lamp.jpg")
    desk.go(f"#/job/{job}")
    expect(desk.page.get_by_role("heading", name=desk.t("job.queued"))).to_be_visible()
    desk.button("job.cancel").click()
    expect(desk.page.get_by_text(desk.t("state.canceled"), exact=True)).to_be_visible()
    held()
    assert shop.ended(job)["state"] == "canceled"


def test_a_photo_that_the_browser_cannot_show_becomes_a_picture(desk: Desk, photos: Path, tmp_path: Path) -> None:
    photo = tmp_path / "phone.heic"
    with Image.open(photos / "mug.jpg") as image:
        pillow_heif.from_pillow(image).save(photo)
    desk.go()
    desk.choose(photo)
    expect(desk.page.locator("li.photo .photo-kind")).to_have_text("HEIC")
    desk.page.get_by_role("radio", name=desk.t("recipe.clean")).check()
    desk.button("go.run", n=1).click()
    desk.job_id()
    made = desk.page.locator(".compare img")
    expect(made).to_have_count(1)  # the photo itself is not shown
    assert made.evaluate("(picture) => picture.decode().then(() => picture.naturalWidth)") > 0


def test_changing_a_result_runs_its_photo_alone_and_keeps_the_others(desk: Desk, shop: Shop, photos: Path) -> None:
    made = shop.done({"operations": [{"op": "relight"}], "metadata": {"file": "box.jpg"}}, "box.jpg")
    desk.go()
    desk.choose(photos / "shoe.jpg", photos / "mug.jpg")
    desk.go(f"#/job/{made['id']}")
    desk.page.get_by_role("link", name=desk.t("job.edit")).click()
    on_table = desk.page.locator("li.photo.ready")
    expect(on_table).to_have_count(1)
    expect(on_table).to_contain_text("box.jpg")
    expect(desk.page.locator(".what .notice")).to_contain_text("box.jpg")
    desk.button("go.run", n=1).click()
    child = shop.ended(desk.job_id())
    assert child["spec"]["parent"] == {"job": made["id"], "output": 0}
    desk.go()
    expect(on_table).to_have_count(0)
    desk.button("photos.back", n=2).click()
    expect(on_table).to_have_count(2)


def test_a_new_version_is_made_of_its_own_photo_alone(desk: Desk, shop: Shop, photos: Path) -> None:
    made = shop.done({"operations": [{"op": "relight"}], "metadata": {"file": "lamp.jpg"}}, "lamp.jpg")
    desk.go(f"#/?from={made['id']}")
    expect(desk.page.locator(".what .notice")).to_contain_text("lamp.jpg")
    desk.page.set_input_files("#photo-files", photos / "ring.jpg")
    expect(desk.page.locator("li.photo.ready")).to_have_count(2)
    desk.button("go.run", n=2).click()
    desk.page.wait_for_function("() => location.hash.startsWith('#/jobs')")
    newest = [shop.job(job["id"]) for job in shop.http.get("/v1/jobs", params={"limit": 2}).json()["items"]]
    parents = {job["spec"]["metadata"]["file"]: job["spec"].get("parent") for job in newest}
    assert parents == {"lamp.jpg": {"job": made["id"], "output": 0}, "ring.jpg": None}
