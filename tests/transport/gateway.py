"""A gateway with a small schema of its own, for tests of how requests are read and responses are written."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from models.remembered_facts import FactsReader
from policies.viewer import Viewer
from resolvers.values.errors import PublicError
from resolvers.values.web_addresses import web_origin
from schema.extensions.runner import Schema
from settings import Settings
from transport.app import create_app, make_operations
from transport.authentication.bearer import Identity, LoadViewer, Sender
from transport.authentication.tokens import Claims, Tokens
from transport.documents import Documents
from transport.logs import configure_logging
from transport.serve import serve, server

ADA = UUID("00000000-0000-7000-8000-00000000000a")
MEMBERSHIP = UUID("00000000-0000-7000-8000-0000000000aa")
COMPANY = UUID("00000000-0000-7000-8000-00000000c0c0")
REMOVED = UUID("00000000-0000-7000-8000-00000000dead")

POLICY = "0123456789abcdef"  # a policy version; these tests evaluate no policy

OPEN_SUBSCRIPTIONS: set[object] = set()  # one entry for each open subscription to `waiting`

Info = strawberry.Info[tuple[Viewer, str], None]


class TooMany(PublicError):
    """A public error with a code."""

    code = "TOO_MANY"


@strawberry.type
class Query:
    """Fields that succeed, refuse, fail and take time."""

    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello, {name}!"

    @strawberry.field
    def me(self, info: Info) -> str:
        viewer, _ = info.context
        return str(viewer.user_id)

    @strawberry.field
    def request(self, info: Info) -> str:
        _, request_id = info.context
        return request_id

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the password is swordfish")

    @strawberry.field
    def broken_required(self) -> str:
        raise RuntimeError("the password is swordfish")

    @strawberry.field
    def overflowing(self) -> int | None:
        return 2**40

    @strawberry.field
    def refused(self) -> str | None:
        raise TooMany("At most 1000.", argument="first")

    @strawberry.field
    def careless(self) -> str | None:
        raise GraphQLError("the password is swordfish")

    @strawberry.field
    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"


@strawberry.type
class Item:
    """An object type, so that operations have a cost."""

    number: int

    @strawberry.field
    def others(self) -> list[Item]:
        return []


@strawberry.type
class Mutation:
    """A mutation, to test that GET can't run it."""

    @strawberry.mutation
    def bump(self) -> int:
        return 1


@strawberry.type
class Subscription:
    """Subscriptions that end, wait, stop with a public error and fail."""

    @strawberry.subscription
    async def ticks(self, many: int = 1) -> AsyncIterator[int]:
        for number in range(1, many + 1):
            yield number

    @strawberry.subscription
    async def things(self, many: int = 1) -> AsyncIterator[Item]:
        for number in range(1, many + 1):
            yield Item(number=number)

    @strawberry.subscription
    async def waiting(self, info: Info) -> AsyncIterator[str]:
        viewer, _ = info.context
        entry = object()
        OPEN_SUBSCRIPTIONS.add(entry)
        try:
            yield str(viewer.user_id)
            await asyncio.Event().wait()
        finally:
            OPEN_SUBSCRIPTIONS.remove(entry)

    @strawberry.subscription
    async def stopping(self) -> AsyncIterator[int]:
        yield 1
        raise TooMany("At most 1.")

    @strawberry.subscription
    async def breaking(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("the password is swordfish")


async def load_ada(claims: Sender, _facts: FactsReader | None) -> Viewer | None:
    """Load Ada, with or without her membership. Nobody else exists."""
    if not isinstance(claims, Claims) or claims.user_id != ADA or claims.membership_id not in (MEMBERSHIP, None):
        return None
    return Viewer(user_id=ADA, company_id=COMPANY if claims.membership_id else None)


async def works() -> None:
    """Succeed: a readiness probe of a healthy dependency."""


async def crash(_: Request) -> Response:
    """Raise an unexpected error."""
    raise RuntimeError("the password is swordfish")


async def read(request: Request) -> Response:
    """Return the size of the request body, in bytes."""
    return PlainTextResponse(str(len(await request.body())))


def make_app(settings: Settings, tokens: Tokens, load_viewer: LoadViewer = load_ada) -> Starlette:
    """Build the gateway under test."""
    documents = Documents(settings.max_document_tokens, settings.max_document_characters)
    schema = Schema(Query, Mutation, Subscription, extensions=[documents.extension])
    return create_app(
        operations=make_operations(schema, settings, documents),
        settings=settings,
        identity=Identity(tokens, load_viewer, own_origin=web_origin(settings.public_url)),
        make_context=lambda viewer, request_id, _key: (viewer, request_id),
        ready={"database": works},
        extra_routes=[Route("/crash", crash), Route("/read", read, methods=["POST"])],
        policy=lambda: POLICY,
    )


def listen() -> socket.socket:
    """Return a socket that listens on a free port of this machine."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def running(app: Starlette, settings: Settings, listening: socket.socket | None = None) -> Iterator[str]:
    """Serve an application from a separate thread, on a free port or a listening socket. Yields its URL."""
    listening = listening or listen()
    serving = server(app, settings)
    thread = threading.Thread(target=serving.run, args=([listening],))
    thread.start()
    while not serving.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        serving.should_exit = True
        thread.join()


def main(data_dir: str) -> None:
    """Serve as a separate process that logs to standard error."""
    settings = Settings(data_dir=Path(data_dir), port=0, shutdown_timeout=5)
    configure_logging(settings)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    serve(make_app(settings, Tokens.load(settings.signing_key_file)), settings)


if __name__ == "__main__":
    main(sys.argv[1])
