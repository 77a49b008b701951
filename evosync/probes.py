"""What machines ask the site: `/health` and `/metrics`.

Answered before the check of the host, the redirect to https and the session, so that a probe may come by any name,
leaves no cookie, and is told that the database is down by a site that lives.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from . import health, metrics


class Probes:
    """The middleware. It stands first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        answer = probe(request)
        answer["Cache-Control"] = "no-store"
        return answer


def tell_health(_request: HttpRequest) -> HttpResponse:
    told = health.report()
    return JsonResponse(told, status=200 if told["status"] == "ok" else 503)


PROBES = {"/health": tell_health, "/metrics": metrics.answer}
