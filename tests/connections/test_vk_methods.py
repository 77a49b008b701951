import pytest

from connections.clients import errors, vk

from .scripted import HTML, resets, says, says_json
from .vk_answers import TOKEN, error

PNG = b"\x89PNG\r\n\x1a\n..."


def test_the_owner_of_the_token(server, client):
    server.answer(says_json({"response": [{"id": 5, "first_name": "Анна", "last_name": "Ёлкина"}]}))
    assert client.users_get() == vk.VkUser(5, "Анна", "Ёлкина")
    server.scripts.clear()
    server.answer(says_json({"response": []}), says_json({"response": {}}))
    with pytest.raises(errors.AuthenticationError):
        client.users_get()
    with pytest.raises(errors.BadAnswer):
        client.users_get()


@pytest.mark.parametrize("old_form", [True, False])
def test_a_community_with_the_rights_in_it(server, client, old_form):
    group = {
        "id": 7,
        "name": "Лавка",
        "screen_name": "lavka",
        "is_admin": 1,
        "admin_level": 2,
        "market": {"enabled": 1},
    }
    server.answer(says_json({"response": [group] if old_form else {"groups": [group], "profiles": []}}))
    found = client.group(7)
    assert found == vk.Group(7, "Лавка", "lavka", True, 2, True)
    assert found.may_edit_market
    assert server.asked[0].form["fields"] == "market"


@pytest.mark.parametrize("script", [error(100), error(40), says_json({"response": {"groups": [], "profiles": []}})])
def test_an_unknown_community_is_said_to_be_so(server, client, script):
    server.answer(script)
    with pytest.raises(errors.NoCommunity):
        client.group(7)


def test_categories_come_with_their_paths(server, client):
    tree = [
        {"id": 1, "name": "Дом", "children": [{"id": 2, "name": "Посуда", "children": []}]},
        {"id": 3, "name": "Еда"},
    ]
    server.answer(says_json({"response": {"items": tree, "count": 2}}))
    assert client.categories() == [
        vk.Category(1, "Дом", "Дом", False),
        vk.Category(2, "Посуда", "Дом / Посуда", True),
        vk.Category(3, "Еда", "Еда", True),
    ]


def test_an_upload_is_a_form_of_files_without_token_or_count(server, client, pace):
    server.answer(says('{"sha": "ы", "meta": {}}'))
    assert (
        client.upload(server.url + "/upload?key=1", {"file1": PNG, "file2": b"\xff\xd8jpeg"})
        == '{"sha": "ы", "meta": {}}'
    )
    [asked] = server.asked
    assert asked.path == "/upload?key=1"
    assert b'name="file1"; filename="file1.png"' in asked.body and b'name="file2"; filename="file2.jpg"' in asked.body
    assert PNG in asked.body and TOKEN.encode() not in asked.body
    assert (client.requests, pace.waits) == (0, 0)


def test_a_refused_picture_is_told_in_the_hosts_words_and_a_bad_day_of_it_in_ours(server, client):
    server.answer(says_json({"error": "ERR_UPLOAD_BAD_IMAGE_SIZE: market photo min size 400x400"}))
    with pytest.raises(errors.UploadError, match="min size 400x400"):
        client.upload(server.url, {"file": PNG})
    for script in (HTML, says("{}", 500), resets):
        server.scripts.clear()
        server.answer(script)
        with pytest.raises(errors.UploadError) as failed:
            client.upload(server.url, {"file": PNG})
        assert "400x400" not in str(failed.value)
    with pytest.raises(errors.UploadError):
        client.upload("file:///etc/hosts", {"file": PNG})
