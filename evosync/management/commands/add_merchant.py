import getpass
import os
import sys

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.commands import english
from accounts.models import Role, Status, User
from accounts.staffing import PASSWORD_VARIABLE, add_account
from catalog.choices import set_choice
from catalog.models import CachedStore, SyncConfig, SyncFilter
from catalog.refreshing import refresh
from connections import linking
from connections.clients.errors import ApiError
from connections.models import ConnectionFault, VkConnection
from vkmarket import categories

# Where several are to be read from standard input, a line each, they come in this order.
SECRETS = {"evotor_token": "EVOSYNC_EVOTOR_TOKEN", "vk_token": "EVOSYNC_VK_TOKEN", "password": PASSWORD_VARIABLE}


class Command(BaseCommand):
    help = "Create or update a merchant, connect Evotor and VK by token, and test both. Safe to repeat."

    def add_arguments(self, parser):
        parser.add_argument("email")
        for name, variable in SECRETS.items():
            told = f"or - to be asked for it (a line of standard input each, in this order), or set {variable}"
            parser.add_argument(f"--{name.replace('_', '-')}", metavar="T", help=told)
        parser.add_argument("--vk-group", type=int, metavar="ID", help="number of the VK community")
        parser.add_argument("--all-stores", action="store_true", help="turn the master switch and every store on")
        parser.add_argument("--category", type=int, metavar="ID", help="VK category of goods whose group has none")

    def handle(self, *, email, all_stores, category, vk_group, **options):
        secrets = {name: self._secret(name, options[name]) for name in SECRETS}
        vk_token, vk_group = self._vk(email, secrets["vk_token"], vk_group)
        user = self._account(email, secrets["password"])
        config, _created = SyncConfig.objects.get_or_create(user=user)
        failed = [
            self._link("Evotor", secrets["evotor_token"], lambda token: linking.link_evotor(user, token)),
            self._link("VK", vk_token, lambda token: linking.link_vk(user, token, vk_group)),
        ]
        self._categorise(user, config, category)
        if all_stores:
            self._turn_on(user, config)
        if any(failed):
            sys.exit(1)

    def _secret(self, name: str, given: str | None) -> str | None:
        if given != "-":
            return given or os.environ.get(SECRETS[name]) or None
        option = f"--{name.replace('_', '-')}"
        secret = getpass.getpass(f"{option}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
        if not secret:
            raise CommandError(f"{option} was to be read from standard input, and nothing came.")
        return secret

    def _vk(self, email: str, token: str | None, group: int | None) -> tuple[str | None, int | None]:
        """Token and community to link: the half that is not given is the one that the merchant has already."""
        known = VkConnection.objects.filter(user__email=email.strip().lower()).first()
        if token and not group:
            group = known.group_id if known else None
            if not group:
                raise CommandError("Name the VK community with --vk-group.")
        elif group and not token:
            token = known.access_token if known else None
            if not token:
                raise CommandError("Give the VK token too: --vk-token.")
        return token, group

    def _account(self, email: str, password: str | None) -> User:
        """The account, active. Who is staff stays so, and who was suspended stays suspended."""
        known = User.objects.filter(email=email.strip().lower()).first()
        role = known.role if known else Role.USER
        suspended = known is not None and known.status == Status.SUSPENDED
        try:
            user, new = add_account(email, password, role=role, status=Status.SUSPENDED if suspended else Status.ACTIVE)
        except ValidationError as error:
            with english():
                raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.email}: account {'created' if new else 'is there'}")
        if suspended:
            self.stdout.write("The account is suspended and stays so: nothing is published until it is activated.")
        if not user.has_usable_password():
            self.stdout.write("It has no password yet: nobody can sign in to it. Set one with --password.")
        return user

    def _link(self, service: str, token: str | None, link) -> bool:
        """Connect and test one service; True when it failed."""
        if not token:
            self.stdout.write(f"{service}: no token given, left as it was")
            return False
        try:
            connection = link(token)
        except linking.LinkRefused as refused:
            with english():
                self.stderr.write(f"{service}: {refused}")
            return True
        shown = getattr(connection, "community", None) or getattr(connection, "store_name", "")
        self.stdout.write(f"{service}: connected" + (f", {shown}" if shown else ""))
        return False

    def _categorise(self, user: User, config: SyncConfig, category: int | None) -> None:
        if category is not None:
            connection = VkConnection.objects.filter(user=user).first()
            if connection and connection.is_online:
                try:
                    categories.refresh_categories(linking.vk_client(connection))
                except ApiError as error:
                    with english():
                        label = ConnectionFault(error.fault).label
                        raise CommandError(f"The categories of VK could not be read. {label}") from None
            known = categories.leaves()
            if known and category not in known:
                raise CommandError(f"VK has no category {category} that takes goods.")
            config.default_category_id = category
            config.save()
            path = categories.name_of(category)
            self.stdout.write(f"category: {path}" if path else f"category {category}: not checked, VK was never asked")
        if config.default_category_id is None:
            self.stdout.write("No category is set: goods of groups without one are held. Set it with --category ID.")

    def _turn_on(self, user: User, config: SyncConfig) -> None:
        connection = getattr(user, "evotor", None)
        if connection is None:
            raise CommandError("Evotor is not connected: there are no stores to turn on. Give --evotor-token.")
        refreshed = refresh(connection)
        if fault := refreshed.connection_fault:
            with english():
                label = ConnectionFault(fault).label
                raise CommandError(f"The stores could not be read, nothing was turned on. {label}")
        config.enabled = True
        config.save()
        stores = CachedStore.objects.present().filter(connection=connection)
        for store in stores:
            set_choice(user, SyncFilter.Entity.STORE, store.evotor_id, "", SyncFilter.Mode.INCLUDE)
            self.stdout.write(f"store on: {store.name}")
        if not stores:
            self.stdout.write("Evotor shows no store yet. Repeat --all-stores once there is one.")
