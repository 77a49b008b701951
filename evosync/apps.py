from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class EvosyncConfig(AppConfig):
    name = "evosync"

    def ready(self):
        post_migrate.connect(make_cache_table, sender=self, dispatch_uid="evosync.make_cache_table")


def make_cache_table(using, **_kwargs) -> None:
    """The cache's table has no migration of its own. Nothing to do where it is there, or the cache is elsewhere."""
    call_command("createcachetable", database=using, verbosity=0)
