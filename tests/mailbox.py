"""A real mail server in the tests' event loop. It accepts every email, or answers as a test configures it."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope

OK = "250 OK"
PATIENCE = 40.0  # seconds that a test waits for emails


@dataclass
class Mailbox:
    """The emails that a server has received, and how it answers."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)  # the same emails as raw bytes
    to: list[str] = field(default_factory=list)  # the recipients of the envelopes
    rcpt: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))  # the first answers, by address
    data: deque[str] = field(default_factory=deque)  # the first answers to whole emails, which are stored even so
    seconds: float = 0.0  # delay before each answer
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        """The ids of the received messages."""
        return [mail["Message-ID"] for mail in self.mails]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        """Answer a recipient."""
        if self.rcpt[address]:
            return self.rcpt[address].popleft()
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        """Store an email and answer after the delay."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.raw.append(envelope.content)
        self.to += envelope.rcpt_tos
        self.arrived.set()
        await asyncio.sleep(self.seconds)
        return self.data.popleft() if self.data else OK

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for emails until a condition holds. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not reached():
                self.arrived.clear()
                await self.arrived.wait()


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None, *, implicit: bool = False, **options: Any) -> AsyncIterator[Mailbox]:
    """Run a mail server on a free local port. `tls` means STARTTLS, or TLS from the start if `implicit`."""
    box = Mailbox()

    def protocol() -> SMTP:
        return SMTP(box, hostname="mail.example", tls_context=None if implicit else tls, **options)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls if implicit else None)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


def accept_only(username: bytes, password: bytes) -> Callable[..., AuthResult]:
    """Return an authenticator that accepts one user name and password."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (username, password), handled=False)

    return authenticate
