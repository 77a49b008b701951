"""What merchants decide, and what the next round makes of it: over real HTTP."""

from datetime import timedelta

import pytest

from catalog.models import CachedProduct, SyncFilter
from connections import linking
from evosync.base import clock
from sandbox import seed
from vkmarket import deciding, refreshing
from vkmarket.market import Market
from vkmarket.models import DECLINED, Attempt, Listing, ListingSource, SyncRun
from vkmarket.reasons import Block

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def community(merchant):
    return merchant.vk.community


def left_alone(community):
    """Removals that a person wanted to leave as they are."""
    return Listing.objects.filter(DECLINED, community=community, blocked=Block.GUARD_REMOVALS)


@pytest.fixture
def shrunk(shrunk, shop, sync):
    """The guard holds those that left, and a new one."""
    shop.put("Совсем новый товар")
    assert sync().status == "waiting"
    return shrunk


@pytest.fixture
def by_hand(sandbox, later, sync):
    """Change an item in VK by hand, long after our last write, and let a round see it."""

    def change(item_id: int, **fields) -> None:
        later(minutes=20)
        sandbox.vk.handle(
            "market.edit",
            {
                "access_token": seed.VK_TOKEN,
                "v": "5.199",
                "owner_id": -seed.VK_GROUP_ID,
                "item_id": item_id,
                **fields,
            },
            sandbox.vk.now(),
        )
        sync()

    return change


def test_allowing_removals_lets_the_new_goods_go_too(shop, sync, shrunk, community, merchant):
    rows = deciding.held(community, Block.GUARD_REMOVALS)
    assert deciding.allow(community, Block.GUARD_REMOVALS, deciding.stamp(rows), merchant) == 25
    run = SyncRun.objects.rounds().latest("pk")
    assert (run.approved_by, bool(run.approved_at)) == (merchant, True)
    outcome = sync(refresh=False)
    assert (outcome.hidden, outcome.created) == (25, 1)


def test_an_answer_to_another_list_than_the_one_shown_does_nothing(shop, sync, shrunk, community, merchant):
    shown = deciding.stamp(deciding.held(community, Block.GUARD_REMOVALS))
    shop.remove(shrunk[30])
    sync()
    assert deciding.allow(community, Block.GUARD_REMOVALS, shown, merchant) is None
    assert deciding.leave(community, Block.GUARD_REMOVALS, shown, merchant) is None
    assert sync(refresh=False).hidden == 0


def test_what_is_left_as_it_is_is_not_asked_again_and_can_be_allowed_later(sync, shrunk, community, merchant, shop):
    shown = deciding.stamp(deciding.held(community, Block.GUARD_REMOVALS))
    assert deciding.leave(community, Block.GUARD_REMOVALS, shown, merchant) == 25
    assert sync().hidden == 0 and len(shop.visible()) == 40
    assert not deciding.held(community, Block.GUARD_REMOVALS).exists()
    assert SyncRun.objects.filter(declined_by=merchant).count() == 1
    # The new one is a question of its own.
    assert sync().status == "waiting"
    rows = deciding.held(community, Block.GUARD_CREATES)
    deciding.leave(community, Block.GUARD_CREATES, deciding.stamp(rows), merchant)
    outcome = sync()
    assert (outcome.status, outcome.code, SyncRun.objects.latest("pk").verdict) == ("done", 0, {})
    left = list(left_alone(community).values_list("pk", flat=True))
    assert deciding.take_back(community, left) == 25
    assert sync().hidden == 25


def test_new_goods_can_be_let_go_alone(sync, shrunk, community, merchant):
    rows = deciding.held(community, Block.GUARD_CREATES)
    assert deciding.allow(community, Block.GUARD_CREATES, deciding.stamp(rows), merchant) == 1
    outcome = sync()
    assert (outcome.created, outcome.hidden) == (1, 0)


def test_of_a_difference_ours_is_sent_again(shop, sync, by_hand, community):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    by_hand(listing.vk_item_id, name="Чай со скидкой")
    assert Listing.objects.get().drift == ["name"]
    assert deciding.send_ours(community, [listing.pk]) == 1
    assert deciding.send_ours(community, [listing.pk]) == 0
    assert sync().drift == 0
    assert shop.titles() == ["Чай чёрный"]


