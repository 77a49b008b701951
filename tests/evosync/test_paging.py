"""Long lists, a page at a time."""

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evosync.base.paging import Listed
from tests.factories import VkCategoryFactory
from vkmarket.models import VkCategory

pytestmark = pytest.mark.django_db


def test_the_pages_of_a_list_show_each_row_once_and_in_order():
    keys = sorted((row.pk for row in VkCategoryFactory.create_batch(11)), reverse=True)
    pages = Paginator(Listed(VkCategory.objects.order_by("-pk")), 4)
    assert [[row.pk for row in page] for page in pages] == [keys[:4], keys[4:8], keys[8:]]


def test_the_last_page_is_read_from_the_end():
    VkCategoryFactory.create_batch(11)
    pages = Paginator(Listed(VkCategory.objects.order_by("pk")), 4)
    with CaptureQueriesContext(connection) as asked:
        list(pages.page(3))
    assert not any("OFFSET" in query["sql"] for query in asked)
