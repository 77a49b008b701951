"""Communities and people."""

from sandbox import seed
from tests.sandbox.conftest import GROUP, OWNER


def test_a_community_shows_its_market_when_asked(vk):
    vk.add(price="19.99")
    (group,) = vk("groups.getById", group_id=GROUP, fields="market")["groups"]
    assert (group["id"], group["name"], group["is_admin"], group["admin_level"]) == (GROUP, seed.VK_GROUP_NAME, 1, 3)
    market = group["market"]
    assert (market["enabled"], market["type"], market["price_min"]) == (1, "basic", "1999")
    assert market["currency"]["id"] == 643
    assert "market" not in vk("groups.getById", group_id=GROUP)["groups"][0]


def test_a_market_that_is_off_says_so(vk):
    answer = vk("groups.getById", group_ids=seed.VK_GROUP_MARKET_OFF, fields="market")
    assert answer["groups"][0]["market"] == {"enabled": 0}
    assert answer["profiles"] == []


def test_a_stranger_is_no_admin(vk):
    vk.token = seed.VK_TOKEN_NOT_ADMIN
    (group,) = vk("groups.getById", group_id=GROUP)["groups"]
    assert group["is_admin"] == 0
    assert "admin_level" not in group


def test_groups_are_found_by_number_and_short_name(vk):
    found = vk("groups.getById", group_ids=f"club{GROUP},{seed.SECOND_VK_GROUP_ID},1")["groups"]
    assert [one["id"] for one in found] == [GROUP, seed.SECOND_VK_GROUP_ID]


def test_an_unknown_group_is_an_error_or_an_empty_list_by_switch(vk):
    assert vk.code("groups.getById", group_id=1) == 40
    vk.world.switch("unknown_group_is_error", False)
    assert vk("groups.getById", group_id=1) == {"groups": [], "profiles": []}


def test_own_communities(vk):
    assert vk("groups.get", filter="admin,editor")["items"] == [GROUP, seed.VK_GROUP_MARKET_OFF]
    full = vk("groups.get", filter="admin,editor", extended=1, fields="market")["items"]
    assert [one["market"]["enabled"] for one in full] == [1, 0]
    vk.token = seed.VK_TOKEN_NOT_ADMIN
    assert vk("groups.get", filter="admin")["count"] == 0


def test_people(vk):
    (person,) = vk("users.get")
    assert (person["id"], person["first_name"], person["last_name"]) == (seed.VK_USER_ID, "Марина", "Заречная")
    assert [one["id"] for one in vk("users.get", user_ids=f"{seed.SECOND_VK_USER_ID},1")] == [seed.SECOND_VK_USER_ID]


def test_the_market_is_toggled(vk):
    toggle = lambda state: vk.raw("groups.toggleMarket", group_id=GROUP, state=state)  # noqa: E731
    assert toggle("basic")["error"]["error_code"] == 1431
    assert toggle("none") == {"response": 1}
    assert toggle("none")["error"]["error_code"] == 1432
    assert vk.code("market.get", owner_id=OWNER) == 1438
    assert toggle("advanced") == {"response": 1}
    assert vk("market.getProperties", group_id=GROUP)["count"] == 0
    assert toggle("loud")["error"]["error_code"] == 100


def test_the_rights_of_a_community_token(vk):
    assert vk.code("groups.getTokenPermissions") == 28
    vk.token = seed.VK_TOKEN_COMMUNITY
    names = {one["name"] for one in vk("groups.getTokenPermissions")["permissions"]}
    assert names == {"photos", "groups"}
