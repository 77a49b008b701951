"""Connecting, checking and disconnecting a merchant's accounts: the only writer of connections."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from evosync.base import clock
from evosync.base.fields import keyed_hash
from evosync.base.upsert import retrying

from .clients import errors
from .clients.evotor import EvotorClient, Store
from .clients.http import require_sendable
from .clients.vk import Group, VkClient, VkUser, get_items
from .models import LACKING, Community, ConnectionFault, EvotorConnection, VkConnection
from .pacing import SharedPace
from .rights import lacking
from .signals import market_connected, till_connected

# What a column of ids holds. A longer number is nobody's.
MOST_ID = 2**63 - 1
# "Too many requests" of a moment is waited out here; more is told.
BEARABLE_WAIT = 2.0
PATIENCE = 3
# A person waits at the other end: what an Evotor client then tries, and the seconds that one call may take.
PERSONS_TRIES, PERSONS_PAUSE = 2, 3.0
PERSONS_DEADLINE = 10.0
# A check is a job of a minute at most: what hangs is not asked again.
CHECKS_PATIENCE = 30.0
# What is wrong with a token for good.
NOT_WORTH_KEEPING = (ConnectionFault.TOKEN, ConnectionFault.COMMUNITY_TOKEN)

Linked = EvotorConnection | VkConnection


class LinkRefused(Exception):
    """An account cannot be connected. The label of `fault` is for its owner to read, `text` for staff."""

    def __init__(self, fault: ConnectionFault, text: str = ""):
        super().__init__(fault, text)
        self.fault = ConnectionFault(fault)
        self.text = text

    def __str__(self) -> str:
        return str(self.fault.label)


def evotor_client(connection: EvotorConnection, *, interactive: bool = False) -> EvotorClient:
    """A client with the connection's token. `interactive`: somebody waits, give up sooner."""
    return _evotor(connection.access_token, interactive=interactive)


def vk_client(connection: VkConnection) -> VkClient:
    """A client with the connection's token, at the pace that all callers of its VK user share."""
    return _vk(connection.access_token, connection.vk_user_id, interactive=False)


def link_evotor(user: User, token: str, *, evotor_user_id: str = "") -> EvotorConnection:
    """Connect an Evotor account by its token, proven by GET /stores, and by a look at the goods of one of them.

    Raises LinkRefused. Then the row keeps the reason, unless it holds something else that works: that goes on working.
    """
    connection, _created = EvotorConnection.objects.get_or_create(user=user)
    token = token.strip()
    try:
        stores = _look_at_till(_evotor(require_sendable(token), interactive=True))
    except (errors.ApiError, LinkRefused) as error:
        raise _refused(connection, error, access_token=token) from None
    first = stores[0] if stores else None
    connection.access_token = token
    connection.evotor_user_id = evotor_user_id or (first and first.user_id) or connection.evotor_user_id
    connection.store_id = first.id if first else ""
    connection.store_name = (first.name or "")[:200] if first else ""
    connection.save(update_fields=["access_token", "evotor_user_id", "store_id", "store_name", "updated_at"])
    connection.record_check(clock.now())
    till_connected.send(EvotorConnection, user=user)
    return connection


def link_vk(user: User, token: str, group_id: int) -> VkConnection:
    """Connect a VK account and the community it publishes to, proven by what VK says of both.

    Raises LinkRefused. Then the row keeps the reason, unless it holds something else that works: that goes on working.
    """
    connection, _created = VkConnection.objects.get_or_create(user=user)
    token, group_id = token.strip(), abs(int(group_id))
    if group_id > MOST_ID:
        group_id = 0
    try:
        owner, group = _inspect(require_sendable(token), None, group_id, interactive=True)
        _bind(connection, owner, group, token)
    except (errors.ApiError, LinkRefused) as error:
        raise _refused(connection, error, access_token=token, group_id=group_id) from None
    connection.record_check(clock.now())
    return connection


def check_evotor(connection: EvotorConnection, *, interactive: bool = False) -> bool:
    """See whether the token still works and write it into the row. Never raises an ApiError.

    Its rights are looked at where somebody waits, and where they were found lacking: they last as long as the token.
    """
    client = _evotor(connection.access_token, interactive=interactive, patience=CHECKS_PATIENCE)
    goods = connection.last_error in LACKING
    return _checked(connection, lambda: _look_at_till(client, goods=interactive or goods))


