"""Ariadne, used as its documentation recommends: an SDL schema, resolvers for fields that aren't columns, a DataLoader per
relation, cached parsing and validation, and asyncpg. No authorization.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import uvicorn
from aiodataloader import DataLoader
from ariadne import InterfaceType, ObjectType, QueryType, make_executable_schema  # type: ignore[import-not-found]
from ariadne.asgi import GraphQL  # type: ignore[import-not-found]
from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from starlette.applications import Starlette
from starlette.routing import Route

from benchmarks.peers import loading

DOCUMENTS: Final = 100
SCHEMA: Final = Path(__file__).with_name("schema.graphql")


class Database(loading.Database):
    """Returns rows as dictionaries, which Ariadne resolves fields from."""

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run a statement and return its rows."""
        return [dict(row) for row in await super().rows(statement, *values)]


DATABASE: Final = Database()


class Context(dict[str, Any]):
    """One request: its viewer and its loaders."""

    def __init__(self, request: Any, _data: Any = None) -> None:
        super().__init__(request=request)
        self.company = loading.viewer_company(request.headers)
        self.locations: Any = DataLoader(partial(DATABASE.by_key, loading.LOCATIONS))
        self.companies: Any = DataLoader(partial(DATABASE.by_key, loading.COMPANIES))
        self.buyers: Any = DataLoader(partial(DATABASE.below, loading.BUYERS))
        self._pages: dict[tuple[str, int], Any] = {}

    def pages(self, statement: str, first: int) -> Any:
        """Return the loader of the first rows of each parent."""
        if (statement, first) not in self._pages:

            async def load(parents: list[UUID]) -> list[list[Any]]:
                return await DATABASE.below(statement, parents, first + 1)

            self._pages[statement, first] = DataLoader(load)
        return self._pages[statement, first]


def page(rows: list[Any], first: int) -> dict[str, Any]:
    """Build a page from the first rows."""
    edges = [{"cursor": b64encode(str(row["id"]).encode()).decode(), "node": row} for row in rows[:first]]
    return {"edges": edges, "pageInfo": {"hasNextPage": len(rows) > first, "endCursor": edges[-1]["cursor"] if edges else None}}


def column(name: str) -> Any:
    """Return a resolver for a field whose column has another name."""
    return lambda row, _info: row[name]


def money(name: str) -> Any:
    """Return a resolver for an amount."""
    return lambda row, _info: {"amount": str(loading.amount(row[name])), "currency": row["currency"]}


async def company_of(row: Any, info: Any) -> Any:
    """Resolve the owning company."""
    return await info.context.companies.load(row["company_id"])


async def location_of(row: Any, info: Any) -> Any:
    """Resolve a port's location."""
    return await info.context.locations.load(row["location_id"])


def below(statement: str, key: str = "id") -> Any:
    """Return a resolver for a page of each parent."""

    async def resolver(row: Any, info: Any, first: int) -> dict[str, Any]:
        return page(await info.context.pages(statement, first).load(row[key]), first)

    return resolver


def root(statement: str) -> Any:
    """Return a resolver for a root page."""

    async def resolver(_root: Any, info: Any, first: int) -> dict[str, Any]:
        return page(await DATABASE.rows(statement, info.context.company, first + 1), first)

    return resolver


async def accounts(row: Any, _info: Any, first: int) -> dict[str, Any]:
    """Resolve the accounts that a company manages."""
    return page(await DATABASE.rows(loading.ACCOUNTS, row["id"], first + 1), first)


async def buyers(row: Any, info: Any) -> Any:
    """Resolve an offer's buyers."""
    return await info.context.buyers.load(row["id"])


async def my_company(_viewer: Any, info: Any) -> Any:
    """Resolve the viewer's company."""
    return await info.context.companies.load(UUID(info.context.company)) if info.context.company else None


async def node(_root: Any, _info: Any, id: str) -> Any:  # noqa: A002 (GraphQL's word)
    """Resolve an object by its ID."""
    rows = await DATABASE.rows(loading.MARKETPLACE_PORT, id)
    return rows[0] if rows else None


RESOLVERS: Final[dict[str, dict[str, Any]]] = {
    "Company": {
        "tradingName": column("trading_name"),
        "accountKind": column("account_kind"),
        "companyType": column("company_type"),
        "ports": below(loading.PORTS_OF),
        "offers": below(loading.OFFERS_OF),
        "managedAccounts": accounts,
    },
    "ManagedAccount": {"company": company_of},
    "Port": {
        "speedMbps": column("speed_mbps"),
        "createdAt": lambda row, _info: row["created_at"].isoformat(),
        "monthlyRate": money("monthly_rate"),
        "company": company_of,
        "location": location_of,
    },
    "MarketplacePort": {"speedMbps": column("speed_mbps"), "location": location_of},
    "MarketplaceProfile": {
        "companyName": column("company_name"),
        "contactEmail": column("contact_email"),
        "company": company_of,
        "ports": below(loading.MARKETPLACE_PORTS_OF, "company_id"),
    },
    "Offer": {"totalValue": money("total_value"), "buyers": buyers},
    "Viewer": {"company": my_company},
}


def schema() -> Any:
    """Build the schema with its resolvers."""
    query = QueryType()
    query.set_field("viewer", lambda *_: {})
    query.set_field("ports", root(loading.PORTS))
    query.set_field("marketplaceProfiles", root(loading.PROFILES))
    query.set_field("node", node)
    types = [query, InterfaceType("Node", lambda *_: "MarketplacePort")]
    for name, resolvers in RESOLVERS.items():
        kind = ObjectType(name)
        for field, resolver in resolvers.items():
            kind.set_field(field, resolver)
        types.append(kind)
    return make_executable_schema(SCHEMA.read_text(), *types)


@lru_cache(maxsize=DOCUMENTS)
def parsed(document: str) -> DocumentNode:
    """Parse a document. Cached."""
    return parse(document)


class Validated:
    """Valid documents, so that each is validated only once."""

    def __init__(self) -> None:
        self._known: dict[int, DocumentNode] = {}  # keeps documents alive, so that their id() stays unique

    def __call__(self, schema: GraphQLSchema, document: DocumentNode, **options: Any) -> list[GraphQLError]:
        """Validate a document and return its errors."""
        if id(document) in self._known:
            return []
        errors = validate(schema, document, **options)
        if not errors and len(self._known) < DOCUMENTS:
            self._known[id(document)] = document
        return errors


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Open the connection pool at startup."""
    await DATABASE.open()
    yield


def main() -> None:
    """Serve until stopped."""
    endpoint = GraphQL(
        schema(),
        context_value=Context,
        query_parser=lambda _context, data: parsed(data["query"]),
        query_validator=Validated(),
    )
    app = Starlette(routes=[Route("/graphql", endpoint)], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
