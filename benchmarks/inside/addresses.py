"""Every page that a signed-in merchant can open, from the names of the addresses: a new page is measured at once."""

from collections.abc import Iterator
from itertools import product

from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from catalog.models import CachedGroup, CachedProduct, CachedStore
from connections.service_cards import SERVICES
from vkmarket.models import Removal, SyncRun, VkCachedAlbum
from vkmarket.waiting import QUESTIONS

from . import shops
from .crowd import MANY_GROUPS

# What one page shows in many ways, each as slow as it will be.
QUERIES = {
    "catalog:groups": ["q=болт"],
    "catalog:products": [
        *("q=чай", "q=болт оцинкованный 9991", "q=нет такого", "page=1999", "page=700&sort=dear", "sort=stock"),
        *("state=shown", "state=refused", "state=decision", "state=differs", "state=waits", "state=never"),
        *("group={group}", "group={group}&state=held&q=чай", "state=shown&sort=new&page=900"),
        *("why=zero_price", "why=excluded&page=30", "groups=болт"),
    ],
    "catalog:filters": ["q=болт", "page=20"],
    "catalog:group_options": ["groups=болт"],
    "catalog:categories": ["q=чай&name=c&form=f"],
    "sync_runs": ["outcome=done", "page=3"],
    "sync_run": ["outcome=refused", "outcome=accepted&page=1500", "outcome=held", "q=болт"],
    "sync_example": ["card_color=%23336699"],
    "vk_albums": ["q=болт"],
    "vk_album": ["page=20", "q=болт"],
    "vk_products": ["q=чай", "q=нет такого", "page=1500"],
}

# Whose codes stand in an address: of most, those of services.
CODES = {name: [question.code for question in QUESTIONS] for name in ("sync_decision", "sync_answer")}


def pages(shop: str) -> list[tuple[str, str]]:
    """(What, address) of everything with a name, of a merchant of the benchmarks."""
    user = shops.merchant(shop)
    store = CachedStore.objects.of(user).exclude(evotor_id=MANY_GROUPS).get()
    group = CachedGroup.objects.filter(store=store).order_by("pk").first().evotor_id
    community = user.vk.community
    found = named(
        store_id=store.evotor_id,
        group_id=group,
        product_id=CachedProduct.objects.filter(store=store).order_by("pk")[7].evotor_id,
        run_id=_longest_run(community),
        removal_id=Removal.objects.filter(community=community).order_by("pk").first().pk,
        album_id=VkCachedAlbum.objects.filter(community=community).order_by("pk").first().album_id,
    )
    many = reverse("catalog:groups", args=[MANY_GROUPS])
    inside = CachedGroup.objects.filter(store__evotor_id=MANY_GROUPS, parent_id="").order_by("pk").first().evotor_id
    found += [("catalog:groups of 10 000", many), ("catalog:groups of 10 000, in one", f"{many}?in={inside}")]
    return [*found, ("catalog:groups of 10 000, search", f"{many}?q=болт")]


def named(**ids: str | int) -> list[tuple[str, str]]:
    """(What, address) of everything with a name, of the things with these ids; what takes no GET is among it."""
    known: dict[str, list] = {name: [value] for name, value in ids.items()}
    known |= {"pk": [1], "key": ["none"]}
    found = []
    for name, pattern in _named(get_resolver()):
        names = list(pattern.pattern.regex.groupindex)
        values_of = known | {"code": CODES.get(name, list(SERVICES))}
        if missing := set(names) - values_of.keys():
            raise LookupError(f"{name}: benchmarks.inside.addresses knows no {', '.join(missing)} to measure it with")
        for values in product(*(values_of[each] for each in names)):
            address = reverse(name, kwargs=dict(zip(names, values, strict=True)))
            group = str(ids["group_id"])
            asked = [query.format(group=group) for query in QUERIES.get(name, ())]
            found += [(" ".join([name, *(values if "code" in names else ())]), address)]
            found += [(f"{name}?{query.replace(group, '…')}", f"{address}?{query}") for query in asked]
    return found


def _longest_run(community) -> int:
    return SyncRun.objects.filter(community=community, attempts__isnull=False).order_by("pk").first().pk


def _named(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield ":".join([*spaces, pattern.name]), pattern
        elif pattern.namespace != "admin":
            yield from _named(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces)


def panel() -> list[tuple[str, str]]:
    """The lists of the panel for staff."""
    names = sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)
    lists = [(f"admin: {name}", reverse(f"admin:{name}_changelist")) for name in names]
    return [("admin", reverse("admin:index")), *lists]


def cookie(shop: str) -> str:
    """Of a merchant who is signed in."""
    return _signed_in(shop).cookies.output(header="", attrs=[]).strip()


def queries(shop: str, addresses: list[str]) -> list[int]:
    """How many each page asks."""
    client, counted = _signed_in(shop), []
    client.defaults["SERVER_NAME"] = "localhost"
    for address in addresses:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, address
        counted.append(len(asked))
    return counted


def _signed_in(shop: str) -> Client:
    client = Client()
    client.force_login(shops.merchant(shop))
    return client
