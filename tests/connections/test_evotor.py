"""The client of Evotor's API, against a server that answers as it is told to."""

from decimal import Decimal

import pytest

from connections.clients import errors
from connections.clients.evotor import EvotorClient

from .scripted import HTML, closes, cuts, hangs, resets, says, says_json

TOKEN = "SECRET-7b3c"
STORE = "20170228-F4F1-401B-80FA-9ECCA8451FFB"
TEA = {
    "id": "0B2e4f5a-tea",
    "name": "Чай «Ахмад» 100 г",
    "type": "NORMAL",
    "price": 19.99,
    "cost_price": 100.123,
    "quantity": -175.5,
    "measure_name": "шт",
    "allow_to_sell": True,
    "barcodes": ["4600000000017"],
    "updated_at": "2018-09-11T16:18:35.397+0000",
}


def page(*items, cursor=None):
    return says_json({"items": items, "paging": {"next_cursor": cursor} if cursor else {}})


def numbered(number):
    return TEA | {"id": f"tea-{number}"}


@pytest.fixture
def client(server):
    return EvotorClient(TOKEN, base_url=server.url + "/evotor")


def test_stores_are_asked_for_in_the_second_version_with_the_token_in_a_header(server, client):
    server.answer(page({"id": STORE, "name": "Лавка на Мира"}, {"name": "без номера"}))
    assert [(store.id, store.name) for store in client.stores()] == [(STORE, "Лавка на Мира")]
    [asked] = server.asked
    assert (asked.verb, asked.path) == ("GET", "/evotor/stores")
    assert asked.headers["accept"] == "application/vnd.evotor.v2+json"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"


def test_pages_follow_the_cursor_to_the_empty_paging(server, client):
    server.answer(page(numbered(1), numbered(2), cursor="a+b/c="), page(numbered(3)))
    pages = list(client.products(STORE))
    assert [([one.id for one in p.items], p.last) for p in pages] == [(["tea-1", "tea-2"], False), (["tea-3"], True)]
    assert [asked.path for asked in server.asked] == [
        f"/evotor/stores/{STORE}/products",
        f"/evotor/stores/{STORE}/products?cursor=a%2Bb%2Fc%3D",
    ]


def test_a_page_is_asked_for_only_when_it_is_wanted(server, client):
    server.answer(page(numbered(1), cursor="next"))
    next(client.products(STORE))
    assert client.requests == 1


def test_a_cursor_that_comes_again_ends_the_list_as_bad(server, client, naps):
    server.answer(page(numbered(1), cursor="a"), page(numbered(2), cursor="b"), page(numbered(3), cursor="a"))
    seen = []
    with pytest.raises(errors.BadAnswer, match="circle"):
        for one in client.products(STORE):
            seen.append(one.last)
    assert not any(seen)


@pytest.mark.parametrize(
    "script",
    [
        HTML,
        says("[]"),
        says("{}"),
        says('{"items": {}}'),
        says('{"items": [], "paging": 5}'),
        says('{"items": [1'),
        says("[" * 99_999),
    ],
)
def test_what_is_no_page_is_a_bad_answer_and_never_a_last_page(server, client, naps, script):
    server.answer(script)
    with pytest.raises(errors.BadAnswer):
        list(client.products(STORE))
    assert len(server.asked) == 4


def test_a_read_that_breaks_in_the_middle_never_shows_a_last_page(server, client, naps):
    server.answer(page(numbered(1), cursor="next"), cuts)
    seen = []
    with pytest.raises(errors.TransientError):
        for one in client.products(STORE):
            seen.append(one.last)
    assert seen == [False]


def test_broken_products_are_counted_and_the_rest_is_read(server, client):
    server.answer(page(TEA, {"id": "x"}, {"name": "Чай"}, None, {"id": "y", "name": " "}))
    [only] = client.products(STORE)
    assert ([one.name for one in only.items], only.broken) == (["Чай «Ахмад» 100 г"], 4)


@pytest.mark.parametrize(
    ("status", "kind", "fault"),
    [
        (401, errors.AuthenticationError, "token"),
        (402, errors.NotInstalled, "forbidden"),
        (403, errors.AccessDenied, "forbidden"),
        (404, errors.NotFound, "refused"),
        (400, errors.PermanentError, "refused"),
        (406, errors.PermanentError, "refused"),
    ],
)
def test_a_refusal_is_named_and_not_asked_again(server, client, status, kind, fault):
    body = {
        "code": "validation_failed",
        "message": f"плохо: {TOKEN}",
        "violations": [{"subject": "id", "reason": "нет"}],
    }
    server.answer(says_json(body, status))
    with pytest.raises(errors.PermanentError) as refused:
        client.product(STORE, "x")
    assert (type(refused.value), refused.value.code, refused.value.fault) == (kind, status, fault)
    assert refused.value.message == "validation_failed; плохо: ***; id: нет"
    assert len(server.asked) == 1


def test_a_refusal_without_a_form_is_borne(server, client):
    server.answer(says("<h1>Unauthorized</h1>", 401))
    with pytest.raises(errors.AuthenticationError, match="no explanation"):
        list(client.stores())


@pytest.mark.parametrize("script", [resets, closes, cuts, HTML, says("{}", 503), says("", 302, Location="/login")])
def test_a_failed_read_is_tried_again_with_growing_pauses(server, client, naps, script):
    server.answer(script, script, page(TEA))
    [only] = client.products(STORE)
    assert only.last and len(server.asked) == 3
    assert 0.5 <= naps[0] < 1 and 1.5 <= naps[1] < 2


