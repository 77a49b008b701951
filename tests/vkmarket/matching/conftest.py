"""A community that was filled by hand, and its merchant's answers."""

import pytest

from catalog.models import SyncConfig
from catalog.refreshing import refresh
from sandbox import seed
from vkmarket import answering, tasks
from vkmarket.models import Match

GROUP = seed.VK_GROUP_ID


@pytest.fixture
def community(merchant):
    return merchant.vk.community


@pytest.fixture
def by_hand(sandbox):
    """An item that the merchant made in VK."""
    return lambda name, **fields: sandbox.vk.add_foreign_item(GROUP, name=name, **fields)


@pytest.fixture
def raw(sandbox):
    """An item as VK keeps it."""
    return lambda item_id: dict(sandbox.vk.groups[GROUP].items[item_id])


@pytest.fixture
def off(merchant):
    """The master switch is off: `off()`; and on again: `off(False)`."""

    def switch(off=True):
        SyncConfig.objects.filter(user=merchant).update(enabled=not off)

    switch()
    return switch


@pytest.fixture
def look(merchant):
    """A whole cycle while the switch is off: till and VK are read."""

    def cycle():
        refresh(merchant.evotor)
        return tasks.publish_slice(merchant.vk.pk, read=True)

    return cycle


@pytest.fixture
def filled(shop, by_hand):
    """Tea and coffee stand in VK already, coffee under another title; so does a card that no till knows."""
    shop.put("Чай чёрный", price="150.00")
    shop.put("Кофе молотый", article_number="К-7")
    shop.put("Сахар")
    tea = by_hand("ЧАЙ ЧЁРНЫЙ", price=10_000, description="Мой любимый чай", main_photo_id=17)
    coffee = by_hand("Арабика", sku="К-7", main_photo_id=18)
    return tea, coffee, by_hand("Подарочный сертификат")


def answers():
    return dict(Match.objects.order_by("item_id").values_list("item_id", "answer"))


def say(community, answer, *items):
    rows = Match.objects.filter(item_id__in=items) if items else Match.objects.all()
    return answering.say(community, rows, answer)
