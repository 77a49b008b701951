from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Каталог Эвотор"

    def ready(self):
        from connections.signals import market_connected, till_connected

        from .tasks import read_soon

        for connected in (till_connected, market_connected):
            connected.connect(read_soon, dispatch_uid="read_soon")