def test_a_till_that_hangs_is_not_asked_on_and_on(server, naps):
    client = EvotorClient(TOKEN, base_url=server.url + "/evotor", deadline=0.3, patience=0.45)
    server.answer(says("{}", 503), hangs)
    with pytest.raises(errors.TransientError, match=r"no answer within 0\.3 s"):
        list(client.stores())
    # Of a long reading one lost answer is borne.
    assert len(server.asked) == 3


def test_a_read_that_fails_again_and_again_is_given_up(server, client, naps):
    server.answer(says("{}", 500))
    with pytest.raises(errors.TransientError) as lost:
        list(client.stores())
    assert (lost.value.code, len(server.asked)) == (500, 4)


def test_a_limit_is_waited_for_as_long_as_evotor_says(server, client, naps):
    server.answer(says("", 429, Retry_After="7"), says("", 429, X_RateLimit_Reset="3"), page(TEA))
    assert [only.last for only in client.products(STORE)] == [True]
    assert 7 <= naps[0] < 8 and 3 <= naps[1] < 4


def test_a_long_limit_is_left_to_the_caller(server, client, naps):
    server.answer(says("", 429, Retry_After="3600"))
    with pytest.raises(errors.Throttled) as refused:
        list(client.stores())
    assert (refused.value.retry_after, naps, len(server.asked)) == (3600, [], 1)


def test_nothing_listening_is_not_run(naps):
    with pytest.raises(errors.NotSent):
        list(EvotorClient(TOKEN, base_url="http://127.0.0.1:9").stores())


@pytest.mark.parametrize("token", ["", "токен", "a\nHost: x", "a b"])
def test_a_token_that_is_none_is_not_sent(server, token):
    with pytest.raises(errors.AuthenticationError):
        list(EvotorClient(token, base_url=server.url).stores())
    assert server.asked == []


def test_ids_stay_inside_their_place_in_the_path(server, client):
    server.answer(says_json(TEA))
    assert client.product("../a?b", "c/d").name == TEA["name"]
    assert server.asked[0].path == "/evotor/stores/..%2Fa%3Fb/products/c%2Fd"


def test_a_picture_of_evotors_own_host_is_fetched_with_the_token(server, client):
    server.answer(says(b"\x89PNG", kind="image/png"))
    assert client.image(server.url + "/pictures/1") == b"\x89PNG"
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("api", "address"),
    [
        ("https://{host}", "http://{host}/1.png"),
        ("http://{host}1", "http://{host}/1.png"),
        ("http://127.0.0.1:9", "http://{host}/1.png"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9@{host}/1.png"),
        ("http://evotor.example", "http://{host}/http://evotor.example/1.png"),
        ("http://evotor.example", "http://{host}\\@evotor.example/1.png"),
    ],
)
def test_the_token_goes_to_no_other_host(server, api, address):
    host = server.url.removeprefix("http://")
    server.answer(says(b"\x89PNG", kind="image/png"))
    client = EvotorClient(TOKEN, base_url=api.format(host=host) + "/evotor")
    assert client.image(address.format(host=host)) == b"\x89PNG"
    (asked,) = server.asked
    assert TOKEN not in f"{asked.path} {asked.headers}"


def test_a_picture_that_lies_elsewhere_is_not_followed(server, client, naps):
    server.answer(says(b"", 302, Location="http://127.0.0.1:9/1.png"))
    with pytest.raises(errors.BadAnswer):
        client.image(server.url + "/pictures/1")
    assert {asked.path for asked in server.asked} == {"/pictures/1"}


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://127.0.0.1/1.png", "//127.0.0.1/1.png", ""])
def test_a_picture_is_fetched_from_the_web_alone(server, client, address):
    with pytest.raises(errors.PermanentError):
        client.image(address)
    assert server.asked == []


@pytest.mark.parametrize("answer", [says("{}", 500), says("", 429, Retry_After="1"), HTML])
def test_addresses_of_pictures_are_asked_for_once(server, client, naps, answer):
    server.answer(answer)
    with pytest.raises(errors.TransientError):
        client.image_urls(STORE, "tea")
    assert (len(server.asked), naps) == (1, [])


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({"X_RateLimit_Limit": "200", "X_RateLimit_Remaining": "50"}, 0.25),
        ({"X_RateLimit_Limit": "200", "X_RateLimit_Remaining": "-1"}, 0),
        ({"X_RateLimit_Limit": "0", "X_RateLimit_Remaining": "0"}, None),
        ({"X_RateLimit_Limit": "many", "X_RateLimit_Remaining": "1"}, None),
        ({}, None),
    ],
)
def test_what_is_left_of_the_allowance_is_told(server, client, told, left):
    server.answer(says_json({"items": [], "paging": {}}, **told))
    list(client.stores())
    assert client.allowance_left == left


def test_addresses_of_pictures_are_read_from_the_list(server, client):
    server.answer(page({"id": "1", "url": "https://example.org/1.png"}, {"id": "2"}, None))
    assert client.image_urls(STORE, "tea") == ["https://example.org/1.png"]


def test_the_client_does_not_show_its_token(client):
    assert TOKEN not in repr(client) + str(client)


def test_a_product_to_the_kopeck(server, client):
    raw = '{"id": "a", "name": "Чай", "price": 9999999.99, "cost_price": 0.29, "quantity": 1e2, "tax": "VAT_20"}'
    server.answer(says(raw))
    product = client.product(STORE, "a")
    assert (product.price, product.cost_price, product.quantity) == (
        Decimal("9999999.99"),
        Decimal("0.29"),
        Decimal(100),
    )
    assert (product.type, product.allow_to_sell, product.barcodes, product.parent_id) == (None, None, None, None)
