"""A till's token that opens the stores and not what they sell: over real HTTP."""

import pytest

from connections.linking import LinkRefused, check_evotor, link_evotor
from connections.models import EvotorConnection
from sandbox import seed
from sandbox.evotor_shapes import ALL_SCOPES

from .linked import assert_refused, row

pytestmark = pytest.mark.django_db
TOKEN = "5d1c0a9e-3f44-4d7b-9a56-0e2b7c81f0aa"


@pytest.fixture
def allow(sandbox):
    """Give the token all rights but these."""

    def give(*lacking):
        sandbox.evotor.add_account(TOKEN, seed.EVOTOR_USER_ID, [one for one in ALL_SCOPES if one not in lacking])

    return give


@pytest.mark.parametrize(
    ("lacking", "fault", "named"),
    [
        (["product:read"], "no_products", ["product:read"]),
        (["product-group:read"], "no_groups", ["product-group:read"]),
        (["product:read", "product-group:read"], "no_catalog", ["product:read", "product-group:read"]),
    ],
)
def test_the_right_that_is_missing_is_named_with_where_to_give_it(merchant, allow, lacking, fault, named):
    allow(*lacking)
    with pytest.raises(LinkRefused) as refused:
        link_evotor(merchant, TOKEN)
    assert refused.value.fault == fault
    assert_refused(EvotorConnection, merchant, fault)
    assert all(word in str(refused.value) for word in [*named, "dev.evotor.ru"])


def test_its_light_stays_red_whoever_checks_until_the_right_is_there(merchant, allow):
    allow("product:read")
    with pytest.raises(LinkRefused):
        link_evotor(merchant, TOKEN)
    for interactive in (False, True):
        assert not check_evotor(row(EvotorConnection, merchant), interactive=interactive)
        assert_refused(EvotorConnection, merchant, "no_products")
    allow()
    assert check_evotor(row(EvotorConnection, merchant))
    assert row(EvotorConnection, merchant).is_online


def test_a_token_without_the_right_does_not_replace_one_that_works(merchant, allow):
    link_evotor(merchant, seed.EVOTOR_TOKEN)
    allow("product:read")
    with pytest.raises(LinkRefused):
        link_evotor(merchant, TOKEN)
    kept = row(EvotorConnection, merchant)
    assert (kept.access_token, kept.is_online, kept.last_error) == (seed.EVOTOR_TOKEN, True, "")


def test_a_check_in_the_background_asks_for_the_stores_alone(merchant, sandbox):
    connection = link_evotor(merchant, seed.EVOTOR_TOKEN)
    before = sandbox.calls()
    assert check_evotor(connection)
    assert sandbox.calls() - before == 1
    assert check_evotor(connection, interactive=True)
    assert sandbox.calls() - before == 4


def test_stores_without_the_application_tell_nothing_of_rights(merchant, sandbox, allow):
    allow("product:read")
    sandbox.evotor.set_installed(seed.STORE_ID, False)
    with pytest.raises(LinkRefused):
        link_evotor(merchant, TOKEN)
    sandbox.evotor.set_installed(seed.OTHER_STORE_ID, False)
    assert link_evotor(merchant, TOKEN).is_online


def test_goods_that_cannot_be_asked_for_now_tell_nothing_of_rights(merchant, sandbox):
    sandbox.faults.add("http", api="evotor", method="GET /stores/{store}/product*", code=500, times=None)
    assert link_evotor(merchant, seed.EVOTOR_TOKEN).is_online
