"""What every story stands on: a database made once and copied, and the few places where the project meets the world."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from unittest import mock

from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_save
from django_q.brokers import orm
from django_q.models import OrmQ
from PIL import Image

from accounts.models import Status, User
from catalog.choices import set_choice
from catalog.models import SyncConfig, SyncFilter
from connections import linking
from connections.clients.http import Http
from connections.models import Community, EvotorConnection, VkConnection
from connections.pacing import VK_PER_SECOND
from sandbox import seed as names
from sandbox import vk_photos
from sandbox.calls import Upload
from sandbox.vk_categories import CategoryTree
from vkmarket import cards, publishing
from vkmarket.models import VkCategory
from vkmarket.rounds import Round

from .database import base, memory
from .scheduling import EPOCH, Scheduler, patch_clock
from .shop import GROUP_ID, STORE
from .story import Story
from .wire import Wire


def build() -> None:
    """Make the schema and the one merchant of all stories."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    user = User.objects.create(email="merchant@example.com", status=Status.ACTIVE)
    EvotorConnection.objects.create(user=user, access_token=names.EVOTOR_TOKEN, evotor_user_id=names.EVOTOR_USER_ID)
    community = Community.objects.create(group_id=GROUP_ID, name="Лавка")
    VkConnection.objects.create(
        user=user,
        access_token=names.VK_TOKEN,
        vk_user_id=names.VK_USER_ID,
        group_id=GROUP_ID,
        community=community,
    )
    leaf = CategoryTree().first_leaf
    # One is enough: the day's reading of the tree brings the others, long after the trouble is over.
    VkCategory.objects.create(category_id=leaf, name="Чай", path="Продукты / Чай", fetched_at=EPOCH)
    SyncConfig.objects.create(user=user, enabled=True, default_category_id=leaf)
    set_choice(user, SyncFilter.Entity.STORE, STORE, "", SyncFilter.Mode.INCLUDE)
    connections.close_all()
    memory.keep()
    # What is there now stays: to look through it again and again for what could go takes a tenth of the time.
    gc.collect()
    gc.freeze()


def tell(seed: int, *, tracing: bool = False, mutate: Callable | None = None) -> Story:
    """Live through one seed. `mutate` is given what plants a fault: `setattr` that is undone at the end."""
    connections.close_all()
    memory.begin_anew()
    # The project's own dice: which products are asked for singly, how long a pause is.
    random.seed(seed)
    story = Story(seed, tracing)
    with ExitStack() as undone:

        def patch(owner, name, value) -> None:
            undone.enter_context(mock.patch.object(owner, name, value))

        patch_clock(story.scheduler, patch)
        _patch_world(story, patch)
        undone.enter_context(_jobs_told(story))
        if mutate is not None:
            mutate(patch)
        undone.enter_context(base.gated(story))
        story.live()
    story.close()
    connections.close_all()
    return story


def _patch_world(story: Story, patch: Callable) -> None:
    """Calls go over the wire, uploads one after the other, and pictures are small and drawn once."""

    def wire(base_url: str, **options) -> Wire:
        return Wire(story, base_url, **options)

    for module in list(sys.modules.values()):
        ours = getattr(module, "__name__", "").partition(".")[0] in ("connections", "vkmarket", "catalog")
        if ours and module.__dict__.get("Http") is Http:
            patch(module, "Http", wire)
        if ours and "ThreadPoolExecutor" in module.__dict__:
            patch(module, "ThreadPoolExecutor", OneAfterTheOther)
    patch(orm, "timezone", SimpleNamespace(now=story.scheduler.utc))
    patch(publishing.publish_slice, "__kwdefaults__", _slice_options | {"seconds": story.slice_seconds})
    patch(Round, "go", lambda one: _go(one, story))
    patch(linking, "SharedPace", lambda *_args, **_options: OwnPace(story.scheduler))
    patch(cards, "draw", _drawn)
    patch(vk_photos, "_look", _looked)


_slice_options, _really_go = publishing.publish_slice.__kwdefaults__, Round.go


def _go(one: Round, story: Story):
    story.round_began(one.scope)
    return _really_go(one)


class OwnPace:
    """VK's pace by the story's clock: the row that workers share for it has tests of its own."""

    def __init__(self, scheduler: Scheduler):
        self._scheduler = scheduler

    def wait(self) -> None:
        begins = max(self._scheduler.now, self._scheduler.next_call)
        self._scheduler.next_call = begins + 1 / VK_PER_SECOND
        self._scheduler.sleep(begins - self._scheduler.now)

    def hold_back(self, seconds: float) -> None:
        self._scheduler.next_call = max(self._scheduler.next_call, self._scheduler.now + seconds)


class OneAfterTheOther:
    """A pool of threads without threads: who runs is for the seed to say."""

    def __init__(self, _workers: int = 1):
        pass

    def __enter__(self) -> OneAfterTheOther:
        return self

    def __exit__(self, *_error) -> None:
        pass

    def map(self, work: Callable, *things) -> list:
        return [work(*some) for some in zip(*things, strict=False)]


@lru_cache
def _card(place: int | None) -> bytes:
    return cards.encode(cards.told_apart(Image.new("RGB", (400, 400), (47, 93, 138)), place), 60)


def _drawn(_name: str, _color: str = "", place: int | None = None) -> bytes:
    return _card(place)


_really_look = lru_cache(maxsize=64)(lambda content, look=vk_photos._look: look(Upload("file", "card.jpg", content)))


def _looked(file: Upload) -> vk_photos.Looked:
    return replace(_really_look(file.data), field=file.field)


@contextmanager
def _jobs_told(story: Story) -> Iterator[None]:
    def tell_story(created: bool, **_kwargs) -> None:
        if created:
            story.way.rings()

    post_save.connect(tell_story, sender=OrmQ, weak=False)
    try:
        yield
    finally:
        post_save.disconnect(tell_story, sender=OrmQ)


__all__ = ["Scheduler", "build", "tell"]
