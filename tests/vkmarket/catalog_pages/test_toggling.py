"""The switches: absolute, repeatable, and asking first where much would leave VK."""

import pytest
from django_q.models import OrmQ

from catalog.models import CachedStore, SyncFilter
from tests.factories import MOMENT, CachedStoreFactory, EvotorConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db
STORE = "/catalog/stores/STORE/toggle"
GROUP = "/catalog/stores/STORE/groups/tea/toggle"
UNGROUPED = "/catalog/stores/STORE/groups/ungrouped/toggle"
SELECTION = "/catalog/stores/STORE/products/toggle"


def switch_of(product) -> str:
    return f"/catalog/stores/STORE/products/{product.evotor_id}/toggle"


def choices() -> dict:
    return dict(SyncFilter.objects.values_list("entity_id", "mode"))


@pytest.mark.parametrize("mode", ["include", "exclude"])
def test_a_switch_is_absolute_and_may_be_repeated(shop, owner, put, mode):
    product = put("Чай чёрный")
    for address, thing in ((STORE, "STORE"), (GROUP, "tea"), (UNGROUPED, "ungrouped"), (switch_of(product), None)):
        for _again in range(2):
            assert owner.post(address, {"mode": mode}).status_code == 302
            assert choices()[thing or product.evotor_id] == mode
        owner.post(address, {"mode": "inherit"})
        assert (thing or product.evotor_id) not in choices()


def test_a_switch_asks_for_a_run_soon(shop, owner, put):
    product = put("Чай чёрный")
    owner.post(switch_of(product), {"mode": "exclude"})
    owner.post(GROUP, {"mode": "exclude"})
    asked = [task.task for task in OrmQ.objects.order_by("pk")]
    assert [task["func"] for task in asked] == ["vkmarket.tasks.publish_slice"] * 2
    assert [task["kwargs"]["products"] for task in asked] == [[product.pk], []]


@pytest.mark.parametrize("mode", ["", "on", "INCLUDE", None])
def test_an_unknown_mode_changes_nothing_and_says_so(shop, owner, put, mode):
    product, before = put("Чай чёрный"), choices()
    for address in (STORE, GROUP, UNGROUPED, switch_of(product)):
        answer = owner.post(address, {} if mode is None else {"mode": mode})
        assert answer.status_code == 400 and "Непонятно, что сделать" in answer.content.decode()
    assert choices() == before


def test_others_stores_are_not_there(shop, owner, stranger, client, put):
    product = put("Чай чёрный")
    CachedStoreFactory(connection=EvotorConnectionFactory(), evotor_id="ELSE")
    for address in (STORE, GROUP, UNGROUPED, switch_of(product), SELECTION):
        assert stranger.post(address, {"mode": "exclude"}).status_code == 404
        assert owner.post(address.replace("STORE", "ELSE"), {"mode": "exclude"}).status_code == 404
        assert client.post(address, {"mode": "exclude"}).url.startswith("/login")
        assert owner.get(address).status_code == 405
    assert owner.post("/catalog/stores/STORE/groups/none/toggle", {"mode": "exclude"}).status_code == 404
    assert owner.post("/catalog/stores/STORE/products/none/toggle", {"mode": "exclude"}).status_code == 404
    assert choices() == {"STORE": "include"}


def test_many_goods_leave_only_after_a_question_with_their_number(shop, owner, put):
    for number in range(12):
        put(f"Чай {number:02}", "green", in_vk=True)
    question = owner.post(GROUP, {"mode": "exclude", "next": "/catalog/stores/STORE/groups"})
    page = question.content.decode()
    assert question.status_code == 200 and "Убрать из ВК 12 товаров?" in page
    assert "tea" not in choices()
    assert 'name="confirm" value="12"' in page and 'name="mode" value="exclude"' in page
    put("Чай ещё один", "tea", in_vk=True)
    # What was agreed to was another number.
    assert "13 товаров" in owner.post(GROUP, {"mode": "exclude", "confirm": "12"}).content.decode()
    assert owner.post(GROUP, {"mode": "exclude", "confirm": "13"}).status_code == 302
    assert choices()["tea"] == "exclude"


