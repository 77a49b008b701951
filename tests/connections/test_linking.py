import pytest

from connections import linking
from connections.clients.vk import VkClient
from connections.linking import LinkRefused, check_evotor, check_vk, link_evotor, unlink_vk
from connections.models import Community, ConnectionFault, EvotorConnection, VkConnection
from sandbox import seed
from tests.factories import UserFactory

from .linked import assert_refused, linked, row

pytestmark = pytest.mark.django_db
NO_TOKENS = ["", "   ", "два слова", "abc def", "abc\ndef", "токен", "“abc”"]


def test_a_good_evotor_token_connects_with_the_first_store_on_the_card(merchant, sandbox):
    link_evotor(merchant, f"  {seed.EVOTOR_TOKEN}\n")
    kept = row(EvotorConnection, merchant)
    assert (kept.access_token, kept.is_online, kept.last_error) == (seed.EVOTOR_TOKEN, True, "")
    assert (kept.store_id, kept.store_name) == (seed.STORE_ID, "Лавка на Набережной")
    assert kept.evotor_user_id == seed.EVOTOR_USER_ID
    assert kept.last_checked_at is not None


def test_the_user_id_that_evotor_sent_is_kept(merchant, sandbox):
    assert link_evotor(merchant, seed.EVOTOR_TOKEN, evotor_user_id="02-1").evotor_user_id == "02-1"


def test_a_wrong_evotor_token_is_refused_with_the_reason_in_the_row(merchant, sandbox):
    with pytest.raises(LinkRefused) as refused:
        link_evotor(merchant, "no-such-token")
    assert refused.value.fault == ConnectionFault.TOKEN
    assert_refused(EvotorConnection, merchant, "token")
    assert row(EvotorConnection, merchant).access_token == ""


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_no_token_is_made_of_is_refused_without_a_call(merchant, sandbox, token):
    before = sandbox.calls()
    for link, model in (
        (lambda: link_evotor(merchant, token), EvotorConnection),
        (lambda: linked(merchant, token=token), VkConnection),
    ):
        with pytest.raises(LinkRefused) as refused:
            link()
        assert refused.value.fault == ConnectionFault.TOKEN
        assert_refused(model, merchant, "token")
    assert sandbox.calls() == before


def test_a_wrong_token_does_not_replace_one_that_works(merchant, sandbox, paces):
    link_evotor(merchant, seed.EVOTOR_TOKEN)
    linked(merchant)
    with pytest.raises(LinkRefused):
        link_evotor(merchant, "no-such-token")
    with pytest.raises(LinkRefused):
        linked(merchant, token="vk2.a.none")
    evotor, vk = row(EvotorConnection, merchant), row(VkConnection, merchant)
    assert (evotor.access_token, vk.access_token) == (seed.EVOTOR_TOKEN, seed.VK_TOKEN)
    assert (evotor.is_online, evotor.last_error, vk.is_online, vk.last_error) == (True, "", True, "")


def test_a_wrong_community_does_not_put_out_the_light_of_the_right_one(merchant, sandbox, paces):
    linked(merchant)
    with pytest.raises(LinkRefused):
        linked(merchant, group_id=1)
    kept = row(VkConnection, merchant)
    assert (kept.is_online, kept.last_error, kept.group_id) == (True, "", seed.VK_GROUP_ID)


def test_a_token_that_nobody_could_test_is_kept_and_the_next_check_connects(merchant, sandbox, paces, settings):
    settings.VK_API_URL = settings.EVOTOR_API_URL = "http://127.0.0.1:9"
    with pytest.raises(LinkRefused) as refused:
        linked(merchant)
    assert refused.value.fault == ConnectionFault.UNAVAILABLE
    with pytest.raises(LinkRefused):
        link_evotor(merchant, seed.EVOTOR_TOKEN)
    assert_refused(VkConnection, merchant, "unavailable")
    settings.VK_API_URL, settings.EVOTOR_API_URL = sandbox.vk_url, sandbox.evotor_url
    assert check_vk(row(VkConnection, merchant)) and check_evotor(row(EvotorConnection, merchant))
    assert row(VkConnection, merchant).community.group_id == seed.VK_GROUP_ID


@pytest.mark.parametrize("kind", ["html", "cut", "http"])
def test_nonsense_from_a_service_is_a_clear_refusal(merchant, sandbox, paces, kind):
    for api in ("evotor", "vk"):
        sandbox.faults.add(kind, api=api, code=502, times=None)
    for link, model in (
        (lambda: link_evotor(merchant, seed.EVOTOR_TOKEN), EvotorConnection),
        (lambda: linked(merchant), VkConnection),
    ):
        with pytest.raises(LinkRefused) as refused:
            link()
        assert refused.value.fault in (ConnectionFault.BAD_ANSWER, ConnectionFault.UNAVAILABLE)
        assert_refused(model, merchant, refused.value.fault)


