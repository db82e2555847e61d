"""An httpx client of an application in the same process, with less work for each request than httpx does for a network.

Half of the time of a small request would go to httpx: redirects, authentication, timers, cookies, and a search for trio's `sniffio`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Message, Scope

BASE: Final = "http://gateway"
PEER: Final = ("127.0.0.1", 123)  # the client's address


class InProcessClient(httpx.AsyncClient):
    """Sends each request straight to an application. It follows no redirects and raises what the application raises."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url=BASE)
        self._app = app
        self._urls: dict[str, httpx.URL] = {}

    def build_request(self, method: str, url: httpx.URL | str, **parts: Any) -> httpx.Request:
        """Return a request. Parsing its address and merging its headers takes httpx as long as all the rest."""
        parts = {name: value for name, value in parts.items() if value is not None}
        if not isinstance(url, str) or self.cookies or parts.keys() - {"content", "headers", "json", "timeout", "extensions"}:
            return super().build_request(method, url, **parts)
        if url not in self._urls:
            self._urls[url] = self._merge_url(url)
        given = httpx.Headers(parts.get("headers")).raw
        names = {name.lower() for name, _ in given}
        own = [pair for pair in self.headers.raw if pair[0].lower() not in names]
        return httpx.Request(
            method, self._urls[url], headers=[*own, *given], content=parts.get("content"), json=parts.get("json")
        )

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Return the whole response. A body that is a stream goes to httpx, which reads it as the application does."""
        if not isinstance(request.stream, httpx.ByteStream):
            return await super().send(request, **options)
        exchange = Exchange(request.content)
        await self._app(scope_of(request), exchange.receive, exchange.send)
        content = b"" if request.method == "HEAD" else b"".join(exchange.parts)
        response = httpx.Response(exchange.status, headers=exchange.headers, content=content, request=request)
        if any(name.lower() == b"set-cookie" for name, _ in exchange.headers):
            self.cookies.extract_cookies(response)
        return response


class Exchange:
    """One request and its response, as ASGI passes them."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.is_complete = asyncio.Event()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []

    async def receive(self) -> Message:
        """Return the body, and after the response that the client has left."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.is_complete.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Keep a part of the response."""
        assert not self.is_complete.is_set(), message
        if message["type"] == "http.response.start":
            assert not self.status, message
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            assert self.status, message
            self.parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.is_complete.set()


def scope_of(request: httpx.Request) -> Scope:
    """Return the ASGI scope of a request."""
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": PEER,
        "root_path": "",
    }
