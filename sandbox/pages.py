"""Pages for people: `/till` (the cash register) and `/window` (the shop as a visitor of VK sees it)."""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox import till_page, window_page
from sandbox.paper import Mistake, Page, render, style

ACTS = {f"/till/{name}": act for name, act in till_page.ACTS.items()}


def answer(sandbox, verb: str, path: str, query: dict[str, str], form: dict[str, str]) -> Page:
    """One page, or a redirect back to the till after an act."""
    path = path.rstrip("/") or "/"
    if path in ACTS:
        if verb != "POST":
            return Page(303, headers={"Location": "/till"})
        return _act(sandbox, ACTS[path], form)
    match path:
        case "/":
            urls = {"evotor_url": sandbox.evotor_url, "vk_url": sandbox.vk_url}
            return render("index.html", title="Песочница", here="", **urls)
        case "/style.css":
            return style()
        case "/till":
            return till_page.show(sandbox.evotor, query)
        case "/window":
            return window_page.show(sandbox.vk, query)
    return render("error.html", 404, title="Нет такой страницы", text="Такой страницы нет.", back="/", here="")


def _act(sandbox, run, form: dict[str, str]) -> Page:
    back = {name: form[name] for name in till_page.PLACE if form.get(name)}
    try:
        said = run(sandbox.evotor, form)
    except (Mistake, KeyError) as mistake:
        status, text = (404, "Такого товара нет.") if isinstance(mistake, KeyError) else (400, str(mistake))
        where = "/till?" + urlencode(back)
        return render("error.html", status, title="Касса", text=text, back=where, here="till")
    return Page(303, headers={"Location": "/till?" + urlencode(back | {"said": said})})
