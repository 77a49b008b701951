"""The till and the window."""

import re

import pytest
import requests

from sandbox import paper, seed, window_page
from sandbox.server import Sandbox
from tests.sandbox.conftest import GROUP

STORE = seed.STORE_ID


@pytest.fixture(scope="module")
def shop():
    with Sandbox() as running:
        yield running


def page(sandbox, path: str, **params) -> str:
    answer = requests.get(f"{sandbox.url}{path}", params=params, timeout=10)
    assert answer.status_code == 200
    return answer.text


def act(sandbox, what: str, **form) -> requests.Response:
    return requests.post(f"{sandbox.url}/till/{what}", data={"store": STORE} | form, timeout=10)


def test_the_till_shows_stores_groups_and_goods_escaped(shop):
    text = page(shop, "/till", q="акция")
    assert "Лавка на Набережной" in text
    assert "Чай и кофе / Зелёный чай" in text
    assert "&lt;b&gt;Акция!&lt;/b&gt;" in text
    assert "<b>Акция" not in text


def test_the_till_finds_by_words_barcode_and_article(shop):
    row = next(one for one in shop.evotor.products(STORE) if "barcodes" in one)
    for words in (row["barcodes"][0], row["article_number"], row["name"].upper()):
        assert row["id"] in page(shop, "/till", q=words)


def test_groups_and_pages_of_the_till_cover_all(shop):
    seen, groups, looked_at = set(), {""}, set()
    while ahead := groups - looked_at:
        group = ahead.pop()
        looked_at.add(group)
        for number in range(1, 10):
            text = page(shop, "/till", store=STORE, group=group, page=number)
            seen |= set(re.findall(r'name="id" value="([^"]+)"', text))
            groups |= set(re.findall(r'class="folder [^>]*group=([^"]+)"', text))
    assert seen == {one["id"] for one in shop.evotor.products(STORE)}


def test_a_folder_tells_how_many_goods_lie_in_it_and_below(sandbox):
    above = sandbox.evotor.put_group(STORE, {"name": "Чай"})
    below = sandbox.evotor.put_group(STORE, {"name": "Зелёный", "parent_id": above})
    for parent in (above, below, below):
        sandbox.evotor.put_product(STORE, {"name": "Пачка", "price": 5, "parent_id": parent})
    assert "<strong>Чай</strong><span>3</span>" in page(sandbox, "/till")
    assert "<strong>Зелёный</strong><span>2</span>" in page(sandbox, "/till", group=above)


def test_the_tape_shows_the_last_receipts(sandbox):
    product = sandbox.evotor.put_product(STORE, {"name": "Чай <Ассам>", "price": 5, "quantity": 9})
    assert "Чеков ещё нет" in page(sandbox, "/till")
    text = act(sandbox, "sell", id=product, quantity="3").text
    assert "Продажа № 1" in text
    assert "Чай &lt;Ассам&gt; × 3" in text
    assert "15 ₽" in text


def test_a_price_of_half_a_rouble_has_both_digits(sandbox):
    sandbox.evotor.put_product(STORE, {"name": "Баранки", "price": 150.5, "quantity": 9})
    sandbox.evotor.put_product(STORE, {"name": "Сушки", "price": 150.0, "quantity": 9})
    text = page(sandbox, "/till")
    assert "<b>150,50 ₽</b>" in text and "<b>150 ₽</b>" in text


def test_selling_pricing_adding_removing(sandbox):
    answer = act(sandbox, "add", name="Чай <Ассам>", price="1 234,50", quantity="7,5")
    assert answer.history[0].status_code == 303
    assert "Добавлено: Чай &lt;Ассам&gt;" in answer.text
    (row,) = sandbox.evotor.products(STORE)
    assert (row["price"], row["quantity"], row["type"]) == (1234.5, 7.5, "NORMAL")
    act(sandbox, "sell", id=row["id"], quantity="0.5")
    act(sandbox, "price", id=row["id"], price="99,99")
    (row,) = sandbox.evotor.products(STORE)
    assert (row["price"], row["quantity"]) == (99.99, 7)
    act(sandbox, "remove", id=row["id"])
    assert sandbox.evotor.products(STORE) == []


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("price", {"price": "дорого"}),
        ("price", {"price": "1,999"}),
        ("price", {"price": "-1"}),
        ("price", {"price": "10000000"}),
        ("sell", {"quantity": "0"}),
        ("sell", {"quantity": "nan"}),
        ("add", {"name": " ", "price": "1"}),
    ],
)
def test_mistakes_are_told_and_change_nothing(sandbox, what, form):
    product = sandbox.evotor.put_product(STORE, {"name": "Чай", "price": 5, "quantity": 1})
    before = sandbox.evotor.products(STORE)
    answer = act(sandbox, what, id=product, **form)
    assert answer.status_code == 400
    assert "Назад" in answer.text
    assert sandbox.evotor.products(STORE) == before


def test_what_is_not_there_is_404(sandbox):
    assert act(sandbox, "sell", id="nothing").status_code == 404
    assert act(sandbox, "add", store="nothing", name="Чай", price="1").status_code == 404
    assert requests.get(f"{sandbox.url}/nothing", timeout=5).status_code == 404


def test_looking_at_an_act_changes_nothing(sandbox):
    answer = requests.get(f"{sandbox.url}/till/remove", timeout=5)
    assert answer.url.endswith("/till")


