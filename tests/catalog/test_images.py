"""Pictures of products: asked for once, kept until asked again, and never in the way of a refresh."""

import pytest

from catalog import images
from catalog.models import CachedProduct, CachedStore
from connections.clients.errors import (
    AccessDenied,
    AuthenticationError,
    BadAnswer,
    NotFound,
    NotInstalled,
    PermanentError,
    Throttled,
    TransientError,
)
from tests.catalog.till import Shop

pytestmark = pytest.mark.django_db
PICTURE = "https://images.example/a.png"


@pytest.fixture
def asked(till, read):
    """Refresh, and say how many products were asked about."""

    def run() -> int:
        before = till.calls["images"]
        result = read()
        assert not result.errors and not result.connection_fault
        return till.calls["images"] - before

    return run


def addresses() -> dict[str, str]:
    return dict(CachedProduct.objects.exclude(image_checked_at=None).values_list("evotor_id", "image_url"))


def test_the_address_of_a_picture_is_kept(shop, asked):
    shop.images["a"] = [PICTURE]
    assert asked() == 5
    assert addresses() == {"a": PICTURE, "b": "", "c": "", "d": "", "e": ""}


def test_an_unchanged_refresh_asks_nothing_and_writes_nothing(shop, asked, read, django_assert_num_queries):
    shop.images["a"] = [PICTURE]
    asked()
    rows = list(CachedProduct.objects.order_by("pk").values())
    assert (asked(), read().written) == (0, 0)
    assert list(CachedProduct.objects.order_by("pk").values()) == rows
    stores = list(CachedStore.objects.all())
    with django_assert_num_queries(1):
        assert images.ask_for_images(stores, client=None) == 0


def test_a_changed_product_is_asked_about_again(shop, asked):
    shop.images["a"] = [PICTURE]
    asked()
    shop.add("a", name="Чай другой")
    shop.images["a"] = []
    assert asked() == 1
    assert addresses()["a"] == ""


def test_the_old_picture_stays_until_the_answer(shop, asked):
    shop.images["a"] = [PICTURE]
    asked()
    shop.add("a", name="Чай другой")
    shop.errors["images"] = TransientError(503, "later")
    assert asked() == 1
    row = CachedProduct.objects.get(evotor_id="a")
    assert (row.name, row.image_url, row.image_checked_at) == ("Чай другой", PICTURE, None)
    shop.errors.clear()
    assert asked() == 1


def test_a_product_that_comes_back_is_asked_about_again(shop, asked):
    asked()
    shop.unlisted.add("a")
    row = CachedProduct.objects.filter(evotor_id="a")
    tea = shop.products.pop("a")
    assert asked() == 0 and row.get().absent_since
    shop.unlisted.clear()
    shop.products["a"] = tea
    shop.images["a"] = [PICTURE]
    assert asked() == 1
    assert row.get().image_url == PICTURE


@pytest.mark.parametrize(
    "told", ["ftp://images.example/a.png", "/a.png", "javascript:alert(1)", "https://e/" + "a" * 1000, ""]
)
def test_what_is_no_address_to_fetch_is_none(shop, asked, told):
    shop.images["a"] = [told]
    asked()
    assert addresses()["a"] == ""


@pytest.mark.parametrize("error", [AccessDenied(403, "no right"), PermanentError(405, "no"), NotInstalled(402, "no")])
def test_a_refusal_ends_it_for_this_store_alone(till, shop, asked, error):
    till.shops["T"] = Shop("Юг")
    till.shops["T"].add("t")
    shop.errors["images"] = error
    assert asked() == 2
    assert addresses() == {"t": ""}
    assert set(CachedStore.objects.values_list("error", flat=True)) == {""}
    assert asked() == 1


def test_three_products_not_found_and_none_found_is_a_method_that_is_gone(shop, asked):
    shop.errors["images"] = NotFound(404, "nothing here")
    assert asked() == images.GONE
    assert addresses() == {}


def test_a_product_not_found_among_others_has_no_picture(shop, asked):
    shop.images["b"] = [PICTURE]
    shop.image_errors = {"a": NotFound(404, "no pictures"), "e": NotFound(404, "no pictures")}
    assert asked() == 5
    assert addresses() == {"a": "", "b": PICTURE, "c": "", "d": "", "e": ""}


def test_one_product_not_found_alone_keeps_the_picture_that_it_had(shop, asked):
    shop.images["a"] = [PICTURE]
    asked()
    shop.add("a", name="Чай другой")
    shop.errors["images"] = NotFound(404, "nothing here")
    assert asked() == 1
    assert addresses()["a"] == PICTURE
    assert asked() == 0


@pytest.mark.parametrize(
    "error", [Throttled(429, "slower"), TransientError(502, "bad gateway"), BadAnswer(None, "HTML"), "token"]
)
def test_trouble_ends_it_for_this_time(till, shop, asked, connection, error):
    till.shops["T"] = Shop("Юг")
    till.shops["T"].add("t")
    shop.errors["images"] = AuthenticationError(401, "who?") if error == "token" else error
    assert asked() == 1
    assert addresses() == {}
    connection.refresh_from_db()
    assert connection.is_online and not connection.last_error


def test_one_product_that_always_fails_does_not_hold_up_the_rest(shop, asked):
    shop.image_errors["a"] = TransientError(500, "broken for ever")
    for _refresh in range(40):
        asked()
    assert set(addresses()) == {"b", "c", "d", "e"}


def test_a_large_shop_is_asked_about_bit_by_bit(monkeypatch, asked):
    monkeypatch.setattr(images, "ASKED", 2)
    assert [asked() for _refresh in range(4)] == [2, 2, 1, 0]


def test_a_slow_evotor_is_asked_for_a_few_seconds(monkeypatch, till, asked):
    monkeypatch.setattr(images, "SECONDS", 0)
    assert asked() == 0
    monkeypatch.undo()
    assert asked() == 5


def test_pictures_leave_half_of_the_allowance_to_the_rest(till, asked):
    till.allowance_left = 0.49
    assert asked() == 0
    till.allowance_left = 0.5
    assert asked() == 5


def test_a_store_that_could_not_be_read_is_not_asked(till, shop, read):
    read()
    before = till.calls["images"]
    shop.add("a", name="Чай другой")
    shop.errors["products"] = TransientError(503, "later")
    assert read().errors
    assert till.calls["images"] == before
