"""Mails: to whom the log names, over TLS or not at all, never with the passphrase."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from conftest import ASKED
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.ipd.key import DEMO_KEY
from cdisc_kit.sharing.mail import Server, drafts, send
from cdisc_kit.sharing.releaselog import append
from cdisc_kit.sharing.seal import new_passphrase, opened, sealed, volumes
from cdisc_kit.sharing.state import PASSPHRASE, State

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
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)  # the server answers


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
    with pytest.raises(OutputError, match=r"0 of 1 .*\(535") as caught:
        send(messages(), wrong, trusting(certificate))
    assert "guess-4711" not in str(caught.value)
    assert "guess-4711" not in repr(wrong)
    assert not inbox.raw


# through the command line


@pytest.fixture
def packed(tmp_path: Path) -> State:
    """What `share pack` leaves: a sealed package and its line in the log."""
    state = State(tmp_path / "ipd")
    place = state.sealed / ASKED.release
    place.mkdir(parents=True)
    closed = sealed(PAYLOAD, PHRASE)
    (place / "S_IPD_R1.zip").write_bytes(closed)
    (place / PASSPHRASE).write_text(f"{PHRASE}\n", encoding="ascii")
    told = {"study": "STUDY", "name": "S_IPD_R1", "override": None}
    entry = {**asdict(replace(ASKED, expires="2999-12-31")), **told}
    append(state.log, {**entry, "package": hashlib.sha256(closed).hexdigest()}, DEMO_KEY, "atg")
    return state


def mail(state: State, server: Server, password: Path | None, certificate: Path) -> Any:
    """`share mail --send` in a process of its own, saying all that it does."""
    login = ["--smtp-user", "pi", "--smtp-password-file", password] if password else []
    of = [
        "--study",
        "atg",
        "--state",
        state.folder,
        "--release",
        ASKED.release,
        "--from",
        "pi@hospital.example",
    ]
    through = ["--send", "--smtp", f"{server.host}:{server.port}", *login]
    tls = ["--smtp-tls", "implicit"] if server.implicit else []
    command = [sys.executable, "-m", "cdisc_kit", "-v", "share", "mail", *of, *through, *tls]
    environment = {**os.environ, "SSL_CERT_FILE": str(certificate)}
    return subprocess.run(
        [*map(str, command)], env=environment, cwd=state.folder, capture_output=True, text=True, check=False
    )


def secret(folder: Path, password: str, mode: int = 0o600) -> Path:
    path = folder / "smtp"
    path.write_text(f"{password}\n", encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("kind", ["starttls", "implicit"])
def test_the_command_sends_what_opens_and_tells_no_secret(
    kind: str, request: pytest.FixtureRequest, packed: State, inbox: Inbox, certificate: Path
) -> None:
    server = request.getfixturevalue(kind)
    password = secret(certificate.parent, PASSWORD) if kind == "starttls" else None
    ran = mail(packed, server, password, certificate)
    assert ran.returncode == 0, ran.stderr
    assert f"1 sent to {ASKED.email}" in ran.stdout
    (arrived,) = received(inbox)
    assert arrived["To"] == ASKED.email
    assert opened(attachment(arrived), PHRASE) == PAYLOAD
    left = b"".join(path.read_bytes() for path in packed.folder.rglob("*") if path.is_file())
    for place in (ran.args, ran.stdout, ran.stderr, left.decode("latin-1"), bytes(arrived).decode("latin-1")):
        assert PASSWORD not in place
    for place in (ran.args, ran.stdout, ran.stderr, bytes(arrived).decode("latin-1")):
        assert PHRASE not in place
    assert sorted(path.name for path in (packed.sealed / ASKED.release).iterdir()) == [
        "S_IPD_R1.zip",
        PASSPHRASE,
    ]


def test_the_command_tells_no_password_that_was_refused(
    starttls: Server, packed: State, inbox: Inbox, certificate: Path, tmp_path: Path
) -> None:
    ran = mail(packed, starttls, secret(tmp_path, "guess-4711"), certificate)
    assert ran.returncode == 3, ran.stderr
    assert "0 of 1" in ran.stderr
    assert "535" in ran.stderr
    assert "guess-4711" not in ran.stdout + ran.stderr
    assert not inbox.raw


def test_a_password_that_others_can_read_is_not_used(
    starttls: Server, packed: State, inbox: Inbox, certificate: Path, tmp_path: Path
) -> None:
    ran = mail(packed, starttls, secret(tmp_path, PASSWORD, mode=0o644), certificate)
    assert ran.returncode == 2
    assert "can be read by others" in ran.stderr
    assert not inbox.raw