def test_the_window_shows_what_a_visitor_sees(sandbox):
    vk = sandbox.vk
    group = vk.groups[GROUP]
    tea = vk.add_foreign_item(GROUP, name="Чай <Ассам>", price=24_550, old_price=30_000, main_photo_id=17)
    vk.add_foreign_item(GROUP, name="Кофе зерновой", price=100, stock_amount=0)
    vk.add_foreign_item(GROUP, name="Скрытый товар", deleted=True)
    vk.delete_by_hand(GROUP, vk.add_foreign_item(GROUP, name="Удалённый товар"))
    common = {"is_main": False, "is_hidden": False, "photo_id": 0, "updated_time": 0, "position": 1.0}
    group.put("albums", 5, common | {"id": 5, "title": "Чай & кофе"})
    vk.edit_by_hand(GROUP, tea, album_ids=[5])
    text = page(sandbox, "/window")
    assert "Чай &amp; кофе" in text
    assert "Чай &lt;Ассам&gt;" in text
    assert "245,50 ₽" in text
    assert "300 ₽" in text
    assert "/vk/photo/17.jpg" in text
    assert "нет в наличии" in text
    assert "Без подборки" in text
    assert "Скрытый" not in text
    assert "Удалённый" not in text
    assert "Товаров на витрине: 2" in text


def test_an_item_of_the_window_has_a_page_and_a_hidden_one_none(sandbox):
    tea = sandbox.vk.add_foreign_item(GROUP, name="Чай", description="Лист <крупный>", price=24_550)
    text = page(sandbox, "/window", item=tea)
    assert "Лист &lt;крупный&gt;" in text
    assert "245,50 ₽" in text
    hidden = sandbox.vk.add_foreign_item(GROUP, name="Скрытый товар", deleted=True)
    told = page(sandbox, "/window", item=hidden)
    assert "Скрытый" not in told and "покупатель не видит" in told


def test_the_window_searches_and_sorts(sandbox):
    for name, price in (("Чай дорогой", 900), ("Чай дешёвый", 100), ("Кофе", 500)):
        sandbox.vk.add_foreign_item(GROUP, name=name, price=price)
    text = page(sandbox, "/window", sort="cheap")
    assert text.index("Чай дешёвый") < text.index("Кофе") < text.index("Чай дорогой")
    text = page(sandbox, "/window", q="ЧАЙ", sort="dear")
    assert text.index("Чай дорогой") < text.index("Чай дешёвый")
    assert "Кофе" not in text
    assert "Ничего не найдено" in page(sandbox, "/window", q="сахар")


def test_a_long_shelf_is_shown_in_part_and_paged(sandbox):
    for number in range(paper.ON_PAGE + 5):
        sandbox.vk.add_foreign_item(GROUP, name=f"Товар {number}")
    text = page(sandbox, "/window")
    assert text.count("<article") == window_page.ON_SHELF
    assert f"Показать все: {paper.ON_PAGE + 5}" in text
    assert page(sandbox, "/window", album=0).count("<article") == paper.ON_PAGE
    assert page(sandbox, "/window", album=0, page=2).count("<article") == 5
    assert page(sandbox, "/window", album=0, page=99).count("<article") == 5


def test_a_market_that_is_off_says_so(sandbox):
    assert "отключён" in page(sandbox, "/window", group=seed.VK_GROUP_MARKET_OFF)


def test_the_start_page_leads_to_both(sandbox):
    text = page(sandbox, "/")
    assert 'href="/till"' in text
    assert 'href="/window"' in text


def test_the_start_page_shows_the_tokens_that_work(sandbox):
    text = page(sandbox, "/")
    good = (seed.EVOTOR_TOKEN, seed.SECOND_EVOTOR_TOKEN, seed.VK_TOKEN, seed.SECOND_VK_TOKEN)
    assert all(f"<code>{token}</code>" in text for token in good)
    assert f"<code>{seed.VK_GROUP_ID}</code> «{seed.VK_GROUP_NAME}»" in text
    bad = (seed.EVOTOR_TOKEN_NO_PRODUCTS, seed.VK_TOKEN_EXPIRED, seed.VK_TOKEN_COMMUNITY, seed.VK_TOKEN_NO_SCOPE)
    assert not any(word in text for word in (*bad, seed.VK_TOKEN_NOT_ADMIN, str(seed.VK_GROUP_MARKET_OFF)))


def by_hand(sandbox, **form) -> requests.Response:
    return requests.post(f"{sandbox.url}/window/add", data={"group": GROUP} | form, timeout=10)


def test_an_item_is_added_in_vk_by_hand(sandbox):
    answer = by_hand(sandbox, name="Чай <Ассам>", price="245,50", sku="Ч-1")
    assert f"/window?group={GROUP}" in answer.url
    assert "Добавлено от руки: Чай &lt;Ассам&gt;" in answer.text and "245,50 ₽" in answer.text
    (row,) = sandbox.vk.items(GROUP)
    assert (row["name"], row["price"], row["sku"]) == ("Чай <Ассам>", 24_550, "Ч-1")


def test_a_wrong_item_by_hand_is_told_and_not_added(sandbox):
    for form in ({"name": "Ча", "price": "5"}, {"name": "Чай чёрный", "price": "дорого"}, {"name": "Чай чёрный"}):
        assert by_hand(sandbox, **form).status_code == 400
    assert by_hand(sandbox, name="Чай чёрный", price="5", group="7").status_code == 400
    assert requests.get(f"{sandbox.url}/window/add", timeout=10).url.endswith("/window")
    assert sandbox.vk.items(GROUP) == []