def check_vk(connection: VkConnection, *, interactive: bool = False) -> bool:
    """See whether token, rights and community still work and write it into the row. Never raises an ApiError.

    A connection whose first test met a silent VK gets its community here. `interactive`: somebody waits.
    """
    token, group_id = connection.access_token, connection.group_id or 0
    return _checked(
        connection,
        lambda: _inspect(token, connection.vk_user_id, group_id, interactive=interactive),
        lambda found: _bind(connection, *found, token),
    )


@retrying
def record(connection: Linked, fault: str = "", text: str = "") -> None:
    """Keep how a run with this connection went (`fault`: a ConnectionFault, '' for well; `text`: the service's words),
    unless the merchant changed it while the run went on. What the caller holds in its hands stays as it was read."""
    with transaction.atomic():
        now_held = type(connection).objects.select_for_update().filter(pk=connection.pk).first()
        if now_held and _identity(now_held) == _identity(connection):
            connection.record_check(clock.now(), fault, text)


def unlink_evotor(user: User) -> None:
    """Disconnect Evotor: the tokens go, the rows stay."""
    connection = EvotorConnection.objects.filter(user=user).first()
    if connection is None:
        return
    connection.access_token = connection.api_token = ""
    _forget(connection)


def unlink_vk(user: User) -> None:
    """Disconnect VK: tokens and community pointer go, the rows stay."""
    connection = VkConnection.objects.filter(user=user).first()
    if connection is None:
        return
    connection.access_token = connection.refresh_token = connection.device_id = ""
    connection.expires_at = connection.community = None
    _forget(connection)


def _evotor(token: str, *, interactive: bool, **options: Any) -> EvotorClient:
    if interactive:
        options |= {"deadline": PERSONS_DEADLINE, "tries": PERSONS_TRIES, "longest_pause": PERSONS_PAUSE}
    return EvotorClient(token, base_url=settings.EVOTOR_API_URL, **options)


def _look_at_till(client: EvotorClient, *, goods: bool = True) -> list[Store]:
    """The stores that the token opens. Raises LinkRefused where it does not open their `goods`, or an ApiError."""
    stores = list(client.stores())
    if goods and (fault := lacking(client, [store.id for store in stores])):
        raise LinkRefused(fault)
    return stores


def _vk(token: str, vk_user_id: int | None, *, interactive: bool) -> VkClient:
    # Before VK has said whose token it is, the token itself names the account.
    key = f"vk:{vk_user_id}" if vk_user_id else f"vk:{keyed_hash(token)[:40]}"
    return VkClient(
        token,
        base_url=settings.VK_API_URL,
        version=settings.VK_API_VERSION,
        pace=SharedPace(key, interactive=interactive),
        deadline=min(settings.VK_CALL_DEADLINE, PERSONS_DEADLINE) if interactive else settings.VK_CALL_DEADLINE,
    )


def _inspect(token: str, vk_user_id: int | None, group_id: int, *, interactive: bool) -> tuple[VkUser, Group]:
    """Whose token this is and what the community is to them. Raises LinkRefused or an ApiError if it will not do."""
    client = _vk(token, vk_user_id, interactive=interactive)
    owner = _patiently(client.users_get)
    if owner.id != vk_user_id:
        client = _vk(token, owner.id, interactive=interactive)
    if not group_id:
        raise LinkRefused(ConnectionFault.NO_COMMUNITY)
    group = _patiently(lambda: client.group(group_id))
    if group.deactivated:
        raise LinkRefused(ConnectionFault.COMMUNITY_CLOSED, group.deactivated)
    if not group.may_edit_market:
        raise LinkRefused(ConnectionFault.NOT_EDITOR, f"is_admin={group.is_admin}, admin_level={group.admin_level}")
    if group.market_enabled is False:
        raise LinkRefused(ConnectionFault.MARKET_OFF)
    # Nothing but a market method tells whether the token has the right to the market.
    look = get_items(-group_id, 0, 1)
    _patiently(lambda: client.call(look.method, **look.params))
    return owner, group


