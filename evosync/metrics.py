"""`/metrics`: what every process has counted, and what the database knows at this moment."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Case, CharField, Count, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError

from catalog.models import CachedProduct
from connections.models import Community, Connection, EvotorConnection, OzonConnection, VkConnection
from evosync import VERSION
from evosync.base import clock, metrics
from evosync.base.jobs import LONG, NOW
from vkmarket.models import Listing, SyncRun, Tally

from . import beats, job_report

log = structlog.get_logger(__name__)
# With what connects it: a row without that was disconnected, or never came to be.
CONNECTIONS: dict[str, tuple[type[Connection], str]] = {
    "evotor": (EvotorConnection, "access_token"),
    "vk": (VkConnection, "access_token"),
    "ozon": (OzonConnection, "api_key"),
}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """The middleware that counts and times requests. A view is named as its address is in `urls.py`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        metrics.count_request(
            (match.view_name if match else "") or "none",
            request.method if request.method in METHODS else "other",
            response.status_code,
            time.perf_counter() - began,
        )
        return response


def answer(request: HttpRequest) -> HttpResponse:
    """The page, for those who know METRICS_TOKEN. Without such a token there is no page."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("METRICS_TOKEN is not set.\n", status=404, content_type="text/plain")
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        refused = HttpResponse("A token is needed.\n", status=401, content_type="text/plain")
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    return HttpResponse(page(), content_type=CONTENT_TYPE_LATEST)


def page() -> bytes:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, settings.PROMETHEUS_MULTIPROC_DIR)
    registry.register(Now())
    return generate_latest(registry)


class Now:
    """What is true now. Where the database does not answer the counters are told all the same."""

    def collect(self) -> Iterator[Metric]:
        yield gauge("evosync_info", "The version that runs.", ["version"], {(VERSION,): 1})
        up = 1
        for read in (workers, queues, listings, connections, products, runs):
            try:
                yield from read()
            except (DatabaseError, RedisError) as error:
                log.error("no figures from the database or the queue", error=str(error))
                up = 0
                break
        yield gauge("evosync_up", "Do the database and the queue answer?", [], {(): up})

    def describe(self) -> list:
        # Else the registry would ask the database as it is made.
        return []


def gauge(name: str, text: str, labels: list[str], figures: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, figure in figures.items():
        family.add_metric([str(value) for value in values], figure)
    return family


def workers() -> Iterator[Metric]:
    ages = {(name,): age for name, age in beats.ages().items() if age is not None}
    yield gauge("evosync_worker_seen_seconds", "Since a cluster's last sign of life.", ["cluster"], ages)


def queues() -> Iterator[Metric]:
    now = clock.now()
    depth = {(name,): job_report.depth(name, now) for name in (NOW, LONG)}
    age = {(name,): job_report.oldest_seconds(name, now) or 0 for name in (NOW, LONG)}
    yield gauge("evosync_queue_jobs", "Jobs that wait for a worker.", ["queue"], depth)
    yield gauge("evosync_queue_oldest_seconds", "Since when the first of them waits.", ["queue"], age)


def listings() -> Iterator[Metric]:
    """One state each: the first that is true. One walk over the index `listing_figures`, which covers it all."""
    figures: Counter[tuple[str, str]] = Counter()
    for (hold, blocked, tally), count in by(Listing.objects.all(), "hold", "blocked", "tally").items():
        figures[_state(hold, blocked, Tally(tally)), blocked or hold] += count
    yield gauge("evosync_listings", "Goods by what has become of them, and why.", ["state", "reason"], figures)


def _state(hold: str, blocked: str, tally: Tally) -> str:
    states = (
        (blocked, "blocked"),
        (Tally.OPEN in tally, "unsettled"),
        (hold, "held"),
        (Tally.DUE in tally, "waiting"),
        (Tally.BOUND | Tally.READ in tally, "confirmed"),
        (Tally.BOUND in tally, "sent"),
    )
    return next((state for true, state in states if true), "unsent")


def connections() -> Iterator[Metric]:
    state = Case(
        When(last_checked_at=None, then=Value("unchecked")),
        When(is_online=True, then=Value("online")),
        default=Value("offline"),
        output_field=CharField(),
    )
    figures = {
        (api, *kind): count
        for api, (model, secret) in CONNECTIONS.items()
        for kind, count in by(
            model.objects.exclude(**{secret: ""}).annotate(state=state), "state", "last_error"
        ).items()
    }
    text = "Connections of merchants by state, and what is wrong with them."
    yield gauge("evosync_connections", text, ["api", "state", "reason"], figures)


def products() -> Iterator[Metric]:
    yield gauge("evosync_products", "Products on the tills.", [], {(): CachedProduct.objects.present().count()})


def runs() -> Iterator[Metric]:
    """Among them those whose plan waits for a person's word. A preview is no run: it answers nothing."""
    newest = SyncRun.objects.rounds().filter(community=OuterRef("pk")).order_by("-pk").values("status")[:1]
    connected = Community.objects.filter(connection__isnull=False)
    states = connected.annotate(newest=Subquery(newest)).values_list("newest", flat=True)
    figures = {(status,): count for status, count in Counter(states).items() if status}
    yield gauge("evosync_communities", "Connected communities by the state of their newest run.", ["status"], figures)


def by(rows: QuerySet, *fields: str) -> dict[tuple, int]:
    """How many rows there are of each combination of values."""
    counted = rows.order_by().values_list(*fields).annotate(rows=Count("pk"))
    return {tuple(kind): count for *kind, count in counted}
