"""Who may call what, and how fast."""

from datetime import timedelta

import pytest

from sandbox import seed
from tests.sandbox.conftest import GROUP, OWNER


def test_an_error_is_an_envelope_that_echoes_the_call_without_the_token(vk):
    answer = vk.raw("market.get", owner_id=5)
    assert answer["error"]["error_code"] == 100
    assert {"key": "owner_id", "value": "5"} in answer["error"]["request_params"]
    assert seed.VK_TOKEN not in str(answer)


@pytest.mark.parametrize("code", [8, 100])
def test_a_call_without_version_is_refused(vk, code):
    vk.world.switch("version_missing_code", code)
    assert vk.code("users.get", v="") == code


@pytest.mark.parametrize("token", ["", "no-such-token", seed.VK_TOKEN_EXPIRED])
def test_missing_unknown_and_expired_tokens_are_error_5(vk, token):
    assert vk.code("users.get", access_token=token) == 5


def test_a_token_works_until_its_time_is_over(vk, clock):
    vk.world.add_token("short", user_id=seed.VK_USER_ID, scopes=["market"], expires_at=clock.now + timedelta(hours=1))
    vk.token = "short"
    assert vk("users.get")
    clock.pass_(3600)
    assert vk.code("users.get") == 5


def test_a_revoked_token_is_error_5(sandbox):
    sandbox.revoke(seed.VK_TOKEN)
    params = {"access_token": seed.VK_TOKEN, "v": "5.199"}
    assert sandbox.vk.handle("users.get", params, sandbox.vk.now())["error"]["error_code"] == 5
    sandbox.revoke(seed.VK_TOKEN, False)
    assert sandbox.vk.handle("users.get", params, sandbox.vk.now())["response"]


def test_an_unknown_method_is_error_3(vk):
    assert vk.code("market.Get", owner_id=OWNER) == 3


def test_a_community_token_on_a_user_method_is_error_27(vk):
    vk.token = seed.VK_TOKEN_COMMUNITY
    assert vk.code("market.get", owner_id=OWNER) == 27
    assert vk("groups.getById")["groups"][0]["id"] == GROUP


def test_a_token_without_the_right_is_error_15_with_subcode_1133(vk):
    vk.token = seed.VK_TOKEN_NO_SCOPE
    error = vk.raw("market.get", owner_id=OWNER)["error"]
    assert (error["error_code"], error["error_subcode"]) == (15, 1133)


def test_a_stranger_is_205_on_the_market_and_15_on_the_group(vk):
    fields = vk.fields()
    vk.token = seed.VK_TOKEN_NOT_ADMIN
    assert vk.code("market.add", **fields) == 205
    assert vk.code("market.addAlbum", owner_id=OWNER, title="Чай") == 205
    assert vk.code("market.getProductPhotoUploadServer", group_id=GROUP) == 15
    assert vk("market.get", owner_id=OWNER) == {"count": 0, "items": []}


def test_an_editor_may_and_a_moderator_may_not(vk):
    admins = vk.world.groups[GROUP].info["admins"]
    admins[seed.SECOND_VK_USER_ID] = 2
    vk.token = seed.SECOND_VK_TOKEN
    assert vk("market.addAlbum", owner_id=OWNER, title="Чай")
    admins[seed.SECOND_VK_USER_ID] = 1
    assert vk.code("market.addAlbum", owner_id=OWNER, title="Чай") == 205


def test_owner_must_be_a_known_community(vk):
    assert "only groups supported" in vk.message("market.get", owner_id=GROUP)
    assert vk.code("market.get", owner_id=-1) == 40
    assert vk.code("market.get") == 100


def test_a_market_that_is_off_is_1438_and_1525(vk):
    off = -seed.VK_GROUP_MARKET_OFF
    assert vk.code("market.get", owner_id=off) == 1438
    assert vk.code("market.add", **vk.fields(owner_id=off)) == 1438
    assert vk.code("market.getProductPhotoUploadServer", group_id=seed.VK_GROUP_MARKET_OFF) == 1438
    assert vk.code("market.getById", item_ids=f"{off}_1") == 1525


def burst(vk, calls: int, token: str) -> list[int]:
    """Codes of calls made in one moment; 0 is success."""
    params = {"access_token": token, "v": "5.199"}
    answers = [vk.world.handle("users.get", params | {"user_ids": "1"}, vk.clock.now) for _ in range(calls)]
    return [answer.get("error", {}).get("error_code", 0) for answer in answers]


def test_three_requests_a_second_for_a_user(vk, clock):
    assert burst(vk, 5, seed.VK_TOKEN) == [0, 0, 0, 6, 6]
    clock.pass_(0.999)
    assert burst(vk, 1, seed.VK_TOKEN) == [6]
    clock.pass_(0.001)
    assert burst(vk, 4, seed.VK_TOKEN) == [0, 0, 0, 6]


def test_tokens_of_one_user_share_the_pace_and_others_do_not(vk):
    assert burst(vk, 3, seed.VK_TOKEN) == [0, 0, 0]
    assert burst(vk, 1, seed.VK_TOKEN_NO_SCOPE) == [6]
    assert burst(vk, 1, seed.SECOND_VK_TOKEN) == [0]


def test_twenty_a_second_for_a_community(vk):
    assert burst(vk, 21, seed.VK_TOKEN_COMMUNITY) == [0] * 20 + [6]


def test_an_execute_is_one_request(vk, clock):
    code = "return [" + ",".join(["API.users.get({})"] * 25) + "];"
    params = {"access_token": seed.VK_TOKEN, "v": "5.199", "code": code}
    codes = [vk.world.handle("execute", params, clock.now).get("error", {}).get("error_code", 0) for _ in range(4)]
    assert codes == [0, 0, 0, 6]


def test_the_pace_can_be_switched_off(vk):
    vk.world.switch("rate_limit", False)
    assert burst(vk, 50, seed.VK_TOKEN) == [0] * 50
