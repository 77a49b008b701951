"""What a list of goods shows, as a file for a spreadsheet: written as it is read, chunk by chunk."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import batched

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from catalog.models import CachedProduct
from connections.models import Community
from vkmarket.finding import Wanted
from vkmarket.pages.addresses import address_in_vk

from .access import store_of
from .table import Row, Table

CHUNK = 1000
BOM = "\ufeff"
# A spreadsheet takes a cell that begins so for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class Line:
    """A file of which csv writes a line and we take it."""

    def write(self, text: str) -> str:
        return text


@login_required
def products_csv(request, store_id: str) -> StreamingHttpResponse:
    store, community = store_of(request, store_id), Community.objects.linked_by(request.user)
    wanted = Wanted.of(request.GET)
    found = wanted.found(store, community).order_by(*wanted.order())
    table = Table(request.user, store, community)
    headers = {"Content-Disposition": 'attachment; filename="products.csv"', "X-Accel-Buffering": "no"}
    lines = _lines(found, table, community)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(found: QuerySet[CachedProduct], table: Table, community: Community | None) -> Iterator[str]:
    writer = csv.writer(Line(), delimiter=";")
    yield BOM + writer.writerow(header())
    words = cache(lambda state: str(state.label))
    yes, no = _("да"), _("нет")
    # Keys alone are few megabytes, and no order but theirs can be gone on with from one chunk to the next.
    for some in batched(list(found.values_list("pk", flat=True)), CHUNK):
        yield "".join(
            writer.writerow(cells(row, yes if row.on else no, words(row.state), community)) for row in table.rows(some)
        )


def header() -> list[str]:
    return [
        _("Номер в Эвотор"),
        _("Название"),
        _("Группа"),
        _("Артикул"),
        _("Штрихкоды"),
        _("Цена на кассе, ₽"),
        _("Остаток на кассе"),
        _("Единица"),
        _("Публиковать"),
        _("Состояние"),
        _("Почему"),
        _("Цена в ВК, ₽"),
        _("Остаток в ВК"),
        _("Ссылка"),
    ]


def cells(row: Row, on: str, state: str, community: Community | None) -> list[str]:
    glance, goods, stock = row.glance, row.goods, row.stock
    return [
        plain(glance.evotor_id),
        plain(goods.name),
        plain(row.path),
        plain(goods.article_number),
        plain(", ".join(map(str, json.loads(goods.barcodes)))),
        money(goods.price),
        quantity(goods.quantity),
        plain(goods.measure_name),
        on,
        state,
        plain(row.reason),
        money(row.price),
        str(stock) if stock is not None and stock >= 0 else "",
        address_in_vk(community, glance.vk_item_id) if community and glance.vk_item_id else "",
    ]


def money(text: str | None) -> str:
    """With a decimal comma, as spreadsheets here read numbers."""
    return "" if text is None else f"{Decimal(text):.2f}".replace(".", ",")


def quantity(text: str | None) -> str:
    """Without zeros at its end."""
    return "" if text is None else f"{Decimal(text):.3f}".rstrip("0").rstrip(".").replace(".", ",")


def plain(text: str) -> str:
    """The text so that no spreadsheet computes it."""
    return f"'{text}" if text.startswith(FORMULAS) else text
