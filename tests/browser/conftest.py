"""The site with its workers and a sandbox, and a browser to visit it with: made once for all tests of the folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from .site import Site

CHROMIUM = "/usr/bin/chromium"
# Nothing of the browser's own may go out, and no sandbox of its own: in CI it runs as root.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's browser; none is ever downloaded.

    Not the fixture of pytest-playwright, which lives as long as the session: while playwright is up, Django takes
    every other test of this process for asynchronous, and refuses it the database.
    """
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"{CHROMIUM} is missing (Debian: apt install chromium, as root)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(chromium, tmp_path_factory) -> Iterator[Site]:
    """After the browser: without one nothing is started."""
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Kept for people to look at; git leaves the folder alone."""
    return Path(__file__).resolve().parents[2] / "var" / "screenshots"
