"""Mails: to whom the log names, over TLS or not at all, never with the passphrase."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from test_sharing_gates import ASKED

from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.sharing.mail import Server, drafts, send
from cdisc_kit.sharing.seal import new_passphrase, opened, sealed, volumes

LOCAL = ipaddress.ip_address("127.0.0.1")
PHRASE = new_passphrase()
PAYLOAD = bytes(range(256)) * 40
PASSWORD = "letmein"


def messages(max_bytes: int = 1 << 20) -> list[Any]:
    parts = volumes("S_IPD_R1.zip", sealed(PAYLOAD, PHRASE), max_bytes)
    return drafts(ASKED, "STUDY", "S_IPD_R1", parts, "pi@hospital.example")


def attachment(message: Any) -> bytes:
    (part,) = message.iter_attachments()
    return bytes(part.get_content())


def test_a_draft_goes_to_the_recipient_and_says_what_to_do() -> None:
    (message,) = messages()
    assert message["To"] == ASKED.email
    assert message["X-Unsent"] == "1"
    text = message.get_body().get_content()
    assert "Dr Example" in text and "README.zh.md" in text and "README.en.md" in text
    assert hashlib.sha256(attachment(message)).hexdigest() in text
    assert opened(attachment(message), PHRASE) == PAYLOAD


def test_no_passphrase_in_any_mail() -> None:
    for message in messages(4000):
        decoded = [bytes(message), message.get_body().get_content().encode("utf-8")]
        for content in decoded:
            assert PHRASE.encode() not in content
            assert PHRASE.replace("-", "").encode() not in content


def test_one_mail_for_each_volume_and_joined_they_open() -> None:
    many = messages(4000)
    assert len(many) == 3
    assert [m["Subject"] for m in many] == [f"S_IPD_R1 ({n}/3)" for n in (1, 2, 3)]
    assert all(".001" in m.get_body().get_content() for m in many)
    assert opened(b"".join(map(attachment, many)), PHRASE) == PAYLOAD


def test_the_same_package_gives_the_same_draft() -> None:
    parts = {"p.zip": b"sealed"}
    first, second = (bytes(drafts(ASKED, "S", "p", parts, "pi@hospital.example")[0]) for _ in range(2))
    assert first == second


class Inbox:
    """Keeps what the server received."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - its name there
        self.raw.append(envelope.content)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, made for the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode())


def listening(inbox: Inbox, **options: Any) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind((str(LOCAL), 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname=str(LOCAL), port=port, **options)
    controller.start()
    try:
        yield Server("127.0.0.1", port, implicit="ssl_context" in options)
    finally:
        controller.stop()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def starttls(inbox: Inbox, certificate: Path) -> Iterator[Server]:
    yield from listening(
        inbox, tls_context=server_context(certificate), require_starttls=True, authenticator=login
    )


@pytest.fixture
def implicit(inbox: Inbox, certificate: Path) -> Iterator[Server]:
    yield from listening(inbox, ssl_context=server_context(certificate))


@pytest.fixture
def in_the_open(inbox: Inbox) -> Iterator[Server]:
    yield from listening(inbox)


def received(inbox: Inbox) -> list[Any]:
    return [message_from_bytes(raw, policy=default) for raw in inbox.raw]


@pytest.mark.parametrize("kind", ["starttls", "implicit"])
def test_a_server_with_tls_receives_what_opens(
    kind: str, request: pytest.FixtureRequest, inbox: Inbox, certificate: Path
) -> None:
    server = request.getfixturevalue(kind)
    if kind == "starttls":
        server = replace(server, user="pi", password=PASSWORD)
    send(messages(4000), server, trusting(certificate))
    arrived = received(inbox)
    assert [m["To"] for m in arrived] == [ASKED.email] * 3
    assert all(m["Date"] and m["Message-ID"] and m["X-Unsent"] is None for m in arrived)
    assert opened(b"".join(map(attachment, arrived)), PHRASE) == PAYLOAD


def test_a_server_without_tls_is_told_nothing(in_the_open: Server, inbox: Inbox, certificate: Path) -> None:
    with pytest.raises(InputError, match="no TLS"):
        send(messages(), in_the_open, trusting(certificate))
    assert not inbox.raw


def test_a_certificate_nobody_vouches_for_is_refused(starttls: Server, inbox: Inbox) -> None:
    with pytest.raises(OutputError, match="0 of 1"):
        send(messages(), starttls)
    assert not inbox.raw


def test_a_wrong_password_sends_nothing_and_is_not_told(
    starttls: Server, inbox: Inbox, certificate: Path
) -> None:
    wrong = replace(starttls, user="pi", password="guess-4711")
    with pytest.raises(OutputError) as caught:
        send(messages(), wrong, trusting(certificate))
    assert "guess-4711" not in str(caught.value)
    assert "guess-4711" not in repr(wrong)
    assert not inbox.raw
