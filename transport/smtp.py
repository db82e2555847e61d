"""Sends mail: one message to one address, through the mail server in the settings.

The message ID is derived from the email's ID, so a client can recognise an email that arrives twice. This module writes every header
itself: the `email` package parses encoded words in the values that it is given (`=?utf-8?q?...?=`), and some of its versions then
write a line break that was hidden in one. Errors and logs must never contain the password.
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from email_address import is_address
from resolvers.notifying.outbox import MailDelayed, MailRejected, Outgoing

TIMEOUT: Final = 30  # seconds per step
PERMANENT_CODES: Final = range(500, 600)
PLAIN: Final = re.compile(r"(?!.*=\?)[!-~]+( [!-~]+)*")  # ASCII that no mail client decodes as an encoded word
MAX_PLAIN_LENGTH: Final = 67  # characters; with the header's name, a line has at most 76
WORD_BYTES: Final = (
    39  # of UTF-8 in an encoded word: base64 makes 52 characters of them, the frame adds 12 (RFC 2047 allows 75)
)
BODY: Final = SMTP.clone(cte_type="7bit")  # works with servers that lack 8BITMIME


class SmtpMailer:
    """A client for a mail server."""

    def __init__(self, url: str, sender: str, trusted: Path | None = None) -> None:
        """Connect to `url` (smtp:// or smtps://). A password is only sent over TLS, except to a server on this machine.

        `trusted` is a file of trusted CA certificates; by default the system's are used.
        """
        parts = urlsplit(url)
        host, local = parts.hostname or "", _is_local(parts.hostname or "")
        self._sender = sender
        self.server: dict[str, Any] = {
            "hostname": host,
            "port": parts.port,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "start_tls": False if local or parts.scheme == "smtps" else True if parts.username else None,
            "cert_bundle": trusted and str(trusted),
            "timeout": TIMEOUT,
        }

    async def __call__(self, mail: Outgoing) -> None:
        """Send an email. Raises MailRejected or MailDelayed."""
        message = compose(mail, self._sender)
        try:
            await aiosmtplib.send(message, sender=self._sender, recipients=[mail.to_address], **self.server)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _classify(error.recipients[0]) from None
        except aiosmtplib.SMTPDataError as error:
            raise _classify(error) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRejected(_line(error.message)) from None
        except aiosmtplib.SMTPResponseException as error:  # a problem with the connection or the sender, not with this email
            raise MailDelayed(f"the mail server answered {error.code} {_line(error.message)}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDelayed(f"the mail server cannot be reached: {type(error).__name__}") from None


def compose(mail: Outgoing, sender: str) -> bytes:
    """Serialize an email as an RFC 5322 message. Raises MailRejected for an invalid address."""
    headers = {
        "From": _address(sender),
        "To": _address(mail.to_address),
        "Subject": encode_text(mail.subject),
        "Date": format_datetime(mail.created_at),
        "Message-ID": f"<{mail.id}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
    }
    header_lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = EmailMessage(BODY)
    body.set_content(mail.body)
    return header_lines.encode("ascii") + body.as_bytes()


def encode_text(text: str) -> str:
    """Encode a text as an unstructured header value that decodes to exactly this text (RFC 2047)."""
    if len(text) <= MAX_PLAIN_LENGTH and PLAIN.fullmatch(text):
        return text
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in _words(text))


def _words(text: str) -> Iterator[bytes]:
    """Yield a text's UTF-8 in parts that each fit an encoded word, without splitting a character."""
    word = b""
    for character in text:
        encoded = character.encode()
        if len(word) + len(encoded) > WORD_BYTES:
            yield word
            word = b""
        word += encoded
    if word:
        yield word


def _address(text: str) -> str:
    """Format an address for a header. Raises MailRejected."""
    if not is_address(text):
        raise MailRejected("the address is not valid in a mail header")
    return f"<{text}>"


def _classify(error: aiosmtplib.SMTPResponseException) -> MailRejected | MailDelayed:
    """Return the error for the server's reply about this email: permanent or temporary."""
    reply = f"{error.code} {_line(error.message)}"
    return MailRejected(reply) if error.code in PERMANENT_CODES else MailDelayed(reply)


def _line(text: str) -> str:
    return " ".join(text.split())


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
