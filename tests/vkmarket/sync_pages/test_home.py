"""`/sync`: the switch, what happens now, the figures, the settings."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from catalog.models import SyncConfig
from evosync.base import clock
from tests import factories
from vkmarket.models import SyncRun
from vkmarket.reasons import Reason

from .conftest import text_of

FORM = {"markup_percent": "15", "rounding": "none", "card_color": "#112233"}
PAGES = ("/sync", "/sync/state", "/sync/on", "/sync/runs", "/sync/example", "/sync/card.jpg")


@pytest.fixture
def config(owner):
    return factories.SyncConfigFactory(user=owner, next_sync_at=clock.now() + timedelta(minutes=20))


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_logging_in(db, path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer.url.startswith("/login?next=")


@pytest.mark.parametrize("path", ["/sync/off", "/sync/now", "/sync/stop", "/sync/settings"])
def test_looking_changes_nothing(browser, path):
    assert browser.get(path).status_code == 405


def test_a_newcomer_is_told_what_is_missing(newcomer, asked):
    text = text_of(newcomer.get("/sync"))
    assert "ВКонтакте не подключён" in text
    assert "Синхронизация выключена" in text
    answer = newcomer.post("/sync/on", follow=True)
    assert "Сначала подключите ВКонтакте" in text_of(answer)
    assert not SyncConfig.objects.filter(enabled=True).exists()


def test_switching_on_asks_first_and_says_how_many_goods_will_appear(browser, owner, store, asked):
    group = factories.CachedGroupFactory(store=store)
    factories.CachedProductFactory.create_batch(3, store=store)
    factories.CachedProductFactory.create_batch(4, store=store, parent_id=group.evotor_id)
    off = factories.CachedProductFactory(store=store)
    on = factories.CachedProductFactory(store=store, parent_id=group.evotor_id)
    filters = ((group.evotor_id, "group", "exclude"), (off.evotor_id, "product", "exclude"))
    for entity, kind, mode in (*filters, (on.evotor_id, "product", "include")):
        factories.SyncFilterFactory(
            user=owner, entity_type=kind, entity_id=entity, mode=mode, parent_entity_id=store.evotor_id
        )
    assert "Ни один магазин не выбран" in text_of(browser.get("/sync/on"))
    factories.SyncFilterFactory(user=owner, entity_id=store.evotor_id)
    assert "появится до 4 выбранных вами товаров" in text_of(browser.get("/sync/on"))
    assert not SyncConfig.objects.filter(enabled=True).exists()
    for _twice in range(2):
        assert browser.post("/sync/on").url == "/sync"
    assert SyncConfig.objects.get(user=owner).enabled
    assert [job for job, *_rest in asked] == ["sync"]


def test_switching_off_freezes_and_says_so(browser, owner, config):
    answer = browser.post("/sync/off", follow=True)
    assert "в ВК ничего не отправляется" in text_of(answer)
    browser.post("/sync/off")
    assert not SyncConfig.objects.get(user=owner).enabled


def test_a_double_click_asks_for_one_cycle(browser, config, asked):
    browser.post("/sync/now")
    answer = browser.post("/sync/now", follow=True)
    assert [job for job, *_rest in asked] == ["sync"]
    assert "уже в очереди" in text_of(answer)


def test_the_page_tells_the_next_run_the_figures_and_the_reasons(browser, community, store, config):
    factories.ListingFactory(community=community, vk_item_id=1, sent={}, confirmed_at=clock.now(), shown=True)
    for reason in (Reason.NO_CATEGORY, Reason.NO_CATEGORY, Reason.ALCOHOL):
        factories.ListingFactory(community=community, hold=reason)
    text = text_of(browser.get("/sync"))
    assert "Следующая сверка: " in text
    assert "Не выбрана категория ВК" in text
    assert text.index("Не выбрана категория ВК") < text.index("Алкоголь нельзя продавать")
    assert "<dt>не публикуются</dt><dd>3</dd>" in text
    assert "<dt>в ВК подтверждено</dt><dd>1</dd>" in text
    assert "<dt>ждут вас</dt><dd>" in text


def test_a_run_at_work_is_watched_until_it_is_done(browser, owner, community, store, config):
    progress = {"stage": "sending", "done": 10, "total": 30}
    run = factories.SyncRunFactory(
        community=community, status="running", started_at=clock.now(), planned={"create": 40}, progress=progress
    )
    text = text_of(browser.get("/sync/state"))
    assert 'hx-trigger="every 3s"' in text
    assert "Отправка в ВК" in text
    assert "Готово 20 из 40, осталось 20" in text
    assert 'value="20" max="40"' in text
    SyncRun.objects.filter(pk=run.pk).update(status="done", finished_at=clock.now())
    assert "hx-trigger" not in text_of(browser.get("/sync/state"))


def test_another_merchants_run_is_not_shown_as_ones_own(stranger, community):
    factories.SyncRunFactory(community=community, status="running", started_at=clock.now())
    assert "Сейчас идёт" not in text_of(stranger.get("/sync"))


def test_stopping_says_so_and_asking_again_goes_on(browser, owner, community, store, config, asked):
    factories.SyncRunFactory(community=community, status="running", started_at=clock.now())
    assert "/sync/stop" in text_of(browser.get("/sync"))
    browser.post("/sync/stop")
    browser.post("/sync/stop")
    text = text_of(browser.get("/sync"))
    assert "останавливаем" in text
    assert "/sync/stop" not in text
    SyncRun.objects.update(status="done")
    assert "Остановлена вами" in text_of(browser.get("/sync"))
    browser.post("/sync/now")
    assert SyncConfig.objects.get(user=owner).stopped_at is None


def test_a_broken_connection_says_why_nothing_goes(browser, owner, store, config):
    owner.vk.record_check(clock.now(), "market_off")
    assert "выключен раздел «Товары»" in text_of(browser.get("/sync"))


def test_settings_are_saved_and_everything_is_planned_anew(browser, owner, config, asked):
    category = factories.VkCategoryFactory()
    posted = FORM | {"markup_percent": "12,5", "show_stock": "on", "default_category_id": category.category_id}
    answer = browser.post("/sync/settings", posted, follow=True)
    assert "Настройки сохранены" in text_of(answer)
    config.refresh_from_db()
    assert (config.markup_percent, config.show_stock, config.delete_absent) == (Decimal("12.50"), True, False)
    assert (config.default_category_id, config.card_color) == (category.category_id, "#112233")
    assert [job for job, *_rest in asked] == ["publish_slice"]


@pytest.mark.parametrize(
    ("markup", "language", "shown"),
    [("0", "ru", "0"), ("10", "ru", "10"), ("12.50", "ru", "12,5"), ("12.50", "en", "12.5"), ("-7.25", "ru", "-7,25")],
)
def test_the_markup_is_shown_as_one_types_it(browser, config, asked, markup, language, shown):
    config.markup_percent = Decimal(markup)
    config.save()
    page = browser.get("/sync", headers={"Accept-Language": language}).content.decode()
    assert f'name="markup_percent" value="{shown}"' in page
    browser.post("/sync/settings", FORM | {"markup_percent": shown})
    config.refresh_from_db()
    assert config.markup_percent == Decimal(markup)


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("markup_percent", "-95", "Скидка не может быть больше 90 %"),
        ("markup_percent", "много", "Введите число"),
        ("card_color", "red", "Выберите цвет"),
        ("default_category_id", "999", "больше нет"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(browser, config, asked, field, wrong, said):
    answer = browser.post("/sync/settings", FORM | {field: wrong})
    assert answer.status_code == 422
    text = text_of(answer)
    assert said in text
    assert field == "default_category_id" or wrong in text
    config.refresh_from_db()
    assert (config.markup_percent, config.default_category_id, asked) == (0, 5001, [])


def test_the_example_shows_prices_as_vk_will(browser, config):
    text = text_of(browser.get("/sync/example", {"markup_percent": "15", "rounding": "none"}))
    assert "100,00 ₽" in text and "→ 115,00 ₽" in text
    assert "→" not in text_of(browser.get("/sync/example", {"markup_percent": "x", "rounding": "none"})).split("ul")[0]


def test_the_example_begins_with_the_colour_that_is_set(browser, config):
    config.card_color = "#2f6b4f"
    config.save()
    assert "/sync/card.jpg?color=%232f6b4f" in text_of(browser.get("/sync"))


def test_the_card_is_drawn_in_the_colour(browser, store):
    factories.CachedProductFactory(store=store, name="Чай")
    answer = browser.get("/sync/card.jpg", {"color": "#ff0000"})
    assert answer["Content-Type"] == "image/jpeg"
    red, green, blue = Image.open(BytesIO(answer.content)).getpixel((400, 60))
    assert red > 150 > green and blue < 100


def test_the_page_costs_the_same_for_many(browser, owner, community, store, config, django_assert_max_num_queries):
    for count in (1, 30):
        for row in factories.CachedProductFactory.create_batch(count, store=store):
            listing = factories.ListingFactory(community=community, hold=Reason.ALCOHOL)
            factories.ListingSourceFactory(listing=listing, product=row)
        factories.SyncRunFactory.create_batch(count, community=community, status="done", started_at=clock.now())
        with django_assert_max_num_queries(26):
            browser.get("/sync")
        with django_assert_max_num_queries(17):
            browser.get("/sync/state")
