"""A visitor who looks hard: every page is asked for what must not be on any."""

from pathlib import Path
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from playwright.sync_api import Browser, Locator, Page, Request, expect

from .site import Site

PATIENCE = 60
# The others are advice.
GRAVE = ("serious", "critical")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visitor:
    """One browser window: its size, its language, its colours, and the pictures that it takes."""

    def __init__(self, browser: Browser, site: Site, pictures: Path, language: str, **window):
        self.site, self.pictures, self.language = site, pictures, language
        self.context = browser.new_context(locale=language, base_url=site.url, **window)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self._foreign: list[str] = []
        self._errors: list[str] = []
        self._taken = 0
        self.page.on("request", self._note)
        self.page.on("console", lambda told: told.type == "error" and self._errors.append(told.text))
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))

    def _note(self, request: Request) -> None:
        """A page asks its own host for all that it needs; where people go from it is another matter."""
        host = urlsplit(request.url).netloc
        if host and not request.is_navigation_request() and host != urlsplit(self.page.url).netloc:
            self._foreign.append(host)

    def say(self, words: str, **values) -> str:
        """Words of the site in the visitor's language."""
        with translation.override(self.language):
            return translation.gettext(words) % values

    def go(self, path: str, name: str) -> None:
        self.page.goto(path)
        self.look(name)

    def button(self, words: str, within: Page | Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=self.say(words), exact=True).first

    def link(self, words: str) -> Locator:
        return self.page.locator("main").get_by_role("link", name=self.say(words), exact=True).first

    def sees(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE * 1000)

    def waits_for(self, what: str | Locator) -> None:
        """Reload the page until it says so, or shows it: workers are at it."""
        shown = self.page.get_by_text(what).first if isinstance(what, str) else what
        end = monotonic() + PATIENCE
        while not shown.is_visible():
            assert monotonic() < end, f"{self.page.url} never showed {what}"
            self.page.wait_for_timeout(500)
            self.page.reload()

    def look(self, name: str) -> None:
        """Keep a picture of the page, and have nothing to say against it."""
        self.page.wait_for_load_state("load")
        self._taken += 1
        self.page.screenshot(path=self.pictures / f"{self._taken:02}-{name}.png", full_page=True)
        faults = self.faults()
        assert not faults, f"{name} ({self.page.url}): {faults}"

    def faults(self) -> list[str]:
        """What is wrong with the page as it stands, and with all that happened since it was last asked."""
        faults = [f"console: {error}" for error in self._errors] + [f"foreign host: {one}" for one in self._foreign]
        self._errors.clear()
        self._foreign.clear()
        if (over := self.page.evaluate(OVERFLOW)) > 0:
            faults.append(f"wider than the window by {over} px")
        grave = [one for one in Axe().run(self.page).response["violations"] if one["impact"] in GRAVE]
        return faults + [f"axe: {one['id']}: {[node['html'] for node in one['nodes']]}" for one in grave]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error) -> None:
        self.context.close()
