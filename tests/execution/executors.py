"""The two sides: the same gateway with its planner and without, over one database, and what must be equal in their responses.

Both share a signing key, so that tokens and cursors of one are valid for the other. The application is called as a server
calls it,
without an HTTP client, which would take longer than many responses.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import orjson
from starlette.applications import Starlette

import server
from resolvers.execution import streamed_pages
from resolvers.reading.viewers import find_member
from settings import Settings
from tests.asgi import Exchange

PLANNED: Final = "planned"
UNLIMITED: Final = 10**9
EXECUTION: Final = "x-crossgate-execution"
HEADERS: Final = {"accept": "application/graphql-response+json", "content-type": "application/json"}
REQUEST_ID: Final = re.compile(rb'("requestId":)"[^"]*"')


@dataclass(frozen=True, kw_only=True)
class Request:
    """An operation, its variables, and the viewer who sends it."""

    query: str
    viewer: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation: str | None = None

    @property
    def body(self) -> bytes:
        """The body to post."""
        payload: dict[str, Any] = {"query": self.query, "variables": self.variables}
        return orjson.dumps(payload if self.operation is None else {**payload, "operationName": self.operation})

    def __str__(self) -> str:
        variables = orjson.dumps(self.variables).decode()
        return f"as {self.viewer}, operation {self.operation}, variables {variables}:\n{self.query}"


@dataclass(frozen=True)
class Reply:
    """The response. What ran the operation, and in how many parts the body was sent, isn't compared."""

    status: int
    body: bytes
    execution: str | None = field(default=None, compare=False)
    parts: int = field(default=1, compare=False)

    @property
    def content(self) -> Any:
        """The parsed body."""
        return orjson.loads(self.body)

    @property
    def is_planned(self) -> bool:
        """Whether the planner ran it."""
        return self.execution == PLANNED

    def __str__(self) -> str:
        return f"{self.status} ({self.execution}) {self.body.decode()}"


class Difference(AssertionError):
    """The two sides differ."""

    def __init__(self, request: Request, on: Reply, off: Reply) -> None:
        super().__init__(f"{request}\n\nplanner on:  {on}\nplanner off: {off}")


class Sides:
    """Sends requests to both sides, as any user by email address, or anonymously."""

    def __init__(self, on: Starlette, off: Starlette) -> None:
        self.on = on
        self.off = off
        self._tokens: dict[str, str] = {}

    async def __call__(self, viewer: str | None, query: str, operation: str | None = None, **variables: Any) -> Reply:
        """Return the answer to a query, which is the same on both sides. Raises Difference."""
        return await self.send(Request(query=query, viewer=viewer, variables=variables, operation=operation))

    async def send(self, request: Request) -> Reply:
        """Return the answer to a request, which is the same on both sides. Raises Difference.

        It's sent to the planner's side twice: the first time, Strawberry executes it, and then, if it has a plan, `PlannedQueries`.
        """
        headers = await self._headers(request.viewer)
        first, again, off = [await post(app, headers, request.body) for app in (self.on, self.on, self.off)]
        for on in (first, again):
            if on != off:
                raise Difference(request, on, off)
        return again

    async def _headers(self, viewer: str | None) -> list[tuple[bytes, bytes]]:
        plain = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        if viewer is None:
            return plain
        if viewer not in self._tokens:
            member = await find_member(self.on.state.services.engine, viewer)
            assert member is not None, f"nobody has the address {viewer}"
            self._tokens[viewer] = self.on.state.tokens.issue(member.user_id, member.membership_id, 24 * 3600)
        return [*plain, (b"authorization", f"Bearer {self._tokens[viewer]}".encode())]


async def post(app: Starlette, headers: list[tuple[bytes, bytes]], body: bytes) -> Reply:
    """Return an application's response to a request to its endpoint."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
    }
    exchange = Exchange(body)
    await app(scope, exchange.receive, exchange.send)
    execution = next((value.decode() for name, value in exchange.headers if name.decode().lower() == EXECUTION), None)
    return Reply(exchange.status, REQUEST_ID.sub(rb'\1""', b"".join(exchange.parts)), execution, len(exchange.parts))


@contextmanager
def all_pages_streamed() -> Iterator[None]:
    """Send pages of any size in pieces of three rows, where a gateway allows large pages."""
    with patch.object(streamed_pages, "MAX_UNSTREAMED_ROWS", -1), patch.object(streamed_pages, "PIECE_ROWS", 3):
        yield


@asynccontextmanager
async def both_sides(database_url: str, data_dir: Path, max_page_size: int = 1000) -> AsyncIterator[Sides]:
    """The gateway with its planner and without it, inside this process."""
    sides = [build(database_url, data_dir, max_page_size, planner=planner) for planner in (True, False)]
    try:
        yield Sides(*sides)
    finally:
        for app in sides:
            await app.state.services.close()


def build(database_url: str, data_dir: Path, max_page_size: int, *, planner: bool) -> Starlette:
    """Build one of the sides."""
    settings = Settings(
        data_dir=data_dir,
        database_url=database_url,
        log_level="ERROR",
        pool_size=4,
        max_page_size=max_page_size,
        planner=planner,
        max_unplanned_values=UNLIMITED,  # only the side with plans would have a limit
    )
    return server.build(settings)
