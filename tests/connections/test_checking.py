"""What becomes of a connection after it was made: checks, disconnecting, connecting again."""

from functools import partial

import pytest
from django.db import connection as database

from connections import linking
from connections.linking import check_evotor, check_vk, link_evotor, unlink_evotor, unlink_vk
from connections.models import Community, EvotorConnection, VkConnection
from sandbox import seed

from .linked import assert_refused, linked, row

pytestmark = pytest.mark.django_db


def test_linking_again_finds_the_community_of_before(merchant, sandbox, paces):
    before = linked(merchant).community
    unlink_vk(merchant)
    assert linked(merchant).community == before
    assert VkConnection.objects.count() == Community.objects.count() == 1


def test_unlinking_empties_the_tokens_and_keeps_the_community(merchant, sandbox, paces):
    linked(merchant)
    link_evotor(merchant, seed.EVOTOR_TOKEN)
    ours = EvotorConnection.objects.get()
    ours.api_token = "handed-to-evotor"
    ours.save()
    unlink_vk(merchant)
    unlink_evotor(merchant)
    vk, evotor = row(VkConnection, merchant), row(EvotorConnection, merchant)
    assert (vk.access_token, vk.refresh_token, vk.community, vk.is_online) == ("", "", None, False)
    assert (evotor.access_token, evotor.api_token, evotor.api_token_hash, evotor.is_online) == ("", "", None, False)
    assert Community.objects.count() == 1


def test_unlinking_what_is_not_linked_does_nothing(merchant):
    unlink_vk(merchant)
    unlink_evotor(merchant)
    assert not VkConnection.objects.exists() and not EvotorConnection.objects.exists()


def test_a_check_writes_what_it_found(merchant, sandbox, paces):
    vk, evotor = linked(merchant), link_evotor(merchant, seed.EVOTOR_TOKEN)
    sandbox.revoke(seed.VK_TOKEN)
    sandbox.revoke(seed.EVOTOR_TOKEN)
    assert not check_vk(vk) and not check_evotor(evotor)
    assert_refused(VkConnection, merchant, "token")
    assert_refused(EvotorConnection, merchant, "token")
    assert row(VkConnection, merchant).community is not None
    sandbox.revoke(seed.VK_TOKEN, False)
    sandbox.revoke(seed.EVOTOR_TOKEN, False)
    assert check_vk(vk) and check_evotor(evotor)
    assert row(VkConnection, merchant).is_online and row(EvotorConnection, merchant).is_online


def test_a_check_of_a_till_that_hangs_asks_once(merchant, sandbox, paces, monkeypatch):
    """Asked on, it would be ended with its job before it could put the light out."""
    evotor = link_evotor(merchant, seed.EVOTOR_TOKEN)
    monkeypatch.setattr(linking, "EvotorClient", partial(linking.EvotorClient, deadline=0.3))
    monkeypatch.setattr(linking, "CHECKS_PATIENCE", 0.3)
    sandbox.faults.add("timeout", api="evotor", method="GET /stores", times=None)
    mark = sandbox.calls()
    assert not check_evotor(evotor)
    assert len(sandbox.journal.entries(mark, api="evotor")) == 1
    assert not row(EvotorConnection, merchant).is_online


def test_a_check_of_what_is_not_connected_says_so_without_a_call(merchant, sandbox, paces):
    vk = VkConnection.objects.create(user=merchant)
    assert not check_vk(vk)
    assert_refused(VkConnection, merchant, "not_connected")
    assert paces == []


def test_a_check_that_comes_back_after_the_merchant_left_changes_nothing(merchant, sandbox, paces, monkeypatch):
    connection = linked(merchant)
    inspect = linking._inspect

    def slow(*args, **kwargs):
        found = inspect(*args, **kwargs)
        unlink_vk(merchant)
        return found

    monkeypatch.setattr(linking, "_inspect", slow)
    assert not check_vk(connection)
    kept = row(VkConnection, merchant)
    assert (kept.community, kept.access_token, kept.is_online) == (None, "", False)


def test_no_token_stands_in_a_row_in_clear_or_in_a_reason(merchant, sandbox, paces):
    linked(merchant)
    link_evotor(merchant, seed.EVOTOR_TOKEN)
    sandbox.faults.add("error", code=100, message=f"bad access_token={seed.VK_TOKEN}", times=None)
    check_vk(row(VkConnection, merchant))
    with database.cursor() as cursor:
        for table, secret in (("vk_connections", seed.VK_TOKEN), ("evotor_connections", seed.EVOTOR_TOKEN)):
            cursor.execute(f"SELECT * FROM {table}")
            assert secret not in repr(cursor.fetchall())
