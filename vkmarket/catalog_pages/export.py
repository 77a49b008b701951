"""What a list of goods shows, as a file for a spreadsheet: written as it is read, chunk by chunk."""

import csv
from collections.abc import Iterator
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from vkmarket.finding import Wanted
from vkmarket.standing import Observer, Standing

from .access import community_of, store_of
from .products import address_of

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
    store, community = store_of(request, store_id), community_of(request.user)
    found = Wanted.of(request.GET).found(store, community)
    observer = Observer(request.user, store, community, whole=True)
    headers = {"Content-Disposition": 'attachment; filename="products.csv"', "X-Accel-Buffering": "no"}
    lines = _lines(found, observer)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(found, observer: Observer) -> Iterator[str]:
    writer = csv.writer(Line(), delimiter=";")
    yield BOM + writer.writerow(header())
    last = 0
    while rows := list(found.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = rows[-1].pk
        yield "".join(writer.writerow(cells(standing, observer.community)) for standing in observer.look(rows))


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


def cells(standing: Standing, community) -> list[str]:
    product, seen = standing.product, standing.seen
    texts = [
        product.evotor_id,
        product.name,
        standing.path,
        product.article_number,
        ", ".join(map(str, product.barcodes)),
        number(product.price),
        number(product.quantity),
        product.measure_name,
        _("да") if standing.on else _("нет"),
        str(standing.state.label),
        str(standing.reason),
        number(seen.price if seen else None),
        number(seen.stock if seen and seen.stock is not None and seen.stock >= 0 else None),
        address_of(standing, community),
    ]
    return [cell if position in NUMBERS else plain(cell) for position, cell in enumerate(texts)]


NUMBERS = {5, 6, 11, 12}


def number(value: Decimal | int | None) -> str:
    """With a decimal comma, as spreadsheets here read numbers; no zeros at the end of a stock."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    whole, _point, part = f"{value:f}".partition(".")
    if len(part) > 2:
        part = part.rstrip("0")
    return f"{whole},{part}" if part else whole


def plain(text: str) -> str:
    """The text so that no spreadsheet computes it."""
    return f"'{text}" if text.startswith(FORMULAS) else text
