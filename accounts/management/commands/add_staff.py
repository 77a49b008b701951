from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.commands import english
from accounts.models import Role, User
from accounts.staffing import PASSWORD_VARIABLE, add_account, given_password


class Command(BaseCommand):
    help = "Makes or updates an account of staff: active, email confirmed, role set."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument(
            "--role",
            choices=[Role.SYSTEM.value, Role.ADMIN.value],
            help="system may do everything, admin looks after merchants (default: the role it has, else system)",
        )
        parser.add_argument(
            "--password",
            metavar="P",
            help=f"- reads it from standard input; without this option: {PASSWORD_VARIABLE}, else it is asked for",
        )

    def handle(self, *args, email, role, password, **options):
        known = User.objects.filter(email=email.strip().lower()).first()
        keeps_own = known is not None and known.has_usable_password()
        try:
            password = given_password(
                password, prompt="New password (empty keeps the old one): " if keeps_own else "Password: "
            )
            if password is None and not keeps_own:
                raise CommandError(f"A password is needed: --password, --password - or {PASSWORD_VARIABLE}.")
            with english():
                user, new = add_account(email, password, role or self._role_of(known))
        except ValidationError as error:
            with english():
                raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.email}: {'made' if new else 'updated'}, role {user.role}, may sign in at /login.")

    def _role_of(self, known: User | None) -> str:
        return known.role if known is not None and known.is_staff else Role.SYSTEM