def test_what_stays_by_a_nearer_choice_is_not_counted(shop, owner, put):
    for number in range(9):
        put(f"Чай {number}", "green", in_vk=True)
    kept = put("Чай любимый", "tea", in_vk=True)
    SyncFilter.objects.create(
        user=shop.user, entity_type="product", entity_id=kept.evotor_id, parent_entity_id="STORE", mode="include"
    )
    assert owner.post(GROUP, {"mode": "exclude"}).status_code == 302
    assert owner.post(GROUP, {"mode": "include"}).status_code == 302
    put("Чай десятый", "tea", in_vk=True)
    assert "10 товаров" in owner.post(GROUP, {"mode": "exclude"}).content.decode()
    owner.post("/catalog/stores/STORE/groups/green/toggle", {"mode": "include"})
    assert owner.post(GROUP, {"mode": "exclude"}).status_code == 302


@pytest.mark.parametrize("mode", ["exclude", "inherit"])
def test_a_store_going_off_counts_all_that_it_shows(shop, owner, put, mode):
    for number in range(10):
        put(f"Чай {number}", in_vk=True)
    put("Скрытый", listing={"vk_item_id": 5, "shown": False})
    assert "10 товаров" in owner.post(STORE, {"mode": mode}).content.decode()
    assert owner.post(STORE, {"mode": mode, "confirm": "10"}).status_code == 302


def test_an_own_choice_that_is_taken_back_may_empty_the_showcase_too(shop, owner, put):
    goods = [put(f"Чай {number}", "green", in_vk=True) for number in range(10)]
    owner.post("/catalog/stores/STORE/groups/green/toggle", {"mode": "include"})
    owner.post(GROUP, {"mode": "exclude"})
    green = "/catalog/stores/STORE/groups/green/toggle"
    assert "10 товаров" in owner.post(green, {"mode": "inherit"}).content.decode()
    owner.post(SELECTION, {"mode": "include", "product": [product.evotor_id for product in goods]})
    assert owner.post(green, {"mode": "inherit"}).status_code == 302
    page = owner.post(SELECTION, {"mode": "inherit", "all": "1"}).content.decode()
    assert "10 товаров" in page and 'name="all" value="1"' in page


def test_goods_without_a_group_leave_together(shop, owner, put):
    for number in range(10):
        put(f"Чай {number}", "gone" if number % 2 else "", in_vk=True)
    put("Чай в группе", "tea", in_vk=True)
    assert "10 товаров" in owner.post(UNGROUPED, {"mode": "exclude"}).content.decode()


def test_a_selection_is_switched_at_once(shop, owner, put):
    goods = [put(f"Чай {number}") for number in range(4)]
    ids = [product.evotor_id for product in goods[:2]]
    assert owner.post(SELECTION, {"mode": "exclude", "product": [*ids, "unknown"]}).status_code == 302
    assert choices() == {"STORE": "include"} | dict.fromkeys(ids, "exclude")
    owner.post(SELECTION, {"mode": "inherit", "product": ids})
    assert choices() == {"STORE": "include"}


def test_all_that_was_found_is_switched_page_by_page_or_not(shop, owner, put, monkeypatch):
    monkeypatch.setattr("vkmarket.choosing.BATCH", 3)
    goods = [put(f"Чай {number}", "green" if number < 7 else "") for number in range(10)]
    owner.post(SELECTION, {"mode": "exclude", "all": "1", "group": "tea"})
    assert choices() == {"STORE": "include"} | {product.evotor_id: "exclude" for product in goods[:7]}
    assert OrmQ.objects.count() == 1
    owner.post(SELECTION, {"mode": "include", "all": "1", "q": "чай 9"})
    assert choices()[goods[9].evotor_id] == "include"


def test_an_empty_selection_is_told(shop, owner):
    page = owner.post(SELECTION, {"mode": "exclude"}, follow=True).content.decode()
    assert "Ничего не выбрано" in page


def test_without_a_community_the_choice_is_kept_for_later(client):
    store = CachedStoreFactory(evotor_id="ALONE")
    client.force_login(store.connection.user)
    assert client.post("/catalog/stores/ALONE/toggle", {"mode": "include"}).status_code == 302
    assert choices() == {"ALONE": "include"} and not OrmQ.objects.exists()


