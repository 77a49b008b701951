"""`/sync/runs` and one run."""

import pytest

from catalog.models import SyncConfig
from connections.models import VkConnection
from evosync.base import clock
from tests import factories
from vkmarket.models import Attempt, Listing

from .conftest import text_of


@pytest.fixture
def run(community):
    return factories.SyncRunFactory(
        community=community, status="done", started_at=factories.MOMENT, finished_at=factories.MOMENT
    )


@pytest.fixture
def attempt(community, store, run):
    """An attempt of the run about a product of this name."""

    def make(name, state="accepted", **listing_fields):
        name_fields = {"name": name, "search_text": name.casefold()}
        product = factories.CachedProductFactory(store=store, **name_fields)
        listing = factories.ListingFactory(community=community, **listing_fields)
        factories.ListingSourceFactory(listing=listing, product=product)
        return factories.AttemptFactory(listing=listing, run=run, state=state, error_code=1408)

    return make


def test_runs_are_listed_newest_first_and_filtered(browser, community, run):
    failed = factories.SyncRunFactory(community=community, status="failed", started_at=clock.now())
    text = text_of(browser.get("/sync/runs"))
    assert text.index(f"/sync/runs/{failed.pk}") < text.index(f"/sync/runs/{run.pk}")
    text = text_of(browser.get("/sync/runs", {"outcome": "failed"}))
    assert f"/sync/runs/{failed.pk}" in text and f"/sync/runs/{run.pk}" not in text
    assert "Таких запусков нет" in text_of(browser.get("/sync/runs", {"outcome": "waiting"}))


def test_runs_come_in_pages(browser, community):
    runs = factories.SyncRunFactory.create_batch(55, community=community, status="done", started_at=clock.now())
    assert f'/sync/runs/{runs[0].pk}"' not in text_of(browser.get("/sync/runs"))
    assert f'/sync/runs/{runs[0].pk}"' in text_of(browser.get("/sync/runs", {"page": "2"}))


def test_no_runs_yet(newcomer, browser):
    assert "ВКонтакте не подключён" in text_of(newcomer.get("/sync/runs"))
    assert "ещё не запускалась" in text_of(browser.get("/sync/runs"))


def test_a_stranger_sees_no_run_and_retries_none(stranger, run, attempt, asked):
    refused = attempt("Чай", "refused", blocked="refused", lane=5)
    assert stranger.get(f"/sync/runs/{run.pk}").status_code == 404
    assert stranger.post(f"/sync/runs/{run.pk}/retry", {"listing": refused.listing_id}).status_code == 404
    assert f"/sync/runs/{run.pk}" not in text_of(stranger.get("/sync/runs"))
    assert Listing.objects.get().blocked == "refused" and asked == []


def test_staff_find_their_own_runs_in_the_list_and_may_open_others(browser, owner, community, run):
    owner.is_superuser = owner.is_staff = True
    owner.save()
    other = factories.SyncRunFactory(status="done", started_at=clock.now(), finished_at=clock.now())
    text = text_of(browser.get("/sync/runs"))
    assert f"/sync/runs/{run.pk}" in text and f"/sync/runs/{other.pk}" not in text
    assert browser.get(f"/sync/runs/{other.pk}").status_code == 200


def test_a_run_shows_each_products_outcome_and_reason(browser, run, attempt):
    attempt("Чай чёрный")
    attempt("Кофе <b>", "refused", blocked="refused", lane=5)
    text = text_of(browser.get(f"/sync/runs/{run.pk}"))
    assert "Чай чёрный" in text and "Кофе &lt;b&gt;" in text
    assert "ВК не принял ссылки в описании" in text
    assert "1408" not in text
    refused = text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": "refused"}))
    assert "Кофе" in refused and "Чай чёрный" not in refused
    found = text_of(browser.get(f"/sync/runs/{run.pk}", {"q": "ЧАЙ"}))
    assert "Чай чёрный" in found and "Кофе" not in found
    assert "Ничего не найдено" in text_of(browser.get(f"/sync/runs/{run.pk}", {"q": "сахар"}))


