from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What an account may do. Each is a Django group of this name, made by the first migration."""

    SYSTEM = "system", _("Система")
    ADMIN = "admin", _("Администратор")
    USER = "user", _("Пользователь")


class Status(models.TextChoices):
    PENDING = "pending", _("Ожидает подтверждения")
    ACTIVE = "active", _("Активен")
    SUSPENDED = "suspended", _("Приостановлен")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, role: str = Role.USER, **fields) -> "User":
        if not email:
            raise ValueError("an account needs an email")
        user = self.model(email=email, **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            user.set_role(role)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """What `createsuperuser` calls: able to sign in at once, so the email counts as confirmed."""
        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, role=Role.SYSTEM, **fields | {"status": Status.ACTIVE})
            user.confirm_email()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def merchants(self):
        """Accounts whose goods are published."""
        return self.filter(status=Status.ACTIVE)


class User(AbstractBaseUser, PermissionsMixin):
    """An account: a merchant or staff. The email, kept in lower case, is the login."""

    email = models.EmailField(_("эл. почта"), unique=True)
    full_name = models.CharField(_("имя"), max_length=200, blank=True)
    phone = models.CharField(_("телефон"), max_length=32, blank=True)
    status = models.CharField(_("статус"), max_length=16, choices=Status, default=Status.PENDING, db_index=True)
    is_staff = models.BooleanField(_("сотрудник"), default=False, help_text=_("Следует из роли: system и admin."))
    date_joined = models.DateTimeField(_("зарегистрирован"), auto_now_add=True)

    objects = UserManager()
    # The reverse of allauth's EmailAddress, which brings no types.
    emailaddress_set: Any

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        db_table = "users"
        verbose_name = _("пользователь")
        verbose_name_plural = _("пользователи")

    def __str__(self) -> str:
        return self.email

    def save(self, *args, **kwargs):
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    # Django's is a column that may be set; ours follows from the status.
    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status == Status.ACTIVE

    @property
    def role(self) -> str:
        if self.is_superuser:
            return Role.SYSTEM
        return Role.ADMIN if self.is_staff else Role.USER

    def set_role(self, role: str) -> None:
        """Put the account into the one group of its role; staff rights follow from it."""
        with transaction.atomic():
            group, _created = Group.objects.get_or_create(name=role)
            self.groups.remove(*self.groups.filter(name__in=Role.values).exclude(name=role))
            self.groups.add(group)
            self.is_superuser = role == Role.SYSTEM
            self.is_staff = role in (Role.SYSTEM, Role.ADMIN)
            self.save(update_fields=["is_superuser", "is_staff"])

    def get_role_display(self) -> str:
        return str(Role(self.role).label)

    def confirm_email(self) -> None:
        """Let the account sign in by its email: allauth's record of it is verified, primary and the only one."""
        self.emailaddress_set.exclude(email=self.email).delete()
        self.emailaddress_set.update_or_create(email=self.email, defaults={"verified": True, "primary": True})

    def get_full_name(self) -> str:
        return self.full_name or self.email

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] or self.email
