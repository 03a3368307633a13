"""One mail to one SMTP server: STARTTLS, TLS or plain, login where there is a user. The standard library's, blocking.

No state and no retry: the caller decides. The error carries whether another try can help.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from desk.errors import AlvoradaError

Security = Literal["starttls", "ssl", "insecure"]


class MailRefused(AlvoradaError):
    """The server did not take the mail. `temporary`: another try can help (network, time-out, 4xx)."""

    def __init__(self, message: str, *, temporary: bool) -> None:
        self.temporary = temporary
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class MailServer:
    """`seconds`: how long each step of the conversation may take."""

    host: str
    port: int = 587
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    seconds: float = 20.0


def send(server: MailServer, message: EmailMessage, sender: str, recipients: Sequence[str]) -> dict[str, str]:
    """Hands `message` over; returns the recipients that the server refused, each with its reason; empty when all are
    served. Raises MailRefused when none is."""
    try:
        with _connected(server) as connection:
            refused = connection.send_message(message, sender, list(recipients))
    except smtplib.SMTPRecipientsRefused as error:
        reasons = {name: _answer_text(code, text) for name, (code, text) in error.recipients.items()}
        temporary = any(400 <= code < 500 for code, _ in error.recipients.values())
        raise MailRefused(f"{server.host} refused every recipient: {_listed(reasons)}", temporary=temporary) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailRefused(f"{server.host} refused the login: {_answer_of(error)}", temporary=False) from None
    except smtplib.SMTPResponseException as error:
        raise MailRefused(f"{server.host} said {_answer_of(error)}", temporary=error.smtp_code < 500) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused(f"{server.host} cannot do what was asked: {error}", temporary=False) from None
    except ssl.SSLCertVerificationError as error:
        reason = f"{server.host} shows a certificate that is not trusted: {error.verify_message}"
        raise MailRefused(reason, temporary=False) from None
    except (smtplib.SMTPException, OSError) as error:  # a time-out is an OSError
        reason = f"{server.host}:{server.port} cannot be reached: {str(error) or type(error).__name__}"
        raise MailRefused(reason, temporary=True) from None
    return {name: _answer_text(code, text) for name, (code, text) in refused.items()}


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "ssl":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.seconds, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.username:
            connection.login(server.username, server.password or "")
    except BaseException:
        connection.close()
        raise
    return connection


def _answer_of(error: smtplib.SMTPResponseException) -> str:
    return _answer_text(error.smtp_code, error.smtp_error)


def _answer_text(code: int, text: bytes | str) -> str:
    answer = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(answer.split())}"[:300]


def _listed(reasons: dict[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