def made(attempt, kind, **fields):
    """A later call of the same run about the same listing."""
    Attempt.objects.filter(run=attempt.run, listing=attempt.listing).update(newest=False)
    return factories.AttemptFactory(listing=attempt.listing, run=attempt.run, kind=kind, **fields)


def test_a_product_stands_there_once_with_all_that_was_done(browser, run, attempt):
    created, changed, hidden = (attempt(name) for name in ("Чай", "Кофе", "Сахар"))
    made(made(created, "photo"), "album_add")
    Attempt.objects.filter(pk=changed.pk).delete()
    before, after = {"price": "120.00", "stock": 5}, {"price": "135.00", "stock": 0}
    made(changed, "update", before=before, after=after)
    Attempt.objects.filter(pk=hidden.pk).update(kind="hide", before={"visible": True}, after={"visible": False})
    text = text_of(browser.get(f"/sync/runs/{run.pk}"))
    rows = {name: row for row in text.split("<tr>") for name in ("Чай", "Кофе", "Сахар") if f">{name}</a>" in row}
    assert text.count("<tr>") == 1 + len(rows) == 4
    assert ">Создан</td>" in rows["Чай"] and "Вызовы ВК: 3" in rows["Чай"] and "добавить в подборку" in rows["Чай"]
    assert ">Цена 120,00 ₽ → 135,00 ₽, остаток 5 → 0</td>" in rows["Кофе"] and "<details" not in rows["Кофе"]
    assert ">Скрыт</td>" in rows["Сахар"]
    assert 'Принято ВК <span class="badge-soft">3</span>' in text


