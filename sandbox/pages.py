"""Pages for people: `/` (doors and tokens), `/till` (the cash register), `/window` (the shop in VK)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from sandbox import start_page, till_page, window_page
from sandbox.paper import Mistake, Page, render, style

TILL = {f"/till/{name}": act for name, act in till_page.ACTS.items()}


def answer(sandbox, verb: str, path: str, query: dict[str, str], form: dict[str, str]) -> Page:
    """One page, or a redirect back to the till or the window after an act."""
    path = path.rstrip("/") or "/"
    if path in TILL or path == "/window/add":
        here = path.split("/")[1]
        if verb != "POST":
            return Page(303, headers={"Location": f"/{here}"})
        if here == "till":
            return _act(partial(TILL[path], sandbox.evotor), here, till_page.PLACE, form)
        return _act(partial(window_page.add, sandbox.vk), here, window_page.PLACE, form)
    match path:
        case "/":
            return start_page.show(sandbox)
        case "/style.css":
            return style()
        case "/till":
            return till_page.show(sandbox.evotor, query)
        case "/window":
            return window_page.show(sandbox.vk, query)
    return render("error.html", 404, title="Нет такой страницы", text="Такой страницы нет.", back="/", here="")


def _act(run: Callable[[dict[str, str]], str], here: str, place: tuple[str, ...], form: dict[str, str]) -> Page:
    """Do it, and back to where the person stood (`place`), with what was done."""
    back = {name: form[name] for name in place if form.get(name)}
    try:
        said = run(form)
    except (Mistake, KeyError) as mistake:
        status, text = (404, "Такого товара нет.") if isinstance(mistake, KeyError) else (400, str(mistake))
        where = f"/{here}?" + urlencode(back)
        return render("error.html", status, title="Не вышло", text=text, back=where, here=here)
    return Page(303, headers={"Location": f"/{here}?" + urlencode(back | {"said": said})})
