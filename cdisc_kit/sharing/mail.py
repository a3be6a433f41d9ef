"""The e-mail that brings a sealed package: a draft to look at, or sent through a mail server with TLS."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.sharing.request import Request

_TEXT = """\
{requester}：

随信附上研究 {study} 的去标识化个体受试者数据（{name}，第{part}封，共{parts}封）。
附件已加密，密码将通过其他途径告知；解压后请先阅读 README.zh.md。
文件校验值（SHA-256）：
{checksums}

Dear {requester},

Attached are the de-identified individual participant data of study {study}
({name}, message {part} of {parts}).
The attachment is encrypted; the passphrase reaches you by another channel. Read README.en.md first.
Checksums (SHA-256):
{checksums}
"""


@dataclass(frozen=True)
class Server:
    """A mail server; TLS from the start on `implicit`, else by STARTTLS before anything is said."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit: bool = False


def drafts(
    request: Request, study: str, name: str, attachments: Mapping[str, bytes], sender: str
) -> list[EmailMessage]:
    """One message for each attachment, marked unsent. No passphrase and no word of what the study found."""
    found = []
    for part, (file, content) in enumerate(attachments.items(), start=1):
        message = EmailMessage()
        message["From"], message["To"] = sender, request.email
        message["Subject"] = f"{name} ({part}/{len(attachments)})"
        message["X-Unsent"] = "1"
        message.set_content(
            _TEXT.format(
                requester=request.requester,
                study=study,
                name=name,
                part=part,
                parts=len(attachments),
                checksums=f"{hashlib.sha256(content).hexdigest()}  {file}",
            )
        )
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=file)
        found.append(message)
    return found


def send(messages: list[EmailMessage], server: Server, context: ssl.SSLContext | None = None) -> None:
    """Every message through `server`, over TLS or not at all. OutputError where the server refuses."""
    secure = context or ssl.create_default_context()
    try:
        with _connection(server, secure) as connection:
            if server.user:
                connection.login(server.user, server.password)
            for message in messages:
                del message["X-Unsent"]
                connection.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise OutputError(f"{server.host}:{server.port} did not take the message: {error}") from error


def _connection(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.implicit:
        return smtplib.SMTP_SSL(server.host, server.port, context=context, timeout=60)
    connection = smtplib.SMTP(server.host, server.port, timeout=60)
    if connection.starttls(context=context)[0] != 220:
        connection.close()
        raise InputError(f"{server.host}:{server.port} offers no TLS; nothing is sent in the open")
    return connection