def test_of_a_difference_vks_side_is_taken_until_either_side_changes(shop, sync, by_hand, community, writes):
    tea = shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    by_hand(listing.vk_item_id, name="Чай со скидкой")
    assert deciding.accept_theirs(community, [listing.pk]) == 1
    writes()
    assert (sync().drift, writes(), shop.titles()) == (0, [], ["Чай со скидкой"])
    shop.put("Чай чёрный", price="77.00", id=tea)
    assert sync().drift == 0
    assert {name: str(price) for name, price in shop.prices().items()} == {"Чай со скидкой": "77"}
    by_hand(listing.vk_item_id, name="Чай почти даром")
    assert Listing.objects.get().drift == ["name"]
    shop.put("Чай чёрный крупный", id=tea)
    sync()
    assert shop.titles() == ["Чай чёрный крупный"]


def test_what_was_left_as_in_vk_can_be_made_ours_after_all(shop, sync, by_hand, community):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    assert deciding.take_back(community, [listing.pk]) == 0
    by_hand(listing.vk_item_id, name="Чай со скидкой")
    deciding.accept_theirs(community, [listing.pk])
    assert deciding.left_of(Listing.objects.get()) == {"name": "Чай со скидкой"}
    assert [deciding.take_back(community, [listing.pk]) for _turn in range(2)] == [1, 0]
    assert sync().drift == 0
    assert (shop.titles(), Listing.objects.get().accepted) == (["Чай чёрный"], {})


def test_one_of_those_left_as_they_are_can_be_allowed_alone(shop, sync, shrunk, community, merchant):
    rows = deciding.held(community, Block.GUARD_REMOVALS)
    assert deciding.take_back(community, [rows.first().pk]) == 0
    deciding.leave(community, Block.GUARD_REMOVALS, deciding.stamp(rows), merchant)
    assert deciding.take_back(community, [left_alone(community).first().pk]) == 1
    assert sync(refresh=False).hidden == 1
    assert left_alone(community).count() == 24


def test_an_item_hidden_by_hand_can_be_shown_again_or_stay_hidden(shop, sync, by_hand, community):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    by_hand(listing.vk_item_id, deleted=1)
    assert Listing.objects.get().drift == ["visible"]
    deciding.accept_theirs(community, [listing.pk])
    assert sync().drift == 0 and not Listing.objects.get().shown
    assert shop.visible() == []
    listing.refresh_from_db()
    Listing.objects.update(accepted={}, confirmed_at=None)
    sync()
    deciding.send_ours(community, [listing.pk])
    sync()
    assert shop.titles() == ["Чай чёрный"]


@pytest.fixture
def deleted(shop, sync, sandbox, later):
    """A good of ours that somebody deleted in VK."""
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    later(minutes=20)
    fields = {"owner_id": -seed.VK_GROUP_ID, "item_id": listing.vk_item_id}
    sandbox.vk.handle("market.delete", {"access_token": seed.VK_TOKEN, "v": "5.199", **fields}, sandbox.vk.now())
    sync()
    listing.refresh_from_db()
    assert listing.blocked == Block.DELETED_IN_VK
    return listing


def test_what_was_deleted_by_hand_is_created_again_on_request(shop, sync, deleted, community):
    assert deciding.create_again(community, [deleted.pk]) == 1
    assert deciding.create_again(community, [deleted.pk]) == 0
    assert (sync().created, shop.titles()) == (1, ["Чай чёрный"])
    assert sync().confirmed == 1 and Listing.objects.get().sku == deleted.sku


def test_what_is_asked_for_by_name_waits_for_no_guard(shop, sync, deleted, community):
    products = [shop.put(f"Товар номер {number}") for number in range(40)]
    sync()
    for product in products[:25]:
        shop.remove(product)
    shop.put("Совсем новый товар")
    assert sync().status == "waiting"
    deciding.create_again(community, [deleted.pk])
    assert sync().created == 1
    assert "Чай чёрный" in shop.titles() and "Совсем новый товар" not in shop.titles()


def test_what_was_deleted_by_hand_stays_out_on_request(shop, sync, deleted, community, merchant, writes):
    writes()
    assert deciding.do_not_publish(community, [deleted.pk], merchant) == 1
    assert SyncFilter.objects.filter(entity_type="product", mode="exclude").count() == 1
    assert (sync().failed, writes(), shop.items()) == (0, [], [])
    deleted.refresh_from_db()
    assert (deleted.hold, deleted.blocked, deleted.vk_item_id) == ("excluded", "", None)
    SyncFilter.objects.filter(entity_type="product").delete()
    sync()
    assert shop.titles() == ["Чай чёрный"]


