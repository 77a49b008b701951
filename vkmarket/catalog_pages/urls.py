from django.urls import path

from . import categories

app_name = "catalog"
urlpatterns = [
    path("catalog/categories", categories.search, name="categories"),
]
