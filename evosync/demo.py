"""The demo: the sandbox's till published to the sandbox's VK, and a merchant to look at it with."""

import os
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from rich.console import Console, JustifyMethod
from rich.table import Table

from accounts.models import Role, Status, User
from accounts.staffing import add_account
from catalog.choices import set_choice
from catalog.models import CachedStore, SyncConfig, SyncFilter
from catalog.refreshing import refresh
from connections import linking
from sandbox import seed
from sandbox.server import Sandbox
from vkmarket import categories
from vkmarket.models import AlbumListing, Listing, VkCachedProduct

from . import sandboxed


def start_sandbox() -> Sandbox:
    """The sandbox at the address that the settings name, in this process; its state is kept in the demo's folder."""
    folder, port = sandboxed.FOLDER / "sandbox", urlsplit(settings.SANDBOX_URL).port
    try:
        return Sandbox(folder, port).start()
    except OSError:
        # Somebody took the port since it was found free: go to another, with all that follows from it.
        sandbox = Sandbox(folder, 0)
        for name, address in sandboxed.addresses(sandbox.port).items():
            os.environ[name] = address
            setattr(settings, name, address)
        return sandbox.start()


def prepare() -> User:
    """Database and merchant, connected to the sandbox, everything switched on. Safe to repeat: choices made
    since the first time stay."""
    call_command("migrate", verbosity=0, interactive=False)
    user, new = add_account(sandboxed.EMAIL, sandboxed.PASSWORD, role=Role.SYSTEM, status=Status.ACTIVE)
    linking.link_evotor(user, seed.EVOTOR_TOKEN, evotor_user_id=seed.EVOTOR_USER_ID)
    linking.link_vk(user, seed.VK_TOKEN, seed.VK_GROUP_ID)
    config, made = SyncConfig.objects.get_or_create(user=user)
    if new or made:
        refresh(user.evotor)
        categories.refresh_categories(linking.vk_client(user.vk))
        config.enabled, config.default_category_id = True, _groceries()
        config.save()
        for store in CachedStore.objects.filter(connection=user.evotor):
            set_choice(user, SyncFilter.Entity.STORE, store.evotor_id, "", SyncFilter.Mode.INCLUDE)
    return user


def _groceries() -> int:
    """The category of the demo's goods: the shop sells food."""
    found = categories.search("Бакалея").filter(is_leaf=True).first()
    return found.category_id if found else min(categories.leaves())


def show_window(user: User, console: Console) -> None:
    """A table of what is in VK now, album by album."""
    community = user.vk.community
    shown = Listing.objects.filter(community=community, shown=True)
    table = Table(title=f"VK: «{community}»", title_justify="left")
    headings: dict[str, JustifyMethod] = {"Album": "left", "Goods": "right", "For example": "left", "Price, ₽": "right"}
    for heading, side in headings.items():
        table.add_column(heading, justify=side, overflow="fold")
    by_album: dict[int | None, list] = {}
    for sent, item_id in shown.values_list("sent", "vk_item_id"):
        by_album.setdefault((sent or {}).get("album"), []).append(item_id)
    titles: dict[int | None, str] = dict(AlbumListing.objects.filter(community=community).values_list("pk", "title"))
    in_vk = {row.item_id: row for row in VkCachedProduct.objects.filter(community=community, absent_since=None)}
    for album, items in sorted(by_album.items(), key=lambda pair: titles.get(pair[0], "")):
        sample = next((in_vk[item] for item in items if item in in_vk), None)
        price = f"{sample.price:.2f}" if sample and sample.price is not None else ""
        table.add_row(titles.get(album, "In no album"), str(len(items)), sample.title if sample else "", price)
    table.add_section()
    table.add_row("On the showcase", str(sum(map(len, by_album.values()))), "", "")
    console.print(table)
