"""The command, over real HTTP."""

import json

import pytest
from django.core.management import call_command

from accounts.models import Status
from catalog.models import CachedProduct
from sandbox import seed
from tests.factories import EvotorConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evotor(sandbox, settings):
    settings.EVOTOR_API_URL = sandbox.evotor_url
    return sandbox.evotor


@pytest.fixture
def merchant():
    user = UserFactory(email="lavka@example.com")
    EvotorConnectionFactory(user=user, access_token=seed.EVOTOR_TOKEN)
    return user


def run(*args) -> int:
    try:
        call_command("refresh_catalog", *args)
    except SystemExit as end:
        return end.code
    return 0


def lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_tells_scripts_what_it_read(merchant, capsys):
    assert run("--json") == 0
    (told,) = lines(capsys)
    count = CachedProduct.objects.count()
    assert list(told) == ["user", "stores", "skipped", "products", "written", "vanished", "complete", "errors"]
    assert told == {
        "user": "lavka@example.com",
        "stores": 2,
        "skipped": 0,
        "products": count,
        "written": count,
        "vanished": 0,
        "complete": True,
        "errors": [],
    }
    assert run("--json", "--user", "lavka@example.com") == 0
    assert lines(capsys)[0]["written"] == 0


def test_it_tells_people_what_went_wrong_and_where(merchant, evotor, capsys):
    evotor.set_installed(seed.OTHER_STORE_ID, False)
    assert run() == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("lavka@example.com: 1 store read, 1 skipped;")
    name = evotor.stores[seed.OTHER_STORE_ID]["name"]
    assert second == f"  {name}: The application is not installed on the tills of this store"


def test_a_bad_token_of_one_merchant_leaves_the_others(merchant, capsys):
    EvotorConnectionFactory(access_token="wrong")
    other = EvotorConnectionFactory(access_token=seed.SECOND_EVOTOR_TOKEN)
    assert run("--json") == 1
    first, second, third = lines(capsys)
    assert (first["complete"], second["complete"], third["complete"]) == (True, False, True)
    assert second["errors"] == [{"connection": "evotor", "error": "token"}]
    assert third["user"] == other.user.email and third["products"] > 0


def test_an_address_where_nobody_answers_is_a_sentence(merchant, settings, capsys):
    settings.EVOTOR_API_URL = "http://127.0.0.1:9"
    assert run() == 1
    captured = capsys.readouterr()
    assert "Evotor: The service does not answer. We will try again by ourselves." in captured.out
    assert "Traceback" not in captured.out + captured.err


def test_without_a_name_it_is_for_those_who_connected_evotor(merchant, capsys):
    UserFactory()
    EvotorConnectionFactory(access_token="")
    EvotorConnectionFactory(user__status=Status.SUSPENDED)
    assert run("--json") == 0
    assert [told["user"] for told in lines(capsys)] == ["lavka@example.com"]


def test_somebody_named_who_has_not_connected_evotor_is_told_so(capsys):
    UserFactory(email="new@example.com")
    assert run("--json", "--user", "new@example.com") == 1
    (told,) = lines(capsys)
    assert told["errors"] == [{"connection": "evotor", "error": "not_connected"}]


def test_the_log_carries_no_token(merchant, capsys, caplog):
    caplog.set_level("DEBUG")
    run()
    connection = merchant.evotor
    connection.access_token = "secret-and-wrong"
    connection.save()
    assert run() == 1
    captured = capsys.readouterr()
    everything = caplog.text + captured.out + captured.err
    assert "catalog cannot be read" in everything
    assert seed.EVOTOR_TOKEN not in everything and "secret-and-wrong" not in everything
