from django.urls import path, re_path

from . import views
from .service_cards import SERVICES

CODE = f"(?P<code>{'|'.join(SERVICES)})"

urlpatterns = [
    path("connections", views.dashboard, name="connections"),
    path("connections/add", views.add, name="connections_add"),
    re_path(f"^connections/{CODE}$", views.save, name="service_save"),
    re_path(f"^connections/{CODE}/test$", views.test, name="service_test"),
    re_path(f"^{CODE}$", views.service, name="service"),
]
