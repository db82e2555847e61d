"""Strawberry, used as its documentation recommends: types, resolvers, a DataLoader per relation, cached parsing and validation,
orjson and asyncpg. No authorization: it shows the cost of the framework alone.
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
    """The application, with orjson and a context per request."""

    async def get_context(self, request: Any, response: Any) -> Context:  # noqa: ARG002 (Strawberry's signature)
        """Create the request's context with its loaders."""
        return Context(loading.viewer_company(request.headers))

    def decode_json(self, data: str | bytes) -> object:
        """Decode with orjson."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Encode with orjson."""
        return orjson.dumps(data)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Open the connection pool at startup."""
    await DATABASE.open()
    yield


def main() -> None:
    """Serve until stopped."""
    schema = strawberry.Schema(
        Query, types=[MarketplacePort], extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
    )
    app = Starlette(routes=[Route("/graphql", Endpoint(schema, graphql_ide=None))], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