def test_a_good_vk_token_connects_its_owner_and_the_community(merchant, sandbox, paces):
    linked(merchant, token=f" {seed.VK_TOKEN}\n", group_id=-seed.VK_GROUP_ID)
    kept = row(VkConnection, merchant)
    assert (kept.access_token, kept.is_online, kept.last_error) == (seed.VK_TOKEN, True, "")
    assert (kept.vk_user_id, kept.first_name, kept.last_name) == (seed.VK_USER_ID, "Марина", "Заречная")
    assert (kept.community.group_id, kept.community.name) == (seed.VK_GROUP_ID, seed.VK_GROUP_NAME)
    assert sandbox.writes_since(0) == []


def test_calls_go_at_the_pace_of_the_vk_user_once_it_is_known(merchant, sandbox, paces):
    connection = linked(merchant)
    unknown, *known = paces
    assert unknown[0].startswith("vk:") and seed.VK_TOKEN not in unknown[0] and len(unknown[0]) <= 64
    assert known == [(f"vk:{seed.VK_USER_ID}", True)] * 2
    paces.clear()
    check_vk(connection)
    check_vk(connection, interactive=True)
    linking.vk_client(connection).users_get()
    assert paces == [(f"vk:{seed.VK_USER_ID}", waits) for waits in (False, False, False, True, True, True, False)]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"token": "vk2.a.none"}, "token"),
        ({"token": seed.VK_TOKEN_EXPIRED}, "token"),
        ({"token": seed.VK_TOKEN_COMMUNITY}, "community_token"),
        ({"token": seed.VK_TOKEN_NO_SCOPE}, "forbidden"),
        ({"token": seed.VK_TOKEN_NOT_ADMIN}, "not_editor"),
        ({"group_id": 424242}, "no_community"),
        ({"group_id": 10**30}, "no_community"),
        ({"group_id": 0}, "no_community"),
        ({"group_id": seed.VK_GROUP_MARKET_OFF}, "market_off"),
    ],
)
def test_what_will_not_do_is_refused_with_its_reason(merchant, sandbox, paces, given, fault):
    with pytest.raises(LinkRefused) as refused:
        linked(merchant, **given)
    assert refused.value.fault == fault
    assert str(refused.value) == ConnectionFault(fault).label
    assert_refused(VkConnection, merchant, fault)
    assert row(VkConnection, merchant).community is None


def test_a_captcha_asks_for_a_person(merchant, sandbox, paces):
    sandbox.faults.add("error", code=14, method="users.get")
    with pytest.raises(LinkRefused) as refused:
        linked(merchant)
    assert refused.value.fault == ConnectionFault.HUMAN_CHECK


def test_too_many_requests_of_a_moment_are_waited_out(merchant, sandbox, paces):
    sandbox.faults.add("error", code=6, method="groups.getById", times=2)
    assert linked(merchant).is_online


def test_a_market_that_is_switched_on_later_is_connected_by_the_next_check(merchant, sandbox, paces):
    with pytest.raises(LinkRefused):
        linked(merchant, group_id=seed.VK_GROUP_MARKET_OFF)
    owner = VkClient(seed.VK_TOKEN, base_url=sandbox.vk_url)
    owner.call("groups.toggleMarket", group_id=seed.VK_GROUP_MARKET_OFF, state="basic")
    assert check_vk(row(VkConnection, merchant))
    assert row(VkConnection, merchant).community.group_id == seed.VK_GROUP_MARKET_OFF


def test_a_community_of_another_is_refused_until_it_is_given_up(merchant, sandbox, paces):
    other = UserFactory()
    linked(other)
    with pytest.raises(LinkRefused) as refused:
        linked(merchant)
    assert refused.value.fault == ConnectionFault.COMMUNITY_TAKEN
    assert_refused(VkConnection, merchant, "community_taken")
    assert not check_vk(row(VkConnection, merchant))
    unlink_vk(other)
    assert check_vk(row(VkConnection, merchant))
    assert Community.objects.get().connection.user == merchant


def test_a_new_token_drops_what_renewed_the_old_one(merchant, sandbox, paces):
    connection = linked(merchant)
    VkConnection.objects.update(refresh_token="r", device_id="d", access_token="old")
    linked(merchant)
    connection = row(VkConnection, merchant)
    assert (connection.refresh_token, connection.device_id) == ("", "")


def test_of_two_who_link_one_community_at_once_one_wins(merchant, sandbox, paces, monkeypatch):
    other, bind, order = UserFactory(), linking._bind, []

    def overtaken(connection, *args):
        order.append(connection.user)
        if len(order) == 1:
            linked(other)
        return bind(connection, *args)

    monkeypatch.setattr(linking, "_bind", overtaken)
    with pytest.raises(LinkRefused) as refused:
        linked(merchant)
    assert order == [merchant, other]
    assert refused.value.fault == ConnectionFault.COMMUNITY_TAKEN
    assert Community.objects.get().connection.user == other