def _bind(connection: VkConnection, owner: VkUser, group: Group, token: str) -> None:
    """Keep the token and what VK said, and make the connection the live owner of the community.

    Raises LinkRefused if another connection is; the row is left as it was then.
    """
    community, _created = Community.objects.get_or_create(group_id=group.id)
    community.name, community.screen_name = group.name[:200], group.screen_name[:100]
    community.save(update_fields=["name", "screen_name"])
    is_new = connection.community_id != community.pk
    fields = {
        "access_token": token,
        "vk_user_id": owner.id,
        "first_name": owner.first_name[:100],
        "last_name": owner.last_name[:100],
        "group_id": group.id,
        "community": community,
    }
    if token != connection.access_token:
        # They belonged to the token that goes.
        fields |= {"refresh_token": "", "device_id": "", "expires_at": None}
    for name, value in fields.items():
        setattr(connection, name, value)
    try:
        with transaction.atomic():
            connection.save(update_fields=[*fields, "updated_at"])
    except IntegrityError:
        # The unique column decides, so two who link at one moment cannot both win.
        connection.refresh_from_db()
        raise LinkRefused(ConnectionFault.COMMUNITY_TAKEN) from None
    if is_new:
        transaction.on_commit(partial(market_connected.send, VkConnection, user=connection.user))


def _checked[Answer](
    connection: Linked, ask: Callable[[], Answer], keep: Callable[[Answer], None] = lambda _answer: None
) -> bool:
    """Ask the service, then write the outcome, unless the merchant changed the connection meanwhile."""
    tested, fault, text = connection.access_token, ConnectionFault.NONE, ""
    keep_answer: Callable[[], None] | None = None
    try:
        if tested:
            keep_answer = partial(keep, ask())
        else:
            fault = ConnectionFault.NOT_CONNECTED
    except (errors.ApiError, LinkRefused) as error:
        fault, text = _reason(error, tested)
    spoken_of = _identity(connection)

    @retrying
    def write() -> bool:
        said = fault, text
        with transaction.atomic():
            now_held = type(connection).objects.select_for_update().filter(pk=connection.pk).first()
            if now_held is None or _identity(now_held) != spoken_of:
                return bool(now_held and now_held.is_online)
            try:
                if keep_answer and not fault:
                    keep_answer()
            except LinkRefused as refused:
                said = _reason(refused, tested)
            connection.record_check(clock.now(), *said)
        return not said[0]

    return write()


def _identity(connection: Linked) -> tuple:
    """What a check speaks of: linked anew, to another account or community, it is another connection."""
    return connection.access_token, getattr(connection, "group_id", None)


def _patiently[Answer](ask: Callable[[], Answer]) -> Answer:
    """`ask`, again where the account was only a moment too fast."""
    for _attempt in range(PATIENCE - 1):
        try:
            return ask()
        except errors.Throttled as error:
            if error.retry_after > BEARABLE_WAIT:
                raise
            clock.sleep(error.retry_after)
    return ask()


def _refused(connection: Linked, error: errors.ApiError | LinkRefused, **typed) -> LinkRefused:
    """Write down why, and give it back as what to raise.

    What was typed is kept where nothing was before, so that a health check can finish once VK answers again or
    the market is switched on. A token that the service does not take is not worth keeping. A connection that works
    is left as it is: nothing bad was learnt of its own token and community.
    """
    fault, text = _reason(error, typed["access_token"])
    if connection.is_online and any(getattr(connection, name) != value for name, value in typed.items()):
        return LinkRefused(fault, text)
    if fault not in NOT_WORTH_KEEPING and not connection.access_token:
        for name, value in typed.items():
            setattr(connection, name, value)
        connection.save(update_fields=[*typed, "updated_at"])
    connection.record_check(clock.now(), fault, text)
    return LinkRefused(fault, text)


def _reason(error: errors.ApiError | LinkRefused, token: str) -> tuple[ConnectionFault, str]:
    text = error.text if isinstance(error, LinkRefused) else errors.redact(error, token)
    return ConnectionFault(error.fault), text


def _forget(connection: Linked) -> None:
    connection.is_online = False
    connection.last_error = connection.last_error_text = ""
    connection.save()
