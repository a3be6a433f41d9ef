"""The e-mail that brings a sealed package: a draft to look at, or sent through a mail server with TLS."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from cdisc_kit.errors import InputError, OutputError
from cdisc_kit.sharing.request import Request

# Mail programs open a message with this header for sending instead of reading.
_UNSENT = "X-Unsent"
_TEXT = """\
{requester}：

您好。随信附上研究 {study} 的去标识化个体受试者数据（{name}，第 {part} 封，共 {parts} 封）。
附件已加密（AES-256），可用 7-Zip 打开；密码将通过其他途径告知，不会出现在邮件中。
{joined_zh}打开后请再解压其中的 payload.zip，并先阅读 README.zh.md。
数据的使用以双方签署的协议为准，截至 {expires}。
文件校验值（SHA-256）：
{checksum}

Dear {requester},

Attached are the de-identified individual participant data of study {study}
({name}, message {part} of {parts}).
The attachment is encrypted (AES-256); 7-Zip opens it. The passphrase reaches you by another channel,
never by e-mail.
{joined_en}Unpack payload.zip inside it and read README.en.md first. The use of the data is subject to the
agreement signed, which ends on {expires}.
Checksum (SHA-256):
{checksum}
"""
_JOINED_ZH = "文件分卷发送：请将全部分卷保存在同一文件夹，打开 .001 文件。\n"
_JOINED_EN = "It comes in parts: save all of them in one folder and open the one that ends in .001.\n"


@dataclass(frozen=True)
class Server:
    """A mail server; TLS from the start on `implicit`, else by STARTTLS before anything is said."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    implicit: bool = False


def drafts(
    request: Request, study: str, name: str, attachments: Mapping[str, bytes], sender: str
) -> list[EmailMessage]:
    """One message for each attachment, marked unsent. No passphrase and no word of what the study found.

    `request` is the one that the release log holds: its address is the only one a package goes to.
    """
    parts = len(attachments)
    found = []
    for part, (file, content) in enumerate(attachments.items(), start=1):
        digest = hashlib.sha256(content).hexdigest()
        message = EmailMessage()
        message["From"], message["To"] = sender, request.email
        message["Subject"] = f"{name} ({part}/{parts})"
        message[_UNSENT] = "1"
        text = _TEXT.format(
            requester=request.requester,
            study=study,
            name=name,
            part=part,
            parts=parts,
            expires=request.expires,
            joined_zh=_JOINED_ZH if parts > 1 else "",
            joined_en=_JOINED_EN if parts > 1 else "",
            checksum=f"{digest}  {file}",
        )
        message.set_content(text, charset="utf-8", cte="base64")
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=file)
        message.set_boundary(f"=_{digest[:32]}")  # one of chance would make every draft another file
        found.append(message)
    return found


def send(messages: Sequence[EmailMessage], server: Server, context: ssl.SSLContext | None = None) -> None:
    """Every message through `server`, over TLS or not at all.

    InputError for a server without TLS, OutputError where it refuses or cannot be reached.
    """
    secure = context or ssl.create_default_context()
    sent = 0
    try:
        with _connection(server, secure) as connection:
            if server.user:
                connection.login(server.user, server.password)
            for message in messages:
                del message[_UNSENT]
                message["Date"] = formatdate(localtime=True)
                message["Message-ID"] = make_msgid(domain=str(message["From"]).rpartition("@")[2] or None)
                connection.send_message(message)
                sent += 1
    except (OSError, smtplib.SMTPException) as error:
        raise OutputError(
            f"{server.host}:{server.port}: {sent} of {len(messages)} messages were taken; then: {error}"
        ) from error


def _connection(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.implicit:
        return smtplib.SMTP_SSL(server.host, server.port, context=context, timeout=60)
    connection = smtplib.SMTP(server.host, server.port, timeout=60)
    try:
        connection.starttls(context=context)
    except smtplib.SMTPException as error:
        connection.close()
        raise InputError(f"{server.host}:{server.port} offers no TLS; nothing is sent in the open") from error
    except OSError:
        connection.close()
        raise
    return connection