def test_the_outcome_is_that_of_the_last_call(browser, run, attempt):
    tea, coffee = attempt("Чай", "not_run"), attempt("Кофе")
    made(tea, "create")
    made(coffee, "photo", state="refused", error_code=22)
    made(attempt("Сахар", "unknown"), "create", state="absent")
    text = text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": "refused"}))
    assert ">Создан, картинка</td>" in text and "ВК не принял картинку" in text
    assert "Чай" not in text and "Сахар" not in text
    shown = {code: text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": code})) for code in ("accepted", "unknown")}
    assert "Чай" in shown["accepted"] and "Кофе" not in shown["accepted"]
    assert ">Создать</td>" in shown["unknown"] and "Сахар" in shown["unknown"]
    assert "outcome=not_run" not in text


def test_calls_of_another_run_are_not_of_this_one(browser, run, attempt, community):
    tea = attempt("Чай")
    between = factories.SyncRunFactory(community=community, status="done", started_at=factories.MOMENT)
    factories.AttemptFactory(listing=tea.listing, run=between, kind="hide", newest=False)
    made(tea, "update", before={"price": "1.00"}, after={"price": "2.00"})
    text = text_of(browser.get(f"/sync/runs/{run.pk}"))
    assert "Вызовы ВК: 2" in text and "скрыть" not in text.lower()


def test_an_album_has_its_row_too(browser, run, community):
    album = factories.AlbumListingFactory(community=community, title="Чаи")
    factories.AttemptFactory(listing=None, album=album, run=run, kind="album_create", after={"title": "Чаи"})
    text = text_of(browser.get(f"/sync/runs/{run.pk}"))
    assert ">Чаи</td>" in text and "Подборка создана" in text


def test_runs_of_one_minute_can_be_told_apart(browser, community):
    some = factories.SyncRunFactory.create_batch(2, community=community, status="done", started_at=factories.MOMENT)
    text, home = text_of(browser.get("/sync/runs")), text_of(browser.get("/sync"))
    for one in some:
        assert f"№ {one.pk} от 06.03.2026 14:30" in text and f"№ {one.pk} от 06.03.2026 14:30" in home
        assert f"Запуск № {one.pk} от 06.03.2026 14:30" in text_of(browser.get(f"/sync/runs/{one.pk}"))


@pytest.mark.parametrize(
    ("fields", "well"),
    [
        ({"counts": {"confirmed": 9, "held": 2, "updated": 0}}, True),
        ({"counts": {"updated": 1}}, False),
        ({"counts": {"waiting": 1}}, False),
        ({"counts": {"failed": 1}}, False),
        ({"counts": {}, "error": "stopped"}, False),
        ({"counts": {}, "status": "failed"}, False),
        ({"counts": {}, "status": "waiting"}, False),
    ],
)
def test_a_run_that_had_nothing_to_do_says_so(browser, community, fields, well):
    plain = {"community": community, "status": "done", "started_at": factories.MOMENT}
    run = factories.SyncRunFactory(**plain | fields)
    for address, zeros in (("/sync/runs", "Создано</th>"), (f"/sync/runs/{run.pk}", "создано</dt>")):
        text = text_of(browser.get(address))
        assert ("Всё уже было в порядке" in text) == well
        assert address == "/sync/runs" or (zeros in text) != well


def test_what_waits_for_the_merchant_is_not_called_refused(browser, community):
    counts = {"created": 1, "failed": 3, "refused": 1}
    run = factories.SyncRunFactory(community=community, status="done", started_at=factories.MOMENT, counts=counts)
    text = text_of(browser.get(f"/sync/runs/{run.pk}"))
    assert "<dt>отклонено</dt><dd>1</dd>" in text
    assert '<dt>ждут вас</dt><dd><a href="/sync/decisions">2</a></dd>' in text
    assert 'data-label="Отклонено">1</td>' in text_of(browser.get("/sync/runs"))


def test_a_run_shows_what_is_held_now_and_why(browser, run, attempt, community):
    attempt("Чай чёрный")
    attempt("Вино", hold="alcohol")
    held = text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": "held"}))
    assert "Вино" in held and "Алкоголь нельзя продавать" in held and "Не публикуется" in held
    assert "Чай чёрный" not in held


def test_what_waits_for_the_merchant_is_not_called_unpublished(browser, run, attempt):
    attempt("Кофе", blocked="guard_prices")
    held = text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": "held"}))
    assert "Кофе" in held and "Ждёт вас" in held and "Не публикуется" not in held
    Listing.objects.update(wanted_hash="1" * 32, declined_hash="1" * 32)
    held = text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": "held"}))
    assert "Вы оставили как есть" in held and "Ждёт вас" not in held and "нужно ваше" not in held


def test_a_run_tells_what_the_guards_said_and_why_it_ended(browser, community):
    removals = {"removals": {"removals": 12, "shown": 20, "lately": 0, "creates": 3}}
    waiting = factories.SyncRunFactory(community=community, status="waiting", verdict=removals, started_at=clock.now())
    text = text_of(browser.get(f"/sync/runs/{waiting.pk}"))
    assert "исчезло бы сразу 12 товаров из 20" in text and "ждут и новые товары: 3" in text
    for error, said in (("stopped", "Остановлена вами"), ("token", "Токен не принят"), ("oops", "ошибки программы")):
        run = factories.SyncRunFactory(community=community, status="failed", error=error, started_at=clock.now())
        assert said in text_of(browser.get(f"/sync/runs/{run.pk}"))


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ({"prices": {"prices": 21, "shown": 30}}, "у 21 товара из 30."),
        ({"removals": {"removals": 21, "shown": 30}}, "исчез бы сразу 21 товар из 30."),
        ({"marks": {"items": 1}}, "уже есть 1 товар с нашей отметкой"),
    ],
)
def test_a_round_that_waits_says_what_was_sent_already(browser, community, verdict, said):
    run = factories.SyncRunFactory(community=community, status="waiting", verdict=verdict, started_at=clock.now())
    text = text_of(browser.get(f"/sync/runs/{run.pk}"))
    assert said in text and 'href="/sync/decisions"' in text
    assert ("Всё остальное уже ушло" in text) == ("marks" not in verdict)
    assert ("Пока вы не решите, ничего не отправляется." in text) == ("marks" in verdict)


