"""X-Forwarded-* is heard from TRUSTED_PROXIES alone, and then by everything."""

import logging
from ipaddress import ip_network

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.adapter import AccountAdapter
from evosync.proxies import TrustedProxies, client_ip

PROXY, STRANGER, CLIENT = "172.18.0.1", "203.0.113.5", "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("203.0.113.5", "", [], "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.2", ["10.0.0.0/8"], "10.0.0.2"),
        ("::ffff:10.0.0.1", "2001:db8::7", ["10.0.0.0/8"], "2001:db8::7"),
        ("10.0.0.1", "nonsense", ["10.0.0.0/8"], "nonsense"),
        ("10.0.0.1", " , ", ["10.0.0.1"], "10.0.0.1"),
    ],
)
def test_the_client_is_the_last_one_that_is_not_ours(peer, forwarded, trusted, address):
    assert client_ip(peer, forwarded, [ip_network(entry) for entry in trusted]) == address


@pytest.fixture
def seen(rf, settings):
    """What a view would see of a request."""
    settings.TRUSTED_PROXIES = ["172.16.0.0/12"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    kept = []

    def answer(request):
        kept.append(request)
        return HttpResponse()

    proxies = TrustedProxies(answer)

    def ask(peer, **headers):
        proxies(rf.get("/", REMOTE_ADDR=peer, headers=headers))
        return kept[-1]

    return ask


def test_a_trusted_proxy_is_believed(seen):
    request = seen(PROXY, x_forwarded_for=f"1.1.1.1, {CLIENT}", x_forwarded_proto="https")
    assert request.is_secure()
    assert request.META["REMOTE_ADDR"] == CLIENT == AccountAdapter().get_client_ip(request)
    assert "X-Forwarded-For" not in request.headers


def test_a_stranger_is_not_and_the_log_says_so_once(seen, caplog):
    with caplog.at_level(logging.WARNING):
        for _time in range(2):
            request = seen(STRANGER, x_forwarded_for=CLIENT, x_forwarded_proto="https")
            assert not request.is_secure()
            assert request.META["REMOTE_ADDR"] == STRANGER == AccountAdapter().get_client_ip(request)
    assert len([record for record in caplog.records if "TRUSTED_PROXIES" in record.getMessage()]) == 1


def test_a_request_by_a_socket_has_an_address_for_the_limits_too(seen):
    assert AccountAdapter().get_client_ip(seen("")) == "unknown"


@pytest.fixture
def https(settings):
    settings.ALLOWED_HOSTS = ["sync.example.org"]
    settings.TRUSTED_PROXIES = [PROXY]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "sync.example.org"
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    return Client(headers={"host": "sync.example.org"})


@pytest.mark.django_db
def test_a_site_behind_its_proxy(https):
    page = https.get("/login", REMOTE_ADDR=PROXY, headers={"x-forwarded-proto": "https"})
    assert page.status_code == 200
    assert page["Strict-Transport-Security"] == "max-age=31536000"
    assert page.cookies["csrftoken"]["secure"]


@pytest.mark.parametrize(
    ("peer", "proto"), [(PROXY, "http"), (STRANGER, "https"), (STRANGER, "http")], ids=["plain", "a lie", "direct"]
)
def test_all_else_is_led_to_https(https, peer, proto):
    answer = https.get("/login?next=/profile", REMOTE_ADDR=peer, headers={"x-forwarded-proto": proto})
    assert answer.status_code == 301 and answer.url == "https://sync.example.org/login?next=/profile"


def test_the_log_names_the_client_and_no_other(https, caplog):
    with caplog.at_level(logging.INFO):
        https.get(
            "/nowhere",
            REMOTE_ADDR=PROXY,
            headers={"x-forwarded-proto": "https", "x-forwarded-for": f"1.2.3.4, {CLIENT}", "x-real-ip": "1.2.3.4"},
        )
    told = [record.getMessage() for record in caplog.records if "request_" in record.getMessage()]
    assert told and all(CLIENT in line and "1.2.3.4" not in line for line in told)
