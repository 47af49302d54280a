"""Whose turn it is: classes, round robin over tenants, age; and what a poller is told about it."""

from .conftest import BOOM, Hand, Shop


def test_tenants_take_turns_however_much_one_submits(shop: Shop, hand: Hand):
    for _ in range(6):
        shop.submit("catalogue")
    shop.submit("click"), shop.submit("click"), shop.submit("tap")
    order = [hand.claim().tenant for _ in range(9)]
    assert order[:5] == ["catalogue", "click", "tap", "catalogue", "click"]
    assert set(order[5:]) == {"catalogue"}


def test_one_tenants_jobs_run_in_their_order(shop: Shop, hand: Hand):
    submitted = [shop.submit() for _ in range(12)]
    assert [hand.claim().job_id for _ in range(12)] == submitted


def test_a_tenant_that_comes_back_does_not_jump_the_ring(shop: Shop, hand: Hand):
    shop.submit("a"), shop.submit("b"), shop.submit("b")
    assert hand.claim().tenant == "a"
    shop.submit("a")
    assert [hand.claim().tenant for _ in range(3)] == ["b", "a", "b"]


def test_a_requeued_job_comes_before_younger_ones_of_its_tenant(shop: Shop, hand: Hand):
    first, *_ = [shop.submit() for _ in range(3)]
    claim = hand.claim()
    shop.store.retry(first, claim.token, BOOM, 0)
    assert hand.claim().job_id == first


def test_interactive_goes_first_but_one_in_eight_is_bulk(shop: Shop, hand: Hand):
    for _ in range(40):
        shop.submit("shop", priority="interactive")
        shop.submit("shop", priority="bulk")
    order = [hand.claim().spec.priority for _ in range(40)]
    assert [at for at, priority in enumerate(order) if priority == "bulk"] == [7, 15, 23, 31, 39]


def test_bulk_runs_when_nothing_else_waits(shop: Shop, hand: Hand):
    shop.submit(priority="bulk")
    assert hand.claim().spec.priority == "bulk"


def test_the_queue_position_counts_down_to_the_claim(shop: Shop, hand: Hand):
    for _ in range(5):
        shop.submit("catalogue")
    mine = shop.submit("click")
    seen = []
    while (position := shop.view(mine, "click").queue_position) is not None:
        seen.append(position)
        hand.claim()
    assert seen == [1, 0]


def test_the_queue_position_is_exact_among_few_tenants_of_one_class(shop: Shop, hand: Hand):
    jobs = [(tenant, shop.submit(tenant)) for tenant in ("a", "a", "b", "a", "c", "b", "a")]
    expected = {job_id: shop.view(job_id, tenant).queue_position for tenant, job_id in jobs}
    claimed = [hand.claim().job_id for _ in jobs]
    assert {job_id: at for at, job_id in enumerate(claimed)} == expected


def test_a_bulk_job_stands_behind_interactive_ones(shop: Shop):
    bulk = shop.submit(priority="bulk")
    for _ in range(20):
        shop.submit()
    assert shop.view(bulk).queue_position == 7


def test_positions_among_many_tenants_are_estimated(shop: Shop):
    for number in range(150):
        shop.submit(f"tenant-{number}"), shop.submit(f"tenant-{number}")
    mine = shop.submit("last")
    position = shop.view(mine, "last").queue_position
    assert position is not None
    assert 140 <= position <= 160
