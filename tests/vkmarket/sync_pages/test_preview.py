"""`/sync/preview`: what would change; allowing and declining it."""

import pytest

from evosync.base import clock
from tests import factories
from vkmarket import previews
from vkmarket.models import SyncRun
from vkmarket.reasons import Reason

from .conftest import logged_in, text_of

LINES = [
    {"kind": "update", "name": "Чай <b>", "fields": {"price": ["120.00", "135.00"], "stock": [3, -1]}, "price": "135"},
    {"kind": "create", "name": "Кофе", "fields": {}, "price": "400.00", "block": "guard_creates"},
    {"kind": "hide", "name": "Вино", "fields": {"visible": [True, False]}, "price": "900", "hold": "alcohol"},
]


@pytest.fixture
def made(community):
    return factories.SyncRunFactory(
        community=community,
        status="preview",
        started_at=clock.now(),
        finished_at=clock.now(),
        planned={"update": 1, "create": 300, "hide": 1},
        lines=LINES,
        verdict={"prices": {"prices": 12, "shown": 20}},
        counts={"products": 320, "held": 5, "reasons": {"zero_price": 2, "alcohol": 3}},
    )


def test_before_the_first_one_it_says_what_it_will_be(browser, newcomer):
    assert "Ничего не отправляется" in text_of(browser.get("/sync/preview"))
    assert "ВКонтакте не подключён" in text_of(newcomer.get("/sync/preview"))
    newcomer.post("/sync/preview/start")
    assert not SyncRun.objects.exists()


def test_asking_twice_makes_one_and_the_page_waits_for_it(browser, asked, monkeypatch):
    monkeypatch.setattr("vkmarket.previews.enqueue", lambda *args, **options: asked.append(args))
    for _twice in range(2):
        assert browser.post("/sync/preview/start").url == "/sync/preview"
    assert len(asked) == 1
    run = SyncRun.objects.get()
    assert 'hx-trigger="every 2s"' in text_of(browser.get("/sync/preview"))
    SyncRun.objects.update(progress={"stage": "rules", "done": 5, "total": 10})
    assert 'value="5" max="10"' in text_of(browser.get("/sync/preview/state"))
    SyncRun.objects.filter(pk=run.pk).update(finished_at=clock.now(), error="market_off")
    text = text_of(browser.get("/sync/preview/state"))
    assert "выключен раздел «Товары»" in text and "hx-trigger" not in text


def test_changes_are_told_by_kind_with_counts_and_examples(browser, made):
    text = text_of(browser.get("/sync/preview"))
    assert "цена 120,00 ₽ → 135,00 ₽" in text and "остаток 3 → есть" in text
    assert "Чай &lt;b&gt;" in text
    assert "И ещё 299." in text
    assert "Алкоголь нельзя продавать" in text
    assert "Новые товары ждут" in text
    assert "больше чем на 50 % у 12 товаров из 20" in text


def test_what_will_not_be_there_says_why(browser, made):
    text = text_of(browser.get("/sync/preview"))
    assert text.index("Не публикуются") < text.index(str(Reason.ALCOHOL.label), text.index("Не публикуются"))
    assert text.rindex(str(Reason.ALCOHOL.label)) < text.index(str(Reason.ZERO_PRICE.label))


def test_allowing_is_done_once(browser, made, owner, asked):
    for _twice in range(2):
        answer = browser.post(f"/sync/preview/{made.pk}/approve", follow=True)
    assert "уже решён" in text_of(answer)
    made.refresh_from_db()
    assert made.approved_by == owner
    assert [job for job, *_rest in asked] == ["publish_slice"]
    assert f"/sync/preview/{made.pk}/approve" not in text_of(answer)


def test_declining_says_so_and_sends_nothing(browser, made, asked):
    answer = browser.post(f"/sync/preview/{made.pk}/decline", follow=True)
    assert "не уйдёт в ВК без вашего согласия" in text_of(answer)
    made.refresh_from_db()
    assert made.declined_at and not made.approved_at and asked == []


def test_a_stranger_neither_sees_nor_decides(stranger, made):
    assert "Кофе" not in text_of(stranger.get("/sync/preview"))
    for what in ("approve", "decline"):
        assert stranger.post(f"/sync/preview/{made.pk}/{what}").status_code == 404
    made.refresh_from_db()
    assert made.approved_at is None and made.declined_at is None


def test_an_old_preview_says_that_it_is_old(browser, made, community):
    assert "посчитайте заново" not in text_of(browser.get("/sync/preview"))
    factories.SyncRunFactory(community=community, status="done", started_at=clock.now())
    assert "посчитайте заново" in text_of(browser.get("/sync/preview"))


def test_nothing_to_change_is_said(browser, community):
    run = factories.SyncRunFactory(community=community, status="preview", finished_at=clock.now())
    assert "в ВК уже всё так, как на кассе" in text_of(browser.get("/sync/preview"))
    run.counts = {"products": 12, "held": 12, "reasons": {"no_category": 12}}
    run.save()
    text = text_of(browser.get("/sync/preview"))
    assert "Ничего не изменится" in text and "уже всё так" not in text
    assert '<a class="badge-soft" href="/sync/decisions">ждёт вас</a>' in text


@pytest.mark.parametrize("error", ["unavailable", "bad_answer", "interrupted"])
def test_a_preview_that_failed_promises_no_other_one(browser, community, error):
    factories.SyncRunFactory(community=community, status="preview", finished_at=clock.now(), error=error)
    text = text_of(browser.get("/sync/preview"))
    assert "осчитайте заново" in text and "сами" not in text and "продолжит" not in text


def test_after_another_choice_a_preview_is_out_of_date(browser, made, asked):
    assert "Чай" in text_of(browser.get("/sync/preview"))
    browser.post("/sync/settings", {"markup_percent": "10", "rounding": "none", "card_color": "#2F5D8A"})
    text = text_of(browser.get("/sync/preview"))
    assert "вы изменили выбор или настройки" in text and "Чай" not in text
    assert "сосчитал так" not in text_of(browser.get("/sync/on"))
    answer = browser.post(f"/sync/preview/{made.pk}/approve", follow=True)
    assert "уже решён или заменён" in text_of(answer)
    made.refresh_from_db()
    assert made.approved_at is None


def test_a_preview_is_no_run(browser, made):
    assert f"/sync/runs/{made.pk}" not in text_of(browser.get("/sync/runs")) + text_of(browser.get("/sync"))
    assert browser.get(f"/sync/runs/{made.pk}").status_code == 404


def test_what_is_shown_over_the_wire_is_what_then_happens(shop, merchant, sync):
    shop.put("Чай чёрный", price="120.00")
    browser = logged_in(merchant)
    browser.post("/sync/preview/start")
    previews.make(SyncRun.objects.previews().get().pk)
    text = text_of(browser.get("/sync/preview"))
    # The till was not read since: the tea is not in the mirror yet.
    assert "Ничего не изменится" in text and shop.titles() == []
    sync()
    assert shop.titles() == ["Чай чёрный"]
