"""Sending mail: one message to one address, handed to the mail server that the settings name.

A message's id is made of the mail's own, so that whoever gets it twice can tell. What cannot be a header becomes none: the standard
library refuses a value with a line break. Neither errors nor logs ever hold the password.
"""

from __future__ import annotations

import ipaddress
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from resolvers.mail import Delayed, Outgoing, Refused

TIMEOUT: Final = 30  # seconds for each step
PERMANENT: Final = range(500, 600)


class Post:
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
        try:
            message = compose(mail, self._sender)
        except (ValueError, IndexError, HeaderParseError):
            raise Refused("the address or the subject cannot stand in a mail") from None
        try:
            await aiosmtplib.send(message, sender=self._sender, recipients=[mail.to_address], **self.server)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0]) from None
        except aiosmtplib.SMTPDataError as error:
            raise _judged(error) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise Refused(_line(error.message)) from None
        except aiosmtplib.SMTPResponseException as error:  # about us, not about this mail
            raise Delayed(f"the mail server answers {error.code} {_line(error.message)}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Delayed(f"the mail server cannot be reached: {type(error).__name__}") from None


def compose(mail: Outgoing, sender: str) -> EmailMessage:
    """The message of a mail. Raises ValueError where something of it cannot be a header."""
    message = EmailMessage(SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to_address)
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _judged(error: aiosmtplib.SMTPResponseException) -> Refused | Delayed:
    """What an answer about this very mail means."""
    said = f"{error.code} {_line(error.message)}"
    return Refused(said) if error.code in PERMANENT else Delayed(said)


def _line(text: str) -> str:
    return " ".join(text.split())


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
