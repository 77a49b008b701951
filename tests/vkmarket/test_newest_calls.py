"""Of a run's calls about one thing the newest is known as such: what a page shows of the run is read by it."""

import pytest
from django.db.models import Max

from tests.factories import AlbumListingFactory, AttemptFactory, ListingFactory, SyncRunFactory
from vkmarket.intentions import Intention, commit
from vkmarket.leasing import take
from vkmarket.models import Attempt, SyncRun
from vkmarket.outcomes import TOO_FAST

pytestmark = pytest.mark.django_db


def newest_of_all():
    of_each = Attempt.objects.order_by().values("run", "listing", "album").annotate(last=Max("pk"))
    return sorted(of_each.values_list("last", flat=True))


def test_each_thing_of_each_run_has_one(shop, sandbox, sync, naps):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    tea, _coffee = (shop.put(name, parent_id=group) for name in ("Чай чёрный", "Кофе в зёрнах"))
    sandbox.faults.add("error", code=TOO_FAST, method="market.add")
    sync()
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай чёрный", "price": "150.00", "parent_id": group})
    sync()
    assert Attempt.objects.filter(newest=False).exists()
    assert SyncRun.objects.filter(attempts__isnull=False).distinct().count() == 2
    assert sorted(Attempt.objects.newest().values_list("pk", flat=True)) == newest_of_all()


def test_what_other_runs_did_is_left_alone():
    listing, album = ListingFactory(), AlbumListingFactory()
    run, between = SyncRunFactory.create_batch(2, community=listing.community)
    first = AttemptFactory(listing=listing, run=run)
    kept = [AttemptFactory(listing=listing, run=between), AttemptFactory(listing=ListingFactory(), run=run)]
    kept.append(AttemptFactory(listing=None, album=album, run=run))
    told = {"listing": listing, "run": run, "kind": Attempt.Kind.HIDE}
    lease = take(listing.community)
    commit([Intention(None, [Attempt(**told)])], lease)
    first.refresh_from_db()
    assert not first.newest
    assert set(kept) < set(Attempt.objects.newest())
    commit([Intention(None, [Attempt(album=album, run=run, kind="album_rename")])], lease)
    kept[-1].refresh_from_db()
    assert not kept[-1].newest