def test_htmx_gets_the_changed_piece_or_the_question(shop, owner, put):
    product = put("Чай <b>чёрный</b>", in_vk=True)
    htmx = {"HTTP_HX_REQUEST": "true"}
    row = owner.post(switch_of(product), {"mode": "exclude"}, **htmx).content.decode()
    assert row.strip().startswith("<tr") and "Будет скрыт" in row and "<b>чёрный" not in row
    line = owner.post(GROUP, {"mode": "exclude"}, **htmx).content.decode()
    assert line.strip().startswith("<li") and 'id="messages"' in line and "Выключено" in line
    card = owner.post(STORE, {"mode": "exclude"}, **htmx).content.decode()
    assert card.strip().startswith("<section") and "Включить" in card
    owner.post(STORE, {"mode": "include"})
    for number in range(10):
        put(f"Чай {number}", in_vk=True)
    question = owner.post(STORE, {"mode": "exclude"}, **htmx)
    assert (question["HX-Retarget"], question["HX-Reselect"]) == ("#dialog-body", "#ask")


def test_a_group_that_was_found_goes_on_saying_where_it_lies(shop, owner):
    place = '<small class="text-body-secondary">Чай</small>'
    for query, is_told in (("?q=зел", True), ("?in=tea", False), ("", False)):
        form = {"mode": "exclude", "next": f"/catalog/stores/STORE/groups{query}"}
        line = owner.post("/catalog/stores/STORE/groups/green/toggle", form, HTTP_HX_REQUEST="true").content.decode()
        assert (place in line) is is_told


@pytest.mark.parametrize("told", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_back_is_ours(shop, owner, told):
    assert owner.post(GROUP, {"mode": "include", "next": told}).url == "/catalog/stores/STORE/groups"
    assert owner.post(GROUP, {"mode": "include", "next": "/catalog/stores?x=1"}).url == "/catalog/stores?x=1"


def test_two_merchants_of_one_till_choose_apart(shop, owner, put):
    twin = CachedStoreFactory(connection=EvotorConnectionFactory(user=UserFactory()), evotor_id="STORE")
    owner.post(STORE, {"mode": "exclude"})
    assert not SyncFilter.objects.filter(user=twin.connection.user).exists()


def test_a_store_that_is_gone_is_not_switched_on(shop, owner, stranger, put):
    product = put("Чай чёрный", in_vk=True)
    CachedStore.objects.update(absent_since=MOMENT, error="other_account")
    owner.post(STORE, {"mode": "exclude"})
    before = choices()
    for address in (STORE, GROUP, switch_of(product)):
        for _again in range(2):
            page = owner.post(address, {"mode": "include"}, follow=True).content.decode()
            assert "Этого магазина больше нет в Эвотор" in page
        piece = owner.post(address, {"mode": "include"}, headers={"HX-Request": "true"}).content.decode()
        assert "Этого магазина больше нет в Эвотор" in piece and "<html" not in piece
        assert stranger.post(address, {"mode": "include"}).status_code == 404
    assert choices() == before == {"STORE": "exclude"}


def test_what_a_store_that_is_gone_shows_in_vk_can_be_switched_off(shop, owner, put):
    put("Чай чёрный", in_vk=True)
    CachedStoreFactory(connection=shop.store.connection, evotor_id="NEW", name="Альфа")
    CachedStore.objects.filter(evotor_id="STORE").update(absent_since=MOMENT, error="other_account", name="Авангард")
    page = owner.get("/catalog/stores").content.decode()
    assert page.index("Альфа") < page.index("Авангард") and "больше нет в Эвотор" in page
    assert "из другого аккаунта Эвотор" in page and f'action="{STORE}"' in page
    piece = owner.post(STORE, {"mode": "exclude"}, headers={"HX-Request": "true"}).content.decode()
    assert "Авангард" in piece and f'action="{STORE}"' not in piece
    assert "Включить его нельзя" in owner.get("/catalog/stores/STORE/groups").content.decode()
    assert "больше нет в Эвотор" in owner.get("/catalog/filters").content.decode()
