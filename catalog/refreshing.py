"""Read Evotor's catalog into the mirror: write what changed, note what is gone, remove nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from accounts.models import User
from connections import linking
from connections.clients.errors import (
    AccessDenied,
    ApiError,
    AuthenticationError,
    BadAnswer,
    NotFound,
    NotInstalled,
)
from connections.clients.evotor import EvotorClient, Page, Product
from connections.models import ConnectionFault, EvotorConnection
from connections.rights import lacking
from evosync.base import clock
from evosync.base.upsert import upsert

from . import absence, mirroring
from .images import ask_for_images
from .models import CachedGroup, CachedProduct, CachedStore, RefreshRun, StoreError

log = structlog.get_logger(__name__)

# Errors that belong to the store itself: while they last its goods grow stale.
UNREADABLE = (StoreError.NOT_INSTALLED, StoreError.FORBIDDEN, StoreError.MISSING)


@dataclass(slots=True)
class Refreshed:
    """What one refresh of a merchant's catalog came to."""

    # Read, and known but not read.
    stores: int = 0
    skipped: int = 0
    # Every store was read from end to end, and none was empty.
    complete: bool = False
    # Rows of the mirror that are present, of all stores.
    products: int = 0
    # Product rows that said something new, and that are newly gone.
    written: int = 0
    vanished: int = 0
    # (store name, StoreError) of each store that could not be read whole.
    errors: list[tuple[str, str]] = field(default_factory=list)
    # A ConnectionFault where no store could be asked, '' otherwise; and Evotor's words.
    connection_fault: str = ""
    fault_text: str = ""


def refresh(connection: EvotorConnection, *, client: EvotorClient | None = None, progress=None) -> Refreshed:
    """Read all stores of a connection. `progress`: a rich Progress to show it on."""
    result = Refreshed()
    if not connection.access_token:
        result.connection_fault = ConnectionFault.NOT_CONNECTED
        return result
    client = client or linking.evotor_client(connection)
    try:
        stores = _read_stores(connection, client, result)
        # Until each has been read.
        result.skipped += len(stores)
        runs = [_read_store(store, client, progress, result) for store in stores]
        result.complete = bool(runs) and all(run.complete for run in runs) and not result.errors
        linking.record(connection, _lacking(runs, client))
        # After everything that matters, so that pictures cost no store its reading.
        ask_for_images([run.store for run in runs if not run.error], client)
    except ApiError as error:
        # 401 at any store, or anything at the list of stores: nothing more is asked.
        result.connection_fault, result.fault_text = error.fault, str(error)
        linking.record(connection, error.fault, str(error))
        log.warning("catalog cannot be read", fault=str(error.fault), text=str(error))
    result.products = sum(connection.stores.values_list("goods", flat=True))
    return result


def stop_waiting(user: User) -> None:
    """Nobody reads the merchant's stores from now on, as they have chosen: none grows stale by that."""
    CachedStore.objects.of(user).filter(unreadable_since__isnull=False).update(unreadable_since=None)


def _read_stores(connection: EvotorConnection, client: EvotorClient, result: Refreshed) -> list[CachedStore]:
    """Bring the stores of the mirror up to date; those that Evotor shows now, in its order of ids."""
    told = {store.id: store for store in client.stores() if mirroring.usable_id(store.id)}
    known = {store.evotor_id: store for store in connection.stores.all()}
    rows = [mirroring.store_row(connection, store) for store in told.values()]
    changed = [row for row in rows if _news(row, known.get(row.evotor_id))]
    if changed:
        fields = (*mirroring.STORE_FIELDS, "hash", "absent_since")
        upsert(CachedStore, changed, unique=["connection", "evotor_id"], fields=fields)
        known = {store.evotor_id: store for store in connection.stores.all()}
    accounts = {store.user_id for store in told.values() if store.user_id}
    for store in known.values():
        if store.evotor_id in told:
            continue
        if store.account and accounts and store.account not in accounts:
            _retire(store, result)
        else:
            _note_missing(store, result)
    return [known[evotor_id] for evotor_id in sorted(told)]


def _lacking(runs: list[RefreshRun], client: EvotorClient) -> str:
    """The right that keeps every store from being read; '' where one can be, or where there is another reason."""
    denied = [run.store.evotor_id for run in runs if run.error == StoreError.FORBIDDEN]
    closed = all(run.error in (StoreError.FORBIDDEN, StoreError.NOT_INSTALLED) for run in runs)
    return lacking(client, denied) if denied and closed else ConnectionFault.NONE


def _news(row: CachedStore, known: CachedStore | None) -> bool:
    return known is None or known.hash != row.hash or known.absent_since is not None


def _note_missing(store: CachedStore, result: Refreshed) -> None:
    """Keep the store and its goods: that it is not listed may pass. Told until its goods are stale anyway."""
    now = clock.now()
    if store.error != StoreError.MISSING or store.absent_since is None or store.unreadable_since is None:
        store.error = StoreError.MISSING
        store.absent_since = store.absent_since or now
        store.unreadable_since = store.unreadable_since or now
        store.save(update_fields=["error", "absent_since", "unreadable_since"])
        log.warning("store is missing", store=store.evotor_id)
    result.skipped += 1
    if now - store.unreadable_since < timedelta(hours=settings.STORE_STALE_HOURS):
        result.errors.append((store.name, StoreError.MISSING.value))


