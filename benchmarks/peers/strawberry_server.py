"""Strawberry as its documents say it is used well: types, resolvers, a DataLoader for each relation, caches of parsed and
validated documents, orjson, and asyncpg below. No authorization: what everybody's framework costs before anything is decided.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers import loading
from benchmarks.peers.strawberry_schema import DATABASE, Context, MarketplacePort, Query


class Endpoint(GraphQL[Context, None]):
    """The application, with orjson and a context for each request."""

    async def get_context(self, request: Any, response: Any) -> Context:  # noqa: ARG002 (Strawberry's signature)
        """Loaders live for one request."""
        return Context(loading.viewer_company(request.headers))

    def decode_json(self, data: str | bytes) -> object:
        """Read by orjson."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Written by orjson."""
        return orjson.dumps(data)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """The pool is opened at the start."""
    await DATABASE.open()
    yield


def main() -> None:
    """Serve until told to stop."""
    schema = strawberry.Schema(
        Query, types=[MarketplacePort], extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
    )
    app = Starlette(routes=[Route("/graphql", Endpoint(schema, graphql_ide=None))], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
