from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    # "Аккаунты" is what allauth calls its own tables.
    verbose_name = "Пользователи"

    def ready(self):
        from . import roles

        # Runs after Django's own receiver, which makes the permissions.
        post_migrate.connect(roles.grant, dispatch_uid="accounts.roles.grant")
