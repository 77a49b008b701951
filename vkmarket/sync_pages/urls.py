from django.urls import path, re_path

from connections.urls import CODE

from . import home, leaving, preview, removal, runs, vk_catalog

urlpatterns = [
    path("sync", home.home, name="sync"),
    path("sync/state", home.state, name="sync_state"),
    path("sync/on", home.switch_on, name="sync_on"),
    path("sync/off", home.switch_off, name="sync_off"),
    path("sync/now", home.sync_now, name="sync_now"),
    path("sync/stop", home.stop, name="sync_stop"),
    path("sync/settings", home.settings, name="sync_settings"),
    path("sync/example", home.example, name="sync_example"),
    path("sync/card.jpg", home.card, name="sync_card"),
    path("sync/preview", preview.preview, name="sync_preview"),
    path("sync/preview/state", preview.state, name="sync_preview_state"),
    path("sync/preview/start", preview.start, name="sync_preview_start"),
    path("sync/preview/<int:run_id>/approve", preview.approve, name="sync_preview_approve"),
    path("sync/preview/<int:run_id>/decline", preview.decline, name="sync_preview_decline"),
    path("sync/runs", runs.runs, name="sync_runs"),
    path("sync/runs/<int:run_id>", runs.run, name="sync_run"),
    path("sync/runs/<int:run_id>/retry", runs.retry, name="sync_retry"),
    path("sync/remove", removal.remove, name="sync_remove"),
    path("sync/remove/<int:removal_id>", removal.removal, name="sync_removal"),
    path("sync/remove/<int:removal_id>/state", removal.state, name="sync_removal_state"),
    path("sync/remove/<int:removal_id>/stop", removal.stop, name="sync_removal_stop"),
    path("connections/delete", leaving.delete, name="connections_delete"),
    re_path(f"^connections/{CODE}/disconnect$", leaving.disconnect, name="service_disconnect"),
    re_path(f"^{CODE}/disconnect$", leaving.disconnect),
    path("vk-catalog/albums", vk_catalog.albums, name="vk_albums"),
    path("vk-catalog/products", vk_catalog.products, name="vk_products"),
    path("vk-catalog/albums/<int:album_id>/products", vk_catalog.products, name="vk_album"),
    path("vk-catalog/refresh", vk_catalog.refresh, name="vk_refresh"),
]
