from urllib.parse import unquote

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from vkmarket.pages import category_picker

from . import export, filters, group_filter, groups, product, products, stores, toggling

app_name = "catalog"


class EvotorId(StringConverter):
    """An id as it came. A slash in it would end this part of the address, so it is told once more as browsers do."""

    def to_python(self, value: str) -> str:
        return unquote(value)

    def to_url(self, value: str) -> str:
        return value.replace("%", "%25").replace("/", "%2F")


register_converter(EvotorId, "evotor_id")
STORE = "catalog/stores/<evotor_id:store_id>"
GROUP = f"{STORE}/groups/<evotor_id:group_id>"
PRODUCT = f"{STORE}/products/<evotor_id:product_id>"
urlpatterns = [
    path("catalog/stores", stores.stores, name="stores"),
    path("catalog/read", stores.read_now, name="read"),
    path("catalog/filters", filters.filters, name="filters"),
    path("catalog/filters/<int:pk>/forget", filters.forget, name="forget"),
    path("catalog/categories", category_picker.search, name="categories"),
    path(f"{STORE}/toggle", toggling.toggle_store, name="toggle_store"),
    path(f"{STORE}/groups", groups.groups, name="groups"),
    path(f"{GROUP}", groups.group, name="group"),
    path(f"{GROUP}/toggle", toggling.toggle_group, name="toggle_group"),
    path(f"{GROUP}/category", groups.set_category, name="group_category"),
    path(f"{GROUP}/picture", groups.set_picture, name="group_picture"),
    path(f"{GROUP}/picture.jpg", groups.picture, name="group_picture_file"),
    path(f"{STORE}/group-options", group_filter.options, name="group_options"),
    path(f"{STORE}/products", products.products, name="products"),
    path(f"{STORE}/products.csv", export.products_csv, name="products_csv"),
    path(f"{STORE}/products/toggle", toggling.toggle_products, name="toggle_products"),
    path(f"{PRODUCT}", product.product, name="product"),
    path(f"{PRODUCT}/toggle", toggling.toggle_product, name="toggle_product"),
    path(f"{PRODUCT}/undo", product.take_back, name="product_undo"),
    path(f"{PRODUCT}/text", product.set_text, name="product_text"),
    path(f"{PRODUCT}/picture", product.set_picture, name="product_picture"),
    path(f"{PRODUCT}/picture.jpg", product.picture, name="product_picture_file"),
]
