"""The clients against the imitations: both read the same references, so each proves the other."""

import io
from decimal import Decimal

import pytest
from PIL import Image

from connections.clients import errors, vk
from connections.clients.evotor import EvotorClient
from connections.clients.vk import Ok, Refused, Unknown, VkClient
from connections.pacing import SharedPace
from sandbox import seed

OWNER = -seed.VK_GROUP_ID
NAMES = ["Чай «Ахмад» 100 г", 'Кофе "Арабика" \\ 250', "Мёд\nгречишный\u2028350 г", "Соль </script> 1 кг"]


@pytest.fixture
def client(sandbox):
    return VkClient(seed.VK_TOKEN, base_url=sandbox.vk_url, deadline=5)


@pytest.fixture
def till(sandbox):
    return EvotorClient(seed.EVOTOR_TOKEN, base_url=sandbox.evotor_url, deadline=5)


def picture(width=400, height=400):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#2F5D8A").save(file, "JPEG")
    return file.getvalue()


def photo(client):
    [server] = client.execute([vk.upload_server(seed.VK_GROUP_ID)])
    raw = client.upload(server.value["upload_url"], {"file": picture()})
    [saved] = client.execute([vk.save_photo(raw)])
    return saved.value["photo_id"]


def addition(client, **more):
    leaf = next(category for category in client.categories() if category.is_leaf)
    fields = {"name": NAMES[0], "description": "Описание товара", "price": Decimal("19.99"), "category_id": leaf.id}
    return vk.add_item(OWNER, **fields | {"main_photo_id": photo(client), "sku": "ES0123456789"} | more)


def shown(client, item_id):
    [answer] = client.execute([vk.get_by_id(OWNER, [item_id])])
    return vk.parse_item(answer.value["items"][0])


def test_an_item_lives_from_photo_to_deletion(client):
    album, added = client.execute([vk.add_album(OWNER, "Чай"), addition(client)])
    album_id, item_id = album.value["market_album_id"], added.value["market_item_id"]
    found = client.execute(
        [
            vk.edit_item(OWNER, item_id, price=Decimal("9999999.99"), stock_amount=3),
            vk.add_to_album(OWNER, [item_id], [album_id]),
            vk.edit_item(OWNER, item_id, price=Decimal("9999999.99")),
            vk.edit_item(OWNER, 999_999, price=Decimal("1")),
        ]
    )
    assert found[:2] == [Ok(1), Ok(1)]
    assert [type(one) for one in found[2:]] == [Refused, Refused]
    assert (found[2].code, found[3].code) == (100, 1403)
    item = shown(client, item_id)
    assert (item.title, item.price, item.stock, item.sku) == (NAMES[0], Decimal("9999999.99"), 3, "ES0123456789")
    assert (item.albums, len(item.photos), item.visible) == ((album_id,), 1, True)
    assert client.execute([vk.edit_item(OWNER, item_id, deleted=True)]) == [Ok(1)]
    assert shown(client, item_id).visible is False
    [albums] = client.execute([vk.get_albums(OWNER, 0)])
    assert [vk.parse_album(one).title for one in albums.value["items"]] == ["Чай"]
    assert client.execute([vk.delete_item(OWNER, item_id)]) == [Ok(1)]
    [listed] = client.execute([vk.get_items(OWNER, 0)])
    assert (listed.value["count"], listed.value["items"]) == (0, [])


@pytest.mark.parametrize("name", NAMES)
def test_texts_arrive_as_they_were_written(client, name):
    [added] = client.execute([addition(client, name=name)])
    assert shown(client, added.value["market_item_id"]).title == name


def test_five_pictures_in_one_upload_become_five_photos(client):
    [server] = client.execute([vk.upload_server(seed.VK_GROUP_ID, bulk=True)])
    files = {f"file{number}": picture(height=400 + number) for number in range(1, 6)}
    [saved] = client.execute([vk.save_photo_bulk(client.upload(server.value["upload_url"], files))])
    assert len({one["photo_id"] for one in saved.value}) == 5


def test_a_small_picture_is_refused_as_such(client):
    [server] = client.execute([vk.upload_server(seed.VK_GROUP_ID)])
    with pytest.raises(errors.UploadError, match="400x400"):
        client.upload(server.value["upload_url"], {"file": picture(100, 100)})


@pytest.mark.parametrize("kind", ["timeout", "reset", "cut", "html", "http"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_an_add_is_unknown_whether_it_was_done_or_not(client, sandbox, kind, when):
    add = addition(client)
    sandbox.faults.add(kind, method="execute", when=when, seconds=30, code=502)
    quick = VkClient(seed.VK_TOKEN, base_url=sandbox.vk_url, deadline=0.7)
    before = sandbox.calls()
    with pytest.raises(errors.OutcomeUnknown):
        quick.execute([add])
    assert quick.requests == 1
    assert len(sandbox.writes_since(before)) <= 1


def test_an_inner_error_of_the_server_is_unknown(client, sandbox):
    sandbox.faults.add("error", code=10, method="market.addAlbum")
    assert [type(one) for one in client.execute([vk.add_album(OWNER, "Чай"), vk.add_album(OWNER, "Кофе")])] == [
        Unknown,
        Ok,
    ]


def test_the_till_is_read_to_its_last_page(till, sandbox):
    store = next(till.stores())
    assert (store.id, store.name) == (seed.STORE_ID, "Лавка на Набережной")
    [only] = till.products(store.id)
    assert (only.items, only.last, only.broken) == ((), True, 0)
    assert next(till.groups(store.id)).last


def test_the_tills_refusals_are_told_apart(till, sandbox):
    with pytest.raises(errors.NotFound):
        till.product(seed.STORE_ID, "0b2e4f5a-0000-4000-8000-000000000000")
    with pytest.raises(errors.AuthenticationError):
        list(EvotorClient("none", base_url=sandbox.evotor_url).stores())
    poor = EvotorClient(seed.EVOTOR_TOKEN_NO_PRODUCTS, base_url=sandbox.evotor_url)
    with pytest.raises(errors.AccessDenied):
        list(poor.products(seed.STORE_ID))


@pytest.mark.django_db
def test_the_pace_keeps_within_what_vk_allows(running):
    running.reset()
    assert running.vk.switches["rate_limit"]
    paced = VkClient(seed.VK_TOKEN, base_url=running.vk_url, pace=SharedPace("vk:1"))
    for _call in range(8):
        paced.users_get()
    unpaced = VkClient(seed.VK_TOKEN, base_url=running.vk_url)
    with pytest.raises(errors.Throttled):
        for _call in range(8):
            unpaced.users_get()
