import gc

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate

from .base import lookups

# Objects between two looks for what could be thrown away. Rows come by the thousand, nearly none of them stands in a
# circle, and Python would look for one at every two thousandth.
FEW_LOOKS = 50_000


class EvosyncConfig(AppConfig):
    name = "evosync"

    def ready(self):
        lookups.register()
        gc.set_threshold(FEW_LOOKS, *gc.get_threshold()[1:])
        post_migrate.connect(make_cache_table, sender=self, dispatch_uid="evosync.make_cache_table")


def make_cache_table(using, **_kwargs) -> None:
    """The cache's table has no migration of its own. Nothing to do where it is there, or the cache is elsewhere."""
    call_command("createcachetable", database=using, verbosity=0)