@pytest.mark.parametrize(
    ("code", "answer", "said"),
    [
        (1408, "Links are bad", "ВК не принял ссылки в описании"),
        (9999, "Too <b>odd</b>", "ВК отклонил товар и ответил: «Too &lt;b&gt;odd&lt;/b&gt;»"),
        (9999, "", "ВК отклонил товар и не назвал причину"),
    ],
)
@pytest.mark.parametrize("outcome", ["refused", "held"])
def test_vks_own_words_stand_where_we_have_none(browser, run, attempt, outcome, code, answer, said):
    refused = attempt("Чай", "refused", blocked="refused", lane=5, error_code=code, error_text=answer)
    refused.error_code, refused.error_text = code, answer
    refused.save()
    text = text_of(browser.get(f"/sync/runs/{run.pk}", {"outcome": outcome}))
    assert f"{said}</span>" in text


def test_the_refused_are_sent_again_all_or_one_and_once(browser, run, attempt, asked):
    refused = {"blocked": "refused", "lane": 5, "error_code": 1408, "error_text": "bad links"}
    one, other = (attempt(name, "refused", **refused) for name in ("Чай", "Кофе"))
    browser.post(f"/sync/runs/{run.pk}/retry", {"listing": one.listing_id})
    one.listing.refresh_from_db()
    assert (one.listing.error_code, one.listing.error_text, one.listing.lane) == (None, "", 5)
    assert set(Listing.objects.filter(blocked="refused")) == {other.listing}
    answer = browser.post(f"/sync/runs/{run.pk}/retry", follow=True)
    assert "Отправим ещё раз 1 товар." in text_of(answer)
    assert not Listing.objects.filter(blocked="refused").exists()
    assert [job for job, *_rest in asked] == ["publish_slice"] * 2
    answer = browser.post(f"/sync/runs/{run.pk}/retry", follow=True)
    assert "Повторять нечего" in text_of(answer)
    assert len(asked) == 2


def test_a_retry_says_what_is_missing_for_it(browser, owner, community, asked):
    failed = factories.SyncRunFactory(community=community, status="failed", started_at=clock.now())
    assert "В этот раз ничего не отправлено." in text_of(browser.get(f"/sync/runs/{failed.pk}"))
    factories.SyncConfigFactory(user=owner)
    VkConnection.objects.update(is_online=False, last_checked_at=clock.now(), last_error="token")
    answer = text_of(browser.post(f"/sync/runs/{failed.pk}/retry", follow=True))
    assert "поставлена в очередь. ВКонтакте сейчас не принимает изменения, они ждут. Токен не принят." in answer
    SyncConfig.objects.filter(user=owner).update(queued_at=None, enabled=True)
    assert "они ждут. Токен не принят." in text_of(browser.post("/sync/now", follow=True))


def test_nobody_retries_anothers_listing_through_a_run_of_ones_own(browser, run, asked):
    foreign = factories.ListingFactory(blocked="refused", lane=5)
    for listing in (foreign.pk, "x", "9" * 40):
        browser.post(f"/sync/runs/{run.pk}/retry", {"listing": listing})
    foreign.refresh_from_db()
    assert foreign.blocked == "refused" and asked == []


def test_a_run_costs_the_same_for_many(browser, run, attempt, django_assert_max_num_queries):
    for count in (1, 30):
        for number in range(count):
            made(attempt(f"Чай {number}"), "photo", state="refused")
        for query in ({}, {"outcome": "held"}, {"q": "чай"}):
            with django_assert_max_num_queries(13):
                browser.get(f"/sync/runs/{run.pk}", query)
