"""The same deadline and outcomes over TLS, where the first socket is detached and pooled ones are wrapped."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connections.clients import errors
from connections.clients.http import Http

from .scripted import ScriptedServer, drips, hangs, resets, says


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate of 127.0.0.1 with its key, as a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.fixture
def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    scripted = ScriptedServer(context)
    yield scripted
    scripted.close()


def test_a_known_certificate_is_spoken_to(secure, certificate):
    secure.answer(says("{}"))
    http = Http(secure.url, verify=certificate)
    assert [http.request("POST", "/x").status, http.request("POST", "/x").status] == [200, 200]


def test_an_unknown_certificate_is_not_run(secure):
    secure.answer(says("{}"))
    with pytest.raises(errors.NotSent):
        Http(secure.url).request("POST", "/x")
    assert secure.asked == []


@pytest.mark.parametrize("script", [hangs, resets, drips(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")])
@pytest.mark.parametrize("pooled", [False, True])
def test_a_lost_answer_is_unknown_and_in_time(secure, certificate, script, pooled):
    secure.answer(*[says("{}")] * pooled, script)
    http = Http(secure.url, verify=certificate, deadline=0.6)
    if pooled:
        http.request("POST", "/x")
    began = time.monotonic()
    with pytest.raises(errors.OutcomeUnknown):
        http.request("POST", "/x")
    assert time.monotonic() - began < 2
