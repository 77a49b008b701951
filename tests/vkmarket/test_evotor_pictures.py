"""Pictures from the till to the showcase, over real HTTP: they arrive, or a card stands in until they do."""

from io import BytesIO

import pytest
from PIL import Image

from catalog.refreshing import refresh
from connections.models import EvotorConnection
from sandbox import seed
from tests.connections.scripted import ScriptedServer, says
from vkmarket.models import Listing

pytestmark = pytest.mark.django_db(transaction=True)
RED, GREEN = (200, 30, 30), (20, 160, 60)
IMAGES = "GET /stores/{store}/products/{product}/images"


def png(color) -> bytes:
    file = BytesIO()
    Image.new("RGB", (300, 300), color).save(file, "PNG")
    return file.getvalue()


def near(pixel, color) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(pixel, color, strict=True))


@pytest.fixture
def color_of(sandbox, shop):
    """The colour in the middle of the picture that VK shows of a product."""

    def look(title: str) -> tuple[int, int, int]:
        (item,) = (item for item in shop.visible() if item["title"] == title)
        (photo_id,) = {photo["id"] for photo in item["photos"]}
        image = Image.open(BytesIO(sandbox.vk.pictures[str(photo_id)])).convert("RGB")
        return image.getpixel((image.width // 2, image.height // 2))

    return look


@pytest.fixture
def give(sandbox, shop):
    """Give a product of the till a picture, PNG or not; its address."""

    def put(product: str, content: bytes) -> str:
        image = sandbox.evotor.put_image(shop.store, product, content)
        return f"{sandbox.evotor_url}/images/{image}.png"

    return put


@pytest.fixture
def elsewhere(monkeypatch, sandbox):
    """Another host, at which the till's pictures lie."""
    host = ScriptedServer().answer(says(png(RED), kind="image/png"))

    def shown(world, row):
        return row | {"url": f"{host.url}/{row['id']}.png"}

    monkeypatch.setattr("sandbox.evotor_images._shown", shown)
    yield host
    host.close()


def images_asked(sandbox, mark: int) -> int:
    return len(sandbox.journal.entries(mark, "evotor", IMAGES))


def test_a_product_shows_evotors_picture(shop, sync, give, color_of):
    give(shop.put("Чай чёрный"), png(RED))
    shop.put("Кофе молотый")
    outcome = sync()
    assert (outcome.created, outcome.confirmed, outcome.waiting) == (2, 2, 0)
    assert near(color_of("Чай чёрный"), RED)
    assert not near(color_of("Кофе молотый"), RED)


def test_a_second_run_asks_for_no_picture_and_uploads_none(shop, sync, give, sandbox, writes):
    give(shop.put("Чай чёрный"), png(RED))
    sync()
    writes()
    mark = sandbox.calls()
    sync()
    assert (images_asked(sandbox, mark), writes()) == (0, [])


def test_another_picture_replaces_the_first(shop, sync, give, color_of):
    tea = shop.put("Чай чёрный")
    give(tea, png(RED))
    sync()
    give(tea, png(GREEN))
    shop.put("Чай чёрный", id=tea)
    outcome = sync()
    assert (outcome.created, outcome.updated) == (0, 1)
    assert near(color_of("Чай чёрный"), GREEN)


@pytest.mark.parametrize("content", [b"<html>", png(RED)[:200], None])
def test_a_broken_picture_gives_way_to_a_card_and_is_tried_again_in_an_hour(
    shop, sync, give, sandbox, writes, color_of, later, content
):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    tea = shop.put("Чай чёрный", parent_id=group)
    address = give(tea, content or b"")
    name = address.rpartition("/")[2].removesuffix(".png")
    if content is None:
        sandbox.evotor.pictures.pop(name)
    outcome = sync()
    listing = Listing.objects.get()
    assert (outcome.code, outcome.created, outcome.confirmed) == (0, 1, 1)
    assert listing.photo_source.startswith("card:") and listing.sent["photo"] == listing.photo_source
    # What else the listing needs does not wait for the picture.
    assert listing.sent["album"] is not None
    card = color_of("Чай чёрный")
    assert writes().count("market.saveProductPhoto") == 1

    sandbox.evotor.pictures[name] = png(RED)
    later(minutes=50)
    sync()
    assert (writes(), color_of("Чай чёрный")) == ([], card)
    later(minutes=11)
    assert sync().updated == 1
    assert near(color_of("Чай чёрный"), RED)
    assert Listing.objects.get().sent["photo"].startswith("evotor:")


def test_while_the_picture_stays_broken_nothing_is_sent_and_prices_go_on(shop, sync, give, sandbox, writes, later):
    tea = shop.put("Чай чёрный", price="100")
    give(tea, b"<html>")
    sync()
    for _hour in range(3):
        writes()
        later(minutes=61)
        assert (sync().code, writes()) == (0, [])
    shop.put("Чай чёрный", price="135", id=tea)
    sync()
    assert writes() == ["market.edit"]
    assert shop.prices() == {"Чай чёрный": 135}


def test_an_item_keeps_its_picture_while_the_new_one_cannot_be_had(shop, sync, give, writes, color_of):
    tea = shop.put("Чай чёрный")
    give(tea, png(RED))
    sync()
    writes()
    give(tea, b"<html>")
    shop.put("Чай чёрный", id=tea)
    sync()
    assert writes() == []
    assert near(color_of("Чай чёрный"), RED)


def test_a_picture_that_is_gone_from_the_till_gives_way_to_a_card(shop, sync, give, sandbox, color_of):
    tea = shop.put("Чай чёрный")
    give(tea, png(RED))
    sync()
    sandbox.evotor.shelves[shop.store].images.clear()
    shop.put("Чай чёрный", id=tea)
    assert sync().updated == 1
    assert not near(color_of("Чай чёрный"), RED)


def test_the_token_goes_to_no_foreign_host(shop, sync, give, elsewhere, color_of):
    give(shop.put("Чай чёрный"), b"unused")
    sync()
    assert near(color_of("Чай чёрный"), RED)
    (asked,) = elsewhere.asked
    assert "authorization" not in asked.headers
    assert seed.EVOTOR_TOKEN not in f"{asked}"


def test_a_till_without_the_right_to_pictures_publishes_cards(shop, sync, give, sandbox, merchant):
    sandbox.evotor.accounts[seed.EVOTOR_TOKEN].scopes.remove("product-image:read")
    give(shop.put("Чай чёрный"), png(RED))
    mark = sandbox.calls()
    outcome = sync()
    assert (outcome.code, outcome.created, outcome.waiting) == (0, 1, 0)
    assert images_asked(sandbox, mark) == 1
    assert Listing.objects.get().photo_source.startswith("card:")
    connection = EvotorConnection.objects.get(user=merchant)
    assert connection.is_online and not connection.last_error


def test_a_disconnected_till_leaves_its_pictures_to_be_had_without_a_token(shop, sync, give, merchant, color_of):
    give(shop.put("Чай чёрный"), png(RED))
    refresh(merchant.evotor)
    EvotorConnection.objects.update(access_token="")
    assert sync(refresh=False).created == 1
    assert near(color_of("Чай чёрный"), RED)
