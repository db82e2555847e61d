"""Sending mail: one message to one address, handed to the mail server that the settings name.

The message ID is derived from the mail's ID, so a client can recognise a mail that arrives twice. This module writes every header
itself: the `email` package parses encoded words in the values that it is given (`=?utf-8?q?...?=`), and some of its versions then
write a line break that was hidden in one. Neither errors nor logs ever hold the password.
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

TIMEOUT: Final = 30  # seconds for each step
PERMANENT: Final = range(500, 600)
PLAIN: Final = re.compile(r"(?!.*=\?)[!-~]+( [!-~]+)*")  # ASCII that no reader takes for an encoded word
LONGEST_PLAIN: Final = 67  # characters; with the name of the header, a line is 76 at most
WORD_BYTES: Final = (
    39  # of UTF-8 in an encoded word: base64 makes 52 characters of them, the frame adds 12 (RFC 2047 allows 75)
)
BODY: Final = SMTP.clone(cte_type="7bit")  # no server has to offer 8BITMIME


class SmtpMailer:
    """A mail server."""

    def __init__(self, url: str, sender: str, trusted: Path | None = None) -> None:
        """`url` is smtp:// or smtps://. A password is sent over TLS only, but for a server on this machine.

        `trusted` has the certificates that are believed, those of the system if not given.
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
        """Send a mail. Raises Refused or Delayed."""
        message = compose(mail, self._sender)
        try:
            await aiosmtplib.send(message, sender=self._sender, recipients=[mail.to_address], **self.server)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0]) from None
        except aiosmtplib.SMTPDataError as error:
            raise _judged(error) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRejected(_line(error.message)) from None
        except aiosmtplib.SMTPResponseException as error:  # about us, not about this mail
            raise MailDelayed(f"the mail server answers {error.code} {_line(error.message)}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailDelayed(f"the mail server cannot be reached: {type(error).__name__}") from None


def compose(mail: Outgoing, sender: str) -> bytes:
    """The message of a mail, as it travels. Raises Refused for an address that a header cannot hold."""
    headers = {
        "From": _address(sender),
        "To": _address(mail.to_address),
        "Subject": encode_text(mail.subject),
        "Date": format_datetime(mail.created_at),
        "Message-ID": f"<{mail.id}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
    }
    written = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = EmailMessage(BODY)
    body.set_content(mail.body)
    return written.encode("ascii") + body.as_bytes()


def encode_text(text: str) -> str:
    """The value of an unstructured header that decodes to exactly this text (RFC 2047)."""
    if len(text) <= LONGEST_PLAIN and PLAIN.fullmatch(text):
        return text
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in _words(text))


def _words(text: str) -> Iterator[bytes]:
    """The UTF-8 of a text in parts that each fit an encoded word. No character is split."""
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
    """An address as a header holds it. Raises Refused."""
    if not is_address(text):
        raise MailRejected("the address cannot stand in a mail")
    return f"<{text}>"


def _judged(error: aiosmtplib.SMTPResponseException) -> MailRejected | MailDelayed:
    """What an answer about this very mail means."""
    said = f"{error.code} {_line(error.message)}"
    return MailRejected(said) if error.code in PERMANENT else MailDelayed(said)


def _line(text: str) -> str:
    return " ".join(text.split())


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
