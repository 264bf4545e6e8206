"""Encrypted servers with a login: the certificate is checked, and nothing is said to a server that cannot prove who it is."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from samovar.communicate.delivery import deliver_due
from samovar.communicate.models import Message
from samovar.communicate.tests.conftest import T0
from samovar.communicate.tests.sinks import KeepersServer
from samovar.communicate.tests.test_servers import Keeper
from samovar.engine.models import Setting

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),  # said of a server that is encrypted throughout
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    home = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begins = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(begins).not_valid_after(begins + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (home / "cert.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    (home / "key.pem").write_bytes(private)
    return home / "cert.pem", home / "key.pem"


@pytest.fixture(params=["starttls", "tls"])
def server(request: pytest.FixtureRequest, certificate: tuple[Path, Path]) -> Callable[[], Keeper]:
    """A server that wants encryption and the login clerk, secret; the settings point at it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"clerk", b"secret")
        return AuthResult(success=is_right, handled=False)

    keeper = Keeper()
    options: dict[str, Any] = {"auth_required": True, "authenticator": authenticate}
    if request.param == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    else:
        options |= {"tls_context": context, "require_starttls": True}

    def start() -> Keeper:
        controller = KeepersServer(keeper, **options)
        monkey = pytest.MonkeyPatch()
        monkey.setenv("SSL_CERT_FILE", str(certificate[0]))  # aiosmtpd tries its own port when it starts
        controller.start()
        monkey.undo()
        request.addfinalizer(controller.stop)
        settings = {
            "smtp_host": "127.0.0.1", "smtp_port": controller.port, "smtp_security": request.param, "smtp_username": "clerk",
        }  # fmt: skip
        for name, value in settings.items():
            Setting.objects.create(name=name, value=value)
        return keeper

    return start


def test_it_signs_in_over_an_encrypted_connection(
    workspace, planned, server, certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(3)
    keeper = server()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    workspace.save_keys(smtp_password="secret")
    counts = deliver_due(workspace=workspace, at_us=T0 + 1)
    assert counts.sent == 3, set(Message.objects.values_list("state", "reason"))
    assert len(keeper.contents) == 3


def test_a_wrong_password_burns_no_letter(workspace, planned, server, certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(2)
    keeper = server()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    workspace.save_keys(smtp_password="wrong")
    assert deliver_due(workspace=workspace, at_us=T0 + 1).unsent == 2
    assert keeper.contents == []
    assert set(Message.objects.values_list("state", "attempts")) == {("planned", 0)}
    assert "wrong" not in Message.objects.first().reason


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(workspace, planned, server) -> None:
    planned(2)
    keeper = server()
    workspace.save_keys(smtp_password="secret")
    assert deliver_due(workspace=workspace, at_us=T0 + 1).unsent == 2
    assert keeper.contents == []