def test_a_refused_good_is_tried_again_on_request(shop, sync, sandbox, community):
    shop.put("Чай чёрный")
    sandbox.faults.add("error", method="market.add", code=1408, message="bad links")
    assert sync().failed == 1
    assert sync().created == 0
    assert deciding.try_again(community, list(Listing.objects.values_list("pk", flat=True))) == 1
    assert sync().created == 1


@pytest.fixture
def unanswered(shop, sync, sandbox):
    """An add that came to nothing, of which nobody has known for more than a day whether it happened."""
    shop.put("Кофе молотый")
    sync()
    shop.put("Чай чёрный")
    sandbox.faults.add("error", method="market.add", code=1408, message="bad links")
    sync()
    listing = Listing.objects.get(wanted__name="Чай чёрный")
    since = clock.now() - timedelta(hours=25)
    listing.attempts.update(state=Attempt.State.UNKNOWN, in_flight=listing.pk, sent_at=since)
    Listing.objects.filter(pk=listing.pk).update(blocked=Block.UNSETTLED, unsettled_since=since, error_code=None)
    return listing


def test_a_lost_add_is_made_anew_on_the_merchants_word(shop, sync, community, later, unanswered):
    assert deciding.create_anew(community, [unanswered.pk]) == 1
    assert sync().created == 1
    later(minutes=20)
    assert sync().confirmed == 2
    assert shop.titles() == ["Кофе молотый", "Чай чёрный"] and len(shop.items()) == 2


def test_the_merchant_names_the_item_that_a_lost_add_has_made(shop, sync, sandbox, community, unanswered):
    item = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный")
    other = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чужой товар")
    refresh_vk(community)
    assert not deciding.this_is_it(community, unanswered.pk, 1)
    assert deciding.this_is_it(community, unanswered.pk, item)
    assert not deciding.this_is_it(community, unanswered.pk, other)
    assert sync().failed == 0
    told = {one["id"]: one for one in shop.items()}
    assert len(told) == 3 and told[item]["sku"] == unanswered.sku
    assert sync().confirmed == 2


def refresh_vk(community) -> None:
    client = linking.vk_client(community.connection)
    refreshing.mirror(Market(client, community).read_all(), community)


def test_of_goods_that_look_alike_the_merchant_says_which_is_which(shop, sync, community, sandbox):
    gone = [shop.put("Чай чёрный", price=price) for price in ("100.00", "100.00")]
    shop.put("Кофе молотый")
    sync()
    items = {listing.source.product.evotor_id: listing for listing in Listing.objects.all()}
    for product in gone:
        shop.remove(product)
    come = shop.put("Чай чёрный", price="100.00")
    sync()
    new = Listing.objects.get(source__product__evotor_id=come)
    old = items[gone[1]]
    assert {new.hold, Listing.objects.get(pk=old.pk).hold} == {"ambiguous_rebind"}
    assert not deciding.rebind(community, old.pk, new.pk)
    assert deciding.rebind(community, new.pk, old.pk)
    assert not deciding.rebind(community, new.pk, old.pk)
    sync()
    product = CachedProduct.objects.get(evotor_id=come)
    assert Listing.objects.get(source__product=product).vk_item_id == old.vk_item_id
    assert shop.titles() == ["Кофе молотый", "Чай чёрный"] and len(shop.items()) == 3


def test_or_that_it_is_a_new_good(shop, sync, community):
    gone = [shop.put("Чай чёрный", price="100.00") for _ in range(2)]
    shop.put("Кофе молотый")
    sync()
    for product in gone:
        shop.remove(product)
    come = shop.put("Чай чёрный", price="100.00")
    sync()
    new = Listing.objects.get(source__product__evotor_id=come)
    assert deciding.is_new(community, [new.pk]) == 1
    outcome = sync()
    assert (outcome.created, outcome.hidden) == (1, 2)


def test_marks_of_an_unknown_database_are_taken_over_on_the_merchants_word(shop, sync, community, merchant, writes):
    shop.put("Чай чёрный")
    sync()
    Attempt.objects.all().delete()
    ListingSource.objects.all().delete()
    Listing.objects.all().delete()
    assert sync().status == "waiting"
    writes()
    assert deciding.take_over_marks(community, merchant)
    assert not deciding.take_over_marks(community, merchant)
    outcome = sync()
    assert (outcome.status, outcome.created, outcome.confirmed, writes()) == ("done", 0, 1, [])
