"""A real receiver of webhooks for tests: an HTTP or HTTPS server on this machine that records what arrives."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

MAX_BODY: Final = 1024 * 1024


@dataclass
class Received:
    """A request, as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in the body."""
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass
class Receiver:
    """A receiver at a URL. `statuses` are those of the next answers; then it answers 204. `delay` is in seconds."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    connections: int = 0
    delay: float = 0
    tail: bytes = b""  # the body of each answer
    server_names: list[str | None] = field(default_factory=list)  # that were asked for over TLS

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events in the order in which they arrived."""
        return [each.event for each in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Record a request, and answer it."""
        self.connections += 1
        try:
            self.received.append(await _request(reader))
            await asyncio.sleep(self.delay)
            status = self.statuses.pop(0) if self.statuses else 204
            head = f"HTTP/1.1 {status} .\r\nLocation: {self.url}/elsewhere\r\nContent-Length: {len(self.tail)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + self.tail)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines) if value}
    body = await reader.readexactly(min(int(headers.get("content-length", "0")), MAX_BODY))
    return Received(line.split(" ")[1], headers, body)


@asynccontextmanager
async def running_receiver(context: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver for the length of the block; over TLS with a context."""
    receiver = Receiver()
    if context is not None:
        context.sni_callback = lambda _socket, name, _context: receiver.server_names.append(name)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    scheme = "http" if context is None else "https"
    receiver.url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield receiver
