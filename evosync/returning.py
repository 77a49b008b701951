"""A way back where an address takes only what a form sends: signing in or changing the language ends there by GET."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import Resolver404, resolve


def to_a_page(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a browser that asks for such an address gets the page above it, and no bare refusal."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and _is_a_visit(request):
            return redirect(_above(request.path))
        return response

    return answer


def _is_a_visit(request: HttpRequest) -> bool:
    # Browsers name it; a script that takes anything gets the plain refusal.
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


def _above(path: str) -> str:
    """The nearest address above this one that is there; it may send on in turn."""
    while path := path.rpartition("/")[0]:
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return "/"