def _retire(store: CachedStore, result: Refreshed) -> None:
    """The merchant has connected another account: what the store holds is on none of their tills any more."""
    if store.error != StoreError.OTHER_ACCOUNT:
        store.error = StoreError.OTHER_ACCOUNT
        store.absent_since, store.unreadable_since = store.absent_since or clock.now(), None
        store.save(update_fields=["error", "absent_since", "unreadable_since"])
        log.info("store is of another account", store=store.evotor_id)
    result.vanished += absence.note_all(store)


def _read_store(store: CachedStore, client: EvotorClient, progress, result: Refreshed) -> RefreshRun:
    """One store in one run, which is closed whatever happens."""
    run = RefreshRun.objects.create(store=store, started_at=clock.now())
    try:
        run.complete = _read_goods(run, client, progress)
        run.error = _fault_of_list(run)
    except AuthenticationError as error:
        # The account's fault: it says nothing about the store.
        run.error_text = mirroring.plain(str(error))[:500]
        raise
    except ApiError as error:
        run.error, run.error_text = _fault_of(error), mirroring.plain(str(error))[:500]
    finally:
        run.finished_at = clock.now()
        run.save()
        result.written += run.written
        result.vanished += run.vanished
    _note_store(run)
    if run.error:
        result.errors.append((store.name, str(run.error)))
    else:
        result.stores += 1
        result.skipped -= 1
    return run


def _read_goods(run: RefreshRun, client: EvotorClient, progress) -> bool:
    """Groups, then products, page by page; whether the list of products can be taken for the whole."""
    store = run.store
    groups, products = absence.Meeting(CachedGroup, store), absence.Meeting(CachedProduct, store)
    try:
        # Told before anything is asked: stores that hang one after another shall not outlast a claim on the till.
        task = progress and progress.add_task(store.name, total=products.rows.count() or None)
        # Groups first: a product whose group is not known yet would be published from the root.
        for some_groups in client.groups(store.evotor_id):
            _take(groups, some_groups)
        if not groups.ended:
            raise BadAnswer(None, "the list of groups has no end", "product-groups")
        absence.note_groups(groups, run.started_at)
        for some_products in client.products(store.evotor_id):
            _take(products, some_products)
            if progress:
                progress.update(task, completed=products.told)
        if not products.told or not products.ended:
            # An empty shop and a failure look the same: nothing is gone because of it.
            return False

        def ask(product_id: str) -> Product | None:
            told = client.product(store.evotor_id, product_id)
            return told if told and told.id == product_id else None

        run.vanished, complete = absence.note_products(products, ask, run.started_at)
        return complete
    finally:
        run.groups, run.products, run.written = groups.told, products.told, products.written


def _take(meeting: absence.Meeting, page: Page) -> None:
    usable = [told for told in page.items if mirroring.usable_id(told.id)]
    meeting.broken += page.broken + len(page.items) - len(usable)
    meeting.take(usable)
    meeting.told += len(usable)
    meeting.ended = page.last


def _fault_of_list(run: RefreshRun) -> str:
    """What a list read without error lacks. An empty one is a fault only where goods are known."""
    if run.complete or (not run.products and not run.store.products.present().exists()):
        return StoreError.NONE
    return StoreError.INCOMPLETE


def _fault_of(error: ApiError) -> str:
    """What an error says about the store."""
    match error:
        case NotInstalled():
            return StoreError.NOT_INSTALLED
        case AccessDenied():
            return StoreError.FORBIDDEN
        case NotFound():
            return StoreError.MISSING
        case BadAnswer():
            return StoreError.INCOMPLETE
        case _:
            return StoreError.UNAVAILABLE


def _note_store(run: RefreshRun) -> None:
    """Keep in the store's row how its run ended, and tell the log."""
    store = run.store
    values: dict[str, str | datetime | None] = {}
    if store.error != run.error:
        values["error"] = run.error
    if run.complete:
        values |= {"complete_at": run.finished_at, "unreadable_since": None}
    elif run.error in UNREADABLE and store.unreadable_since is None:
        values["unreadable_since"] = run.finished_at
    elif run.error not in UNREADABLE and store.unreadable_since is not None and run.products:
        # It answers again, though not from end to end yet.
        values["unreadable_since"] = None
    if values:
        CachedStore.objects.filter(pk=store.pk).update(**values)
    store.count_goods()
    # A store without the application is the merchant's choice, not news.
    quiet = run.error in (StoreError.NONE, StoreError.NOT_INSTALLED)
    (log.debug if quiet else log.warning)(
        "store was read",
        store=store.evotor_id,
        complete=run.complete,
        error=str(run.error),
        text=run.error_text,
        products=run.products,
        written=run.written,
        vanished=run.vanished,
    )
