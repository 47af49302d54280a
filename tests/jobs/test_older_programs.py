"""What programs of the version before routes leave in the record, beside those of this one."""

from jobs.spec.needs import Needs

from .conftest import Merchant, Shop

GPU = "gpu cutout=2 restore=5"


def test_a_catalogue_that_an_older_program_feeds_still_needs_what_it_needed(shop: Shop, merchant: Merchant):
    """Such a program carries the lane over into the job, and nothing else: any version would have done the job."""
    needs = {"device": "gpu", "models": {"restore": "5", "cutout": "2"}}
    merchant.send_many(1, needs=needs)
    (job_id,) = shop.store.redis.zrange("packshot:queue:bulk@gpu+cutout=2+restore=5:shop", 0, -1)
    assert shop.store.redis.hdel(f"packshot:job:{job_id}", "needs") == 1
    assert shop.view(job_id).spec.needs == Needs.model_validate(needs)
    claim = shop.store.claim("hand", can=GPU)
    assert claim is not None
    assert claim.spec.needs == Needs.model_validate(needs)


def test_a_lane_of_newer_operations_alone_names_no_needs(shop: Shop):
    job_id = shop.submit()
    shop.store.redis.hset(f"packshot:job:{job_id}", "lane", "interactive@upscale~2")
    view = shop.view(job_id)
    assert view.route == "upscale~2"
    assert view.spec.needs is None
