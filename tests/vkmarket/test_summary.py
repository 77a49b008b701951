"""What the commands say in rarer trouble, and that they go on where they can."""

import re

import pytest

from sandbox import seed
from tests.factories import UserFactory
from vkmarket.models import Attempt, Listing, ListingSource

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("naps")]


def test_an_account_without_connections_is_no_failure_of_all(shelf, operate, merchant):
    UserFactory()
    shelf(1)
    for command in ("sync", "publish", "refresh_catalog", "refresh_vk_catalog"):
        told = operate(command, "--json")
        assert (told.code, [line["user"] for line in told.lines]) == (0, [merchant.email]), command


def test_lines_of_the_log_name_the_run_that_they_belong_to(shelf, run_sync, sandbox):
    shelf(1)
    run_sync()
    sandbox.faults.add("http", api="evotor", code=403, method="GET /stores")
    told = run_sync()
    (line,) = [line for line in told.log.splitlines() if "catalog cannot be read" in line]
    assert "sync_run=" not in line


def test_a_refused_product_is_named_with_what_vk_said(shop, shelf, run_sync, sandbox):
    shelf(2)
    shop.put("Товар со ссылкой")
    bad = {"code": 1408, "message": "Has bad links", "match": {"name": "Товар со ссылкой"}}
    sandbox.faults.add("error", method="market.add", **bad)
    for told in (run_sync.told(), run_sync.told()):
        assert told.code == 1
        assert "Товар со ссылкой" in told.out and "1408" in told.out


def test_categories_that_cannot_be_read_again_do_not_stop_the_work(shop, shelf, run_sync, sandbox, later):
    shelf(1)
    run_sync()
    later(days=2)
    shop.put("Товар новый")
    sandbox.faults.add("html", method="market.getCategories", times=None)
    told = run_sync()
    assert (told.code, told.values["created"]) == (0, 1), told


def test_pictures_that_nobody_takes_are_told(shelf, run_sync, sandbox, later, all_is_well):
    shelf(2)
    sandbox.faults.add("http", code=502, method="upload", times=None)
    told = run_sync.told()
    assert told.code == 0
    assert "Товар номер 00" in told.out and "upload host" in told.out
    sandbox.faults.clear()
    all_is_well(2)


def test_a_market_that_wants_us_later_is_told(shelf, run_sync, sandbox):
    shelf(2)
    sandbox.faults.add("error", method="execute", code=29)
    told = run_sync.told()
    assert told.code == 0
    assert "Rate limit reached" in told.out


def test_a_dry_run_asks_about_marks_as_the_run_does(shelf, run_sync, sandbox):
    shelf(2)
    run_sync()
    Attempt.objects.all().delete()
    ListingSource.objects.all().delete()
    Listing.objects.all().delete()
    told = run_sync.told("--dry-run")
    assert told.code == 1 and "--approve" in told.out


def test_commands_speak_english_whatever_the_site_speaks(shop, shelf, run_sync, sandbox, operate, merchant):
    """Names of goods and of stores stay as they are."""
    products = shelf(20)
    shop.put("Товар без цены", price="0.00")
    run_sync()
    for product in products[:15]:
        shop.remove(product)
    said = [run_sync.told().out]
    sandbox.revoke(seed.EVOTOR_TOKEN)
    sandbox.revoke(seed.VK_TOKEN)
    said += [operate(command).out for command in ("sync", "refresh_catalog", "refresh_vk_catalog")]
    assert "leave the showcase" in said[0] and "was not accepted" in said[1]
    assert [line for line in re.sub("«.*?»", "", "".join(said)).splitlines() if re.search("[а-яё]", line)] == []
