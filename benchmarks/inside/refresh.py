"""Reading a till whose pages are ready: what the client, the mirror and the comparison cost."""

import json
from time import perf_counter

import requests
from django.conf import settings
from django.db import connection

from benchmarks import calibration
from benchmarks.children import peak_memory
from catalog import refreshing

from . import shops

PRODUCTS = "cached_products"


class Writes:
    """Counts statements that write product rows."""

    def __init__(self):
        self.products = 0

    def __call__(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "REPLACE")) and PRODUCTS in sql:
            self.products += 1
        return execute(sql, params, many, context)


def read_once(shop: str, url: str) -> dict:
    """Fill the mirror."""
    settings.EVOTOR_API_URL = url
    done = refreshing.refresh(shops.merchant(shop).evotor)
    assert done.complete and not done.errors, done
    return {"written": done.written}


def read_again(shop: str, url: str, addresses: list[str], rounds: int) -> dict:
    """Read it unchanged, beside the bare minimum in turn: the same pages fetched and parsed."""
    settings.EVOTOR_API_URL = url
    calibrated, till, writes = calibration.seconds(), shops.merchant(shop).evotor, Writes()
    bare, took = [], []
    with connection.execute_wrapper(writes):
        for _ in range(rounds):
            bare.append(_fetch(addresses))
            began = perf_counter()
            done = refreshing.refresh(till)
            took.append(perf_counter() - began)
            assert done.complete and not done.written, done
    return {
        "products": done.products,
        "calibration": calibrated,
        "bare": min(bare),
        "took": min(took),
        "writes": writes.products,
    }


def memory(shop: str, url: str) -> dict:
    """The same without the measuring: what the process occupied at most."""
    settings.EVOTOR_API_URL = url
    before = peak_memory()
    refreshing.refresh(shops.merchant(shop).evotor)
    return {"before": before, "peak": peak_memory()}


def _fetch(addresses: list[str]) -> float:
    began = perf_counter()
    with requests.Session() as session:
        session.trust_env = False
        for address in addresses:
            json.loads(session.get(address).content)
    return perf_counter() - began
