import json
import shlex
from decimal import Decimal

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from catalog.models import SyncConfig, SyncFilter
from connections.models import EvotorConnection, VkConnection


class Command(BaseCommand):
    help = "Print a merchant's sync settings for shell scripts: KEY=value, quoted. No secret is among them."

    def add_arguments(self, parser):
        parser.add_argument("--user", metavar="EMAIL", required=True, help="whose settings")
        parser.add_argument("--json", action="store_true", help="one line of JSON instead")

    def handle(self, *, user, **options):
        try:
            person = User.objects.get_by_natural_key(user.strip())
        except User.DoesNotExist:
            raise CommandError(f"There is no account with the email {user.strip()}.") from None
        values = settings_of(person)
        if options["json"]:
            self.stdout.write(json.dumps(values, ensure_ascii=False, default=_plain))
            return
        for name, value in values.items():
            self.stdout.write(f"{name.upper()}={shlex.quote(_word(value))}")


def settings_of(user: User) -> dict:
    """What decides what of this merchant is published where; times in UTC."""
    config = SyncConfig.objects.of_or_new(user)
    # Not even read: they are no business of a script's.
    evotor = EvotorConnection.objects.filter(user=user).defer("access_token", "api_token").first()
    vk = VkConnection.objects.filter(user=user).defer("access_token", "refresh_token").first()
    chosen = SyncFilter.objects.filter(user=user)
    return {
        "email": user.email,
        "status": user.status,
        "sync_enabled": config.enabled,
        "default_category_id": config.default_category_id,
        "markup_percent": config.markup_percent,
        "rounding": config.rounding,
        "show_stock": config.show_stock,
        "delete_absent": config.delete_absent,
        "card_color": config.card_color,
        "next_sync_at": config.next_sync_at,
        "evotor_online": bool(evotor and evotor.is_online),
        "evotor_user_id": evotor.evotor_user_id if evotor else "",
        "vk_online": bool(vk and vk.is_online),
        "vk_group_id": vk.group_id if vk else None,
    } | {
        f"{entity}s_{mode}d": [_named(choice) for choice in chosen.filter(entity_type=entity, mode=mode).order_by("pk")]
        for entity in SyncFilter.Entity.values
        for mode in SyncFilter.Mode.values
    }


def _named(choice: SyncFilter) -> str:
    """A store by its id; what lies in one as STORE/ID, since ids repeat between stores."""
    return f"{choice.parent_entity_id}/{choice.entity_id}" if choice.parent_entity_id else choice.entity_id


def _word(value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case list():
            return " ".join(value)
    return str(_plain(value))


def _plain(value):
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
