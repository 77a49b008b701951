"""Accounts made, changed, activated and suspended by others than their owner: commands and the admin."""

import getpass
import os
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from .models import Role, Status, User

PASSWORD_VARIABLE = "EVOSYNC_PASSWORD"


@transaction.atomic
def add_account(
    email: str, password: str | None = None, role: str = Role.USER, status: str = Status.ACTIVE
) -> tuple[User, bool]:
    """Make the account, or bring a known one to this role and status; its email counts as confirmed.

    Without a password a known account keeps its own, and a new one cannot sign in until it gets one. Raises
    ValidationError on an email that is none and on a weak password. The second value: whether it is new.
    """
    email = email.strip().lower()
    validate_email(email)
    known = User.objects.filter(email=email).first()
    if password is not None:
        validate_password(password, known or User(email=email))
    if known is None:
        user = User.objects.create_user(email, password, role=role, status=status)
    else:
        user = known
        user.status = status
        if password is not None:
            user.set_password(password)
        user.save()
        user.set_role(role)
    user.confirm_email()
    return user, known is None


def activate(user: User) -> None:
    """Let the person in: staff answers for the email."""
    user.status = Status.ACTIVE
    user.save(update_fields=["status"])
    user.confirm_email()


def suspend(user: User) -> None:
    """Shut the person out at once, open sessions included; nothing is published for a suspended owner."""
    user.status = Status.SUSPENDED
    user.save(update_fields=["status"])


def given_password(argument: str | None, *, prompt: str) -> str | None:
    """The password of a command: its argument, a line of standard input for `-`, the variable, else asked for.

    None where nobody gave one and there is no terminal to ask at.
    """
    if argument == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if argument is not None:
        return argument
    if os.environ.get(PASSWORD_VARIABLE):
        return os.environ[PASSWORD_VARIABLE]
    if not sys.stdin.isatty():
        return None
    first = getpass.getpass(prompt)
    if first and getpass.getpass("Once more: ") != first:
        raise ValidationError("The two passwords differ.")
    return first or None
