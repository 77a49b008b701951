from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Каталог Эвотор"

    def ready(self):
        from connections.signals import till_connected

        from .tasks import read_soon

        till_connected.connect(read_soon, dispatch_uid="read_soon")
