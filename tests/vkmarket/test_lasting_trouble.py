"""Trouble that would last: what one odd day must not do to all days after it."""

import pytest

from connections import linking
from sandbox import seed
from sandbox.vk_state import Community as VkCommunity
from vkmarket.models import Attempt, Listing, SyncRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short_waits(settings):
    settings.VK_CALL_DEADLINE, settings.VK_READ_LAG, settings.LEASE_SECONDS = 0.5, 0.3, 30


def test_other_community(shop, sync, sandbox, merchant):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    shop.put("Чай чёрный", parent_id=group)
    assert sync().created == 1
    sandbox.vk.groups[900] = VkCommunity(id=900, name="Вторая", admins={seed.VK_USER_ID: 3}, market_enabled=True)
    linking.unlink_vk(merchant)
    linking.link_vk(merchant, seed.VK_TOKEN, 900)
    out = sync()
    assert out.created == 1, vars(out)
    assert sandbox.vk.items(900)[0]["album_ids"]
    assert sync().updated == 0
    linking.unlink_vk(merchant)
    linking.link_vk(merchant, seed.VK_TOKEN, seed.VK_GROUP_ID)
    out = sync()
    assert (out.created, out.updated, len(shop.items())) == (0, 0, 1)


def test_guard_deleted_by_hand_for_ever(shop, sync, sandbox, later):
    [shop.put(f"Товар номер {n:02}") for n in range(20)]
    sync()
    later(minutes=30)
    for row in Listing.objects.all()[:12]:
        sandbox.vk.delete_by_hand(seed.VK_GROUP_ID, row.vk_item_id)
    sync()
    assert Listing.objects.filter(blocked="deleted_in_vk").count() == 12
    ids = list(Listing.objects.filter(blocked="deleted_in_vk").values_list("source__product__evotor_id", flat=True))
    for one in ids:
        shop.remove(one)
    shop.put("Новый товар")
    out = sync()
    out = sync(approve=True)
    shop.put("Ещё новый товар")
    out = sync()
    assert (out.status, out.created) != ("waiting", 0)


def test_approval_lasts(shop, sync, sandbox, later):
    goods = {n: shop.put(f"Товар номер {n:02}") for n in range(20)}
    sync()
    rows = dict(sandbox.evotor.shelves[shop.store].products.rows)
    for n in range(15):
        shop.remove(goods[n])
    assert sync().status == "waiting"
    assert sync(approve=True).hidden == 15
    later(hours=30)
    for n in range(15):
        sandbox.evotor.shelves[shop.store].products.put(goods[n], rows[goods[n]])
    assert sync().status == "done"
    assert len(shop.visible()) == 20
    later(hours=30)
    for n in range(15):
        shop.remove(goods[n])
    out = sync()
    assert out.status == "waiting"


def test_rebind_of_unsent(shop, sync, sandbox, later):
    old = shop.put("Чай чёрный", barcodes=["4600000000001"])
    for n in range(3):
        shop.put(f"Товар {n} прочий")
    sync()
    later(minutes=30)
    sandbox.faults.add("error", method="market.add", code=9, times=None)
    shop.put("Чай чёрный", barcodes=["4600000000001"])
    sync()
    sandbox.faults.clear()
    shop.remove(old)
    later(minutes=30)
    sync()
    titles = [i["name"] for i in shop.items()]
    assert titles.count("Чай чёрный") == 1


def test_three_twins(shop, sync, sandbox):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    first = Attempt.objects.get(kind="create")
    for _ in range(2):
        sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный", sku=listing.sku)
        Attempt.objects.create(
            listing=listing, kind="create", state="absent", fence=0, sent_at=first.sent_at, after=first.after
        )
    sync()
    sync()
    assert len(shop.items()) == 1


def test_copy_after_twin_deleted(shop, sync, sandbox):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    first = Attempt.objects.get(kind="create")
    sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный", sku=listing.sku)
    Attempt.objects.create(
        listing=listing, kind="create", state="absent", fence=0, sent_at=first.sent_at, after=first.after
    )
    sync()
    assert len(shop.items()) == 1
    copy = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Мой чай", sku=listing.sku)
    sync()
    assert copy in [i["id"] for i in shop.items()]


def test_restored_by_hand(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sync()
    later(minutes=30)
    item = Listing.objects.get().vk_item_id
    sandbox.vk.groups[seed.VK_GROUP_ID]
    sandbox.vk.delete_by_hand(seed.VK_GROUP_ID, item)
    sync()
    assert Listing.objects.get().blocked == "deleted_in_vk"
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item, removed_at=None)
    later(minutes=30)
    sync()
    listing = Listing.objects.get()
    assert listing.blocked == "" and listing.shown


def test_rename_refused(shop, sync, sandbox, later):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    shop.put("Чай чёрный", parent_id=group)
    sync()
    assert shop.items()[0]["album_ids"]
    sandbox.faults.add("error", method="market.editAlbum", code=100, message="title is invalid", times=None)
    sandbox.evotor.put_group(shop.store, {"id": group, "name": "Чай и какао"})
    sync()
    later(minutes=5)
    sync()
    assert shop.items()[0]["album_ids"]


def test_rights_refusal_and_no_answer_about_the_group(shop, sync, sandbox):
    for n in range(3):
        shop.put(f"Товар номер {n:02}")
    sandbox.faults.add("error", method="market.add", code=7, skip=1)
    sandbox.faults.add("http", method="groups.getById", code=502, times=None)
    sync()
    assert not Attempt.objects.filter(state="sent").exists()


def test_photo_lost_for_good(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sandbox.faults.add("reset", method="market.add", when="before")
    sync()
    sandbox.faults.add(
        "error", method="market.add", code=100, message="photo not found or already assigned", times=None
    )
    for _n in range(28):
        later(hours=1)
        sync()
    assert Listing.objects.get().blocked == "unsettled"


def test_no_item_in_the_answer(shop, sync, sandbox, monkeypatch):
    """The add happened, whatever VK says of it: it is found, and not made again."""
    shop.put("Чай чёрный")
    shop.put("Кофе чёрный")
    from connections.clients import vk

    real = vk.VkClient.execute

    def odd(self, calls, *rest):
        found = real(self, calls, *rest)
        return [vk.Ok({}) if i == 0 and calls[0].method == "market.add" else f for i, f in enumerate(found)]

    monkeypatch.setattr(vk.VkClient, "execute", odd)
    outcome = sync()
    assert (outcome.created, outcome.confirmed, outcome.unknown) == (2, 2, 0)
    assert sorted(shop.titles()) == ["Кофе чёрный", "Чай чёрный"]
    assert len(sandbox.journal.entries(method="market.add")) == len(shop.items()) == 2


def test_running_runs_are_closed(shop, sync, merchant):
    run = SyncRun.objects.create(community=merchant.vk.community, status="running")
    sync()
    run.refresh_from_db()
    assert run.status != "running"
