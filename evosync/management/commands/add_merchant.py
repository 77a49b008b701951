import getpass
import os
import sys

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role, Status, User
from accounts.staffing import add_account
from catalog.choices import set_choice
from catalog.models import CachedStore, SyncConfig, SyncFilter
from catalog.refreshing import refresh
from connections import linking
from connections.models import ConnectionFault
from vkmarket import categories

SECRETS = {"evotor_token": "EVOSYNC_EVOTOR_TOKEN", "vk_token": "EVOSYNC_VK_TOKEN", "password": "EVOSYNC_PASSWORD"}


class Command(BaseCommand):
    help = "Create or update a merchant, connect Evotor and VK by token, and test both."

    def add_arguments(self, parser):
        parser.add_argument("email")
        for name, variable in SECRETS.items():
            parser.add_argument(
                f"--{name.replace('_', '-')}", metavar="T", help=f"the secret, - to be asked, or set {variable}"
            )
        parser.add_argument("--vk-group", type=int, metavar="ID", help="number of the VK community")
        parser.add_argument("--all-stores", action="store_true", help="turn the master switch and every store on")
        parser.add_argument("--category", type=int, metavar="ID", help="VK category of goods whose group has none")

    def handle(self, *, email, all_stores, category, vk_group, **options):
        secrets = {name: self._secret(name, options[name]) for name in SECRETS}
        try:
            known = User.objects.filter(email=email.strip().lower()).first()
            role = known.role if known else Role.USER
            user, _new = add_account(email, secrets["password"], role=role, status=Status.ACTIVE)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        config, _created = SyncConfig.objects.get_or_create(user=user)
        self.stdout.write(f"{user.email}: account ready")
        failed = [
            self._link("Evotor", secrets["evotor_token"], lambda token: linking.link_evotor(user, token)),
            self._link("VK", secrets["vk_token"], lambda token: self._link_vk(user, token, vk_group)),
        ]
        self._categorise(user, config, category)
        if all_stores:
            self._turn_on(user, config)
        if any(failed):
            sys.exit(1)

    def _secret(self, name: str, given: str | None) -> str | None:
        if given == "-":
            if sys.stdin.isatty():
                return getpass.getpass(f"{name.replace('_', ' ')}: ")
            return sys.stdin.readline().strip()
        return given or os.environ.get(SECRETS[name]) or None

    def _link(self, service: str, token: str | None, link) -> bool:
        """Connect and test one service; True when it failed."""
        if not token:
            self.stdout.write(f"{service}: no token given, left as it was")
            return False
        try:
            connection = link(token)
        except linking.LinkRefused as refused:
            self.stderr.write(f"{service}: {ConnectionFault(refused.fault).label}")
            return True
        self.stdout.write(f"{service}: connected, {getattr(connection, 'community', None) or connection.store_name}")
        return False

    def _link_vk(self, user: User, token: str, group: int | None):
        group = group or (user.vk.group_id if hasattr(user, "vk") else None)
        if not group:
            raise CommandError("Name the VK community with --vk-group.")
        return linking.link_vk(user, token, group)

    def _categorise(self, user: User, config: SyncConfig, category: int | None) -> None:
        connection = getattr(user, "vk", None)
        if category is not None:
            if connection and connection.is_online:
                categories.refresh_categories(linking.vk_client(connection))
            known = categories.leaves()
            if known and category not in known:
                raise CommandError(f"VK has no category {category} that takes goods.")
            config.default_category_id = category
            config.save()
        if config.default_category_id is None:
            self.stdout.write("No category is set: goods of groups without one are held. Set it with --category ID.")

    def _turn_on(self, user: User, config: SyncConfig) -> None:
        refreshed = refresh(user.evotor)
        if refreshed.connection_fault:
            raise CommandError("The stores could not be read: nothing was turned on.")
        config.enabled = True
        config.save()
        for store in CachedStore.objects.filter(connection=user.evotor):
            set_choice(user, SyncFilter.Entity.STORE, store.evotor_id, "", SyncFilter.Mode.INCLUDE)
            self.stdout.write(f"store on: {store.name}")
