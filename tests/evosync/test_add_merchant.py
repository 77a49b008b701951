"""The command that brings a merchant in: accounts, tokens, stores and a category, over real HTTP."""

import pytest

from accounts.commands import english
from accounts.models import Role, Status, User
from catalog.choices import set_choice
from catalog.models import CachedStore, SyncConfig, SyncFilter
from connections.models import ConnectionFault, VkConnection
from sandbox import seed
from sandbox.vk_categories import FIRST
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]

EMAIL = "anna@example.com"
LEAF = FIRST + 1
EVOTOR = ("--evotor-token", seed.EVOTOR_TOKEN)
VK = ("--vk-token", seed.VK_TOKEN, "--vk-group", seed.VK_GROUP_ID)


@pytest.fixture
def add(operate):
    return lambda *words, **how: operate("add_merchant", EMAIL, *words, **how)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("EVOSYNC_EVOTOR_TOKEN", "EVOSYNC_VK_TOKEN", "EVOSYNC_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def state() -> dict:
    """All that the command writes, without times and ciphertext."""
    user = User.objects.get(email=EMAIL)
    config = SyncConfig.objects.get(user=user)
    return {
        "role": user.role,
        "status": user.status,
        "evotor": (user.evotor.access_token, user.evotor.is_online, user.evotor.store_name),
        "vk": (user.vk.access_token, user.vk.is_online, user.vk.community.group_id, user.vk.vk_user_id),
        "config": (config.enabled, config.default_category_id),
        "stores": sorted(SyncFilter.objects.filter(user=user).values_list("entity_type", "entity_id", "mode")),
    }


def test_a_new_merchant_is_made_connected_and_switched_on(add):
    words = (*EVOTOR, *VK, "--password", "лавка-у-реки-2026", "--all-stores", "--category", LEAF)
    told = add(*words, secrets=("реки-2026",))
    assert (told.code, told.err) == (0, "")
    assert state() == {
        "role": Role.USER,
        "status": Status.ACTIVE,
        "evotor": (seed.EVOTOR_TOKEN, True, "Лавка на Набережной"),
        "vk": (seed.VK_TOKEN, True, seed.VK_GROUP_ID, seed.VK_USER_ID),
        "config": (True, LEAF),
        "stores": [("store", seed.STORE_ID, "include"), ("store", seed.OTHER_STORE_ID, "include")],
    }
    user = User.objects.get()
    assert user.check_password("лавка-у-реки-2026")
    assert user.emailaddress_set.get().verified
    assert "Лавка у реки" in told.out and "store on: Лавка у вокзала" in told.out


def test_to_repeat_it_changes_nothing(add):
    words = (*EVOTOR, *VK, "--all-stores", "--category", LEAF)
    add(*words, "--password", "лавка-у-реки-2026")
    before = state()
    assert add(*words).code == 0
    assert add().code == 0
    assert state() == before
    assert User.objects.get().check_password("лавка-у-реки-2026")


def test_choices_of_the_merchant_stay_unless_all_stores_are_asked_for(add):
    add(*EVOTOR, *VK, "--all-stores")
    user = User.objects.get()
    set_choice(user, "store", seed.OTHER_STORE_ID, "", "exclude")
    set_choice(user, "product", "some-product", seed.STORE_ID, "exclude")
    before = state()
    add(*EVOTOR, *VK)
    assert state() == before
    add("--all-stores")
    assert ("store", seed.OTHER_STORE_ID, "include") in state()["stores"]
    assert ("product", "some-product", "exclude") in state()["stores"]


def test_nothing_is_published_unless_it_is_asked_for(add):
    add(*EVOTOR, *VK)
    assert state()["config"] == (False, None)
    assert state()["stores"] == []


def test_only_what_is_given_changes(add):
    add(*EVOTOR, *VK, "--category", LEAF)
    before = state()
    told = add("--vk-token", seed.VK_TOKEN)
    assert (told.code, state()) == (0, before)
    told = add("--vk-group", seed.VK_GROUP_ID)
    assert told.code == 0 and "VK: connected, Лавка у реки" in told.out
    assert "Evotor: no token given, left as it was" in told.out
    assert state() == before


def test_secrets_come_by_standard_input_a_line_each(add):
    lines = f"{seed.EVOTOR_TOKEN}\n{seed.VK_TOKEN}\nлавка-у-реки-2026\n"
    told = add(
        "--evotor-token", "-", "--vk-token", "-", "--password", "-", "--vk-group", seed.VK_GROUP_ID,
        stdin=lines, secrets=("реки-2026",),
    )  # fmt: skip
    assert told.code == 0
    assert (state()["evotor"][0], state()["vk"][0]) == (seed.EVOTOR_TOKEN, seed.VK_TOKEN)
    assert User.objects.get().check_password("лавка-у-реки-2026")


def test_secrets_come_by_the_environment(add, monkeypatch):
    monkeypatch.setenv("EVOSYNC_EVOTOR_TOKEN", seed.EVOTOR_TOKEN)
    monkeypatch.setenv("EVOSYNC_VK_TOKEN", seed.VK_TOKEN)
    monkeypatch.setenv("EVOSYNC_PASSWORD", "лавка-у-реки-2026")
    assert add("--vk-group", seed.VK_GROUP_ID).code == 0
    assert (state()["evotor"][0], state()["vk"][0]) == (seed.EVOTOR_TOKEN, seed.VK_TOKEN)
    assert User.objects.get().check_password("лавка-у-реки-2026")


def test_an_empty_standard_input_is_no_token(add):
    told = add("--evotor-token", "-")
    assert told.code == 1 and "--evotor-token was to be read from standard input" in told.err
    assert not User.objects.exists()


REFUSALS = {
    "wrong": ("vk2.a.nobody-knows-it", seed.VK_GROUP_ID, ConnectionFault.TOKEN),
    "no token at all": ("кириллица и пробелы", seed.VK_GROUP_ID, ConnectionFault.TOKEN),
    "expired": (seed.VK_TOKEN_EXPIRED, seed.VK_GROUP_ID, ConnectionFault.TOKEN),
    "of a community": (seed.VK_TOKEN_COMMUNITY, seed.VK_GROUP_ID, ConnectionFault.COMMUNITY_TOKEN),
    "without the market": (seed.VK_TOKEN_NO_SCOPE, seed.VK_GROUP_ID, ConnectionFault.FORBIDDEN),
    "of a stranger": (seed.VK_TOKEN_NOT_ADMIN, seed.VK_GROUP_ID, ConnectionFault.NOT_EDITOR),
    "another's community": (seed.VK_TOKEN, seed.SECOND_VK_GROUP_ID, ConnectionFault.NOT_EDITOR),
    "unknown community": (seed.VK_TOKEN, 999, ConnectionFault.NO_COMMUNITY),
    "endless number": (seed.VK_TOKEN, 10**30, ConnectionFault.NO_COMMUNITY),
    "market off": (seed.VK_TOKEN, seed.VK_GROUP_MARKET_OFF, ConnectionFault.MARKET_OFF),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_vk_account_that_will_not_do_is_told_and_evotor_stays_connected(add, name):
    token, group, fault = REFUSALS[name]
    told = add(*EVOTOR, "--vk-token", token, "--vk-group", group, "--all-stores", secrets=(token,))
    assert told.code == 1
    with english():
        assert told.err == f"VK: {fault.label}\n"
    user = User.objects.get()
    assert (user.evotor.is_online, user.vk.is_online, user.vk.last_error) == (True, False, fault)
    assert user.vk.community is None
    # The right token mends it.
    assert add(*VK).code == 0
    assert state()["vk"] == (seed.VK_TOKEN, True, seed.VK_GROUP_ID, seed.VK_USER_ID)


def test_a_community_has_one_owner(add, operate):
    add(*VK)
    told = operate("add_merchant", "boris@example.com", *VK)
    assert told.code == 1
    with english():
        assert told.err == f"VK: {ConnectionFault.COMMUNITY_TAKEN.label}\n"
    assert VkConnection.objects.get(community__isnull=False).user.email == EMAIL


def test_a_till_that_does_not_know_the_token_is_told_and_vk_is_connected(add):
    told = add("--evotor-token", "nobody-knows-it", *VK, secrets=("nobody-knows-it",))
    assert told.code == 1
    with english():
        assert told.err == f"Evotor: {ConnectionFault.TOKEN.label}\n"
    user = User.objects.get()
    assert (user.evotor.last_error, user.vk.is_online) == ("token", True)


@pytest.mark.parametrize("fault", [{"kind": "html"}, {"kind": "http", "code": 502}, {"kind": "cut", "when": "after"}])
@pytest.mark.parametrize("api", ["evotor", "vk"])
def test_a_service_that_answers_nonsense_is_told_and_asked_again_later(add, sandbox, naps, api, fault):
    sandbox.faults.add(**fault, api=api, method="*", times=None)
    told = add(*EVOTOR, *VK)
    assert told.code == 1
    label = ConnectionFault.BAD_ANSWER.label if fault["kind"] == "html" else ConnectionFault.UNAVAILABLE.label
    with english():
        assert told.err == f"{'Evotor' if api == 'evotor' else 'VK'}: {label}\n"
    sandbox.faults.clear()
    assert add(*EVOTOR, *VK).code == 0


def test_without_a_community_nothing_is_begun(add):
    told = add(*EVOTOR, "--vk-token", seed.VK_TOKEN)
    assert (told.code, told.err) == (1, "CommandError: Name the VK community with --vk-group.\n")
    told = add(*EVOTOR, "--vk-group", seed.VK_GROUP_ID)
    assert told.code == 1 and "--vk-token" in told.err
    assert not User.objects.exists()


def test_a_category_that_takes_no_goods_is_refused(add):
    told = add(*VK, "--category", 7)
    assert (told.code, told.err) == (1, "CommandError: VK has no category 7 that takes goods.\n")
    assert SyncConfig.objects.get().default_category_id is None
    assert add("--category", LEAF).code == 0
    assert SyncConfig.objects.get().default_category_id == LEAF


def test_categories_that_cannot_be_read_end_in_a_sentence(add, sandbox, naps):
    add(*VK)
    sandbox.faults.add("html", method="market.getCategories", times=None)
    told = add("--category", LEAF)
    with english():
        assert told.code == 1 and str(ConnectionFault.BAD_ANSWER.label) in told.err


def test_without_a_category_it_says_so(add):
    assert "No category is set" in add(*VK).out
    assert "No category is set" not in add(*VK, "--category", LEAF).out
    assert "No category is set" not in add(*VK).out


def test_all_stores_without_a_till_ends_in_a_sentence(add, sandbox):
    told = add("--all-stores")
    assert told.code == 1 and "Evotor is not connected" in told.err
    add(*EVOTOR)
    sandbox.revoke(seed.EVOTOR_TOKEN)
    told = add("--all-stores")
    with english():
        assert told.code == 1 and str(ConnectionFault.TOKEN.label) in told.err
    assert SyncConfig.objects.get().enabled is False
    assert not CachedStore.objects.exists()


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.ADMIN])
def test_staff_keeps_its_role(add, role):
    UserFactory(email=EMAIL, role=role)
    assert add(*EVOTOR, *VK).code == 0
    user = User.objects.get()
    assert (user.role, user.is_staff) == (role, True)


def test_who_waited_for_confirmation_is_let_in_and_who_was_suspended_is_not(add):
    user = UserFactory(email=EMAIL, status=Status.PENDING)
    add()
    user.refresh_from_db()
    assert user.status == Status.ACTIVE
    user.status = Status.SUSPENDED
    user.save()
    assert "suspended and stays so" in add(*EVOTOR).out
    user.refresh_from_db()
    assert user.status == Status.SUSPENDED


@pytest.mark.parametrize("email, password", [("no-address", "лавка-у-реки-2026"), (EMAIL, "12345")])
def test_a_bad_email_and_a_weak_password_are_refused_in_words(operate, email, password):
    told = operate("add_merchant", email, *EVOTOR, "--password", password)
    assert told.code == 1 and told.err.startswith("CommandError: ")
    assert not User.objects.exists()
