"""The start page: what is still to do and where the goods stand; and the pages about one's account."""

import pytest
from django.test import Client

from tests import factories
from tests.factories import MOMENT, PASSWORD


@pytest.fixture
def owner(db):
    return factories.UserFactory()


@pytest.fixture
def browser(owner):
    client = Client()
    client.force_login(owner)
    return client


def page(browser) -> str:
    return " ".join(browser.get("/profile").content.decode().split())


def left(text: str) -> int:
    return text.count(": ещё не сделано")


def test_a_newcomer_sees_every_step(browser):
    text = page(browser)
    order = ["Подключить Эвотор", "Подключить ВКонтакте", "Выбрать магазины", "Выбрать категорию"]
    order += ["Посмотреть, что изменится", "Включить синхронизацию"]
    assert [text.index(step) for step in order] == sorted(text.index(step) for step in order)
    assert left(text) == 6


def test_each_step_is_marked_once_it_is_done(browser, owner):
    vk = factories.VkConnectionFactory(user=owner)
    evotor = factories.EvotorConnectionFactory(user=owner)
    assert left(page(browser)) == 4
    store = factories.CachedStoreFactory(connection=evotor)
    factories.SyncFilterFactory(user=owner, entity_id=store.evotor_id)
    config = factories.SyncConfigFactory(user=owner, enabled=False)
    assert left(page(browser)) == 2
    factories.SyncRunFactory(community=vk.community, status="preview", finished_at=MOMENT)
    factories.ListingFactory(community=vk.community, vk_item_id=5, sent={}, confirmed_at=MOMENT)
    text = page(browser)
    assert left(text) == 1
    assert "<dt>в ВК подтверждено</dt><dd>1</dd>" in text
    config.enabled = True
    config.save()
    assert "Что осталось сделать" not in page(browser)


def test_what_waits_for_the_merchant_leads_to_it(browser, owner):
    community = factories.VkConnectionFactory(user=owner).community
    factories.SyncConfigFactory(user=owner)
    assert "<dt>ждут вас</dt><dd>0</dd>" in page(browser)
    factories.ListingFactory(community=community, blocked="refused")
    assert '<dt>ждут вас</dt><dd><a href="/sync/decisions">1</a></dd>' in page(browser)


def test_the_page_costs_the_same_for_many(browser, owner, django_assert_max_num_queries):
    vk = factories.VkConnectionFactory(user=owner)
    store = factories.CachedStoreFactory(connection=factories.EvotorConnectionFactory(user=owner))
    for count in (1, 30):
        factories.CachedProductFactory.create_batch(count, store=store)
        factories.ListingFactory.create_batch(count, community=vk.community)
        with django_assert_max_num_queries(25):
            page(browser)


@pytest.mark.parametrize("path", ["/profile", "/profile/edit", "/profile/change-password"])
def test_nobody_else_sees_them(db, path):
    assert Client().get(path).url.startswith("/login?next=")


def test_name_and_phone_are_changed_and_a_wrong_phone_is_told(browser, owner):
    answer = browser.post("/profile/edit", {"full_name": "Анна <b>", "phone": "позвоните"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Телефон пишется цифрами" in text and "позвоните" in text
    for _twice in range(2):
        answer = browser.post("/profile/edit", {"full_name": "Анна <b>", "phone": "+7 900 123-45-67"}, follow=True)
    assert "Анна &lt;b&gt;" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.phone == "+7 900 123-45-67"


def test_a_password_is_changed_by_whoever_knows_the_old_one(browser, owner):
    new = "Совсем-другой-пароль-9"
    fields = {"oldpassword": "не тот", "password1": new, "password2": new}
    assert browser.post("/profile/change-password", fields).status_code == 200
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
    assert browser.post("/profile/change-password", fields | {"oldpassword": PASSWORD}).url == "/profile"
    owner.refresh_from_db()
    assert owner.check_password(new)
