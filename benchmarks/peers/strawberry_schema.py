"""Strawberry's types and resolvers, with a DataLoader per relation. No authorization."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from benchmarks.peers import loading

DATABASE = loading.Database()
Item = TypeVar("Item")


class Context:
    """One request: its viewer and its loaders."""

    def __init__(self, company: str | None) -> None:
        self.company = company
        self.locations = DataLoader(load_fn=partial(DATABASE.by_key, loading.LOCATIONS))
        self.companies = DataLoader(load_fn=partial(DATABASE.by_key, loading.COMPANIES))
        self.buyers = DataLoader(load_fn=partial(DATABASE.below, loading.BUYERS))
        self._pages: dict[tuple[str, int], DataLoader[UUID, list[Any]]] = {}

    def pages(self, statement: str, first: int) -> DataLoader[UUID, list[Any]]:
        """Return the loader of the first rows of each parent."""
        if (statement, first) not in self._pages:
            self._pages[statement, first] = DataLoader(load_fn=lambda keys: DATABASE.below(statement, keys, first + 1))
        return self._pages[statement, first]


Info = strawberry.Info[Context, None]


@strawberry.type
class PageInfo:
    """The end of a page."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[Item]):
    """An item of a page."""

    cursor: str
    node: Item


@strawberry.type
class Connection(Generic[Item]):
    """A page."""

    edges: list[Edge[Item]]
    page_info: PageInfo


@strawberry.type
class Money:
    """An amount."""

    amount: Decimal
    currency: str


@strawberry.type
class Location:
    """A data centre."""

    id: strawberry.ID
    name: str
    metro: str
    country: str


@strawberry.type
class Company:
    """A company."""

    id: strawberry.ID
    trading_name: str
    account_kind: str
    company_type: str

    @strawberry.field
    async def ports(self, info: Info, first: int) -> Connection[Port]:
        """Its ports."""
        return page([port(row) for row in await info.context.pages(loading.PORTS_OF, first).load(UUID(self.id))], first)

    @strawberry.field
    async def offers(self, info: Info, first: int) -> Connection[Offer]:
        """The offers that it sells."""
        return page([offer(row) for row in await info.context.pages(loading.OFFERS_OF, first).load(UUID(self.id))], first)

    @strawberry.field
    async def managed_accounts(self, first: int) -> Connection[ManagedAccount]:
        """The accounts that it manages."""
        rows = await DATABASE.rows(loading.ACCOUNTS, self.id, first + 1)
        return page([ManagedAccount(id=strawberry.ID(str(row["id"])), company_id=row["company_id"]) for row in rows], first)


async def company_of(root: Any, info: Info) -> Company:
    """Load the owning company."""
    return company(await info.context.companies.load(root.company_id))


async def location_of(root: Any, info: Info) -> Location:
    """Load a port's location."""
    row: Any = await info.context.locations.load(root.location_id)
    return Location(id=strawberry.ID(str(row["id"])), name=row["name"], metro=row["metro"], country=row["country"])


@strawberry.type
class ManagedAccount:
    """An account that a partner manages."""

    id: strawberry.ID
    company_id: strawberry.Private[UUID]
    company: Company = strawberry.field(resolver=company_of)


@strawberry.type
class Port:
    """A port."""

    id: strawberry.ID
    name: str
    speed_mbps: int
    status: str
    created_at: datetime
    company_id: strawberry.Private[UUID]
    location_id: strawberry.Private[UUID]
    rate: strawberry.Private[int]
    currency: strawberry.Private[str]
    company: Company = strawberry.field(resolver=company_of)
    location: Location = strawberry.field(resolver=location_of)

    @strawberry.field
    def monthly_rate(self) -> Money:
        """The monthly rate."""
        return Money(amount=loading.amount(self.rate), currency=self.currency)


@strawberry.interface
class Node:
    """An object with an ID."""

    id: strawberry.ID


@strawberry.type
class MarketplacePort(Node):
    """A port as the Marketplace shows it."""

    name: str
    speed_mbps: int
    location_id: strawberry.Private[UUID]
    location: Location = strawberry.field(resolver=location_of)


@strawberry.type
class MarketplaceProfile:
    """A provider's public profile."""

    id: strawberry.ID
    company_name: str
    bio: str | None
    website: str | None
    contact_email: str
    company_id: strawberry.Private[UUID]
    company: Company = strawberry.field(resolver=company_of)

    @strawberry.field
    async def ports(self, info: Info, first: int) -> Connection[MarketplacePort]:
        """Its public ports."""
        rows = await info.context.pages(loading.MARKETPLACE_PORTS_OF, first).load(self.company_id)
        return page([marketplace_port(row) for row in rows], first)


@strawberry.type
class Offer:
    """A private offer."""

    id: strawberry.ID
    name: str
    status: str
    value: strawberry.Private[int]
    currency: strawberry.Private[str]

    @strawberry.field
    def total_value(self) -> Money:
        """The total value."""
        return Money(amount=loading.amount(self.value), currency=self.currency)

    @strawberry.field
    async def buyers(self, info: Info) -> list[Company]:
        """The offer's buyers."""
        return [company(row) for row in await info.context.buyers.load(UUID(self.id))]


@strawberry.type
class Viewer:
    """The viewer."""

    @strawberry.field
    async def company(self, info: Info) -> Company | None:
        """The viewer's company."""
        mine = info.context.company
        return company(await info.context.companies.load(UUID(mine))) if mine else None


@strawberry.type
class Query:
    """The root fields."""

    @strawberry.field
    def viewer(self) -> Viewer:
        """The viewer."""
        return Viewer()

    @strawberry.field
    async def ports(self, info: Info, first: int) -> Connection[Port]:
        """The viewer's ports."""
        return page([port(row) for row in await DATABASE.rows(loading.PORTS, info.context.company, first + 1)], first)

    @strawberry.field
    async def marketplace_profiles(self, info: Info, first: int) -> Connection[MarketplaceProfile]:
        """The readable profiles."""
        return page([profile(row) for row in await DATABASE.rows(loading.PROFILES, info.context.company, first + 1)], first)

    @strawberry.field
    async def node(self, id: strawberry.ID) -> Node | None:  # noqa: A002 (GraphQL's word)
        """An object by its ID."""
        rows = await DATABASE.rows(loading.MARKETPLACE_PORT, id)
        return marketplace_port(rows[0]) if rows else None


def page(items: list[Any], first: int) -> Connection[Any]:
    """Build a page from the first items."""
    edges = [Edge(cursor=b64encode(item.id.encode()).decode(), node=item) for item in items[:first]]
    info = PageInfo(has_next_page=len(items) > first, end_cursor=edges[-1].cursor if edges else None)
    return Connection(edges=edges, page_info=info)


def company(row: Any) -> Company:
    """Build a company from a row."""
    return Company(
        id=strawberry.ID(str(row["id"])),
        trading_name=row["trading_name"],
        account_kind=row["account_kind"],
        company_type=row["company_type"],
    )


def port(row: Any) -> Port:
    """Build a port from a row."""
    return Port(
        id=strawberry.ID(str(row["id"])),
        name=row["name"],
        speed_mbps=row["speed_mbps"],
        status=row["status"],
        created_at=row["created_at"],
        company_id=row["company_id"],
        location_id=row["location_id"],
        rate=row["monthly_rate"],
        currency=row["currency"],
    )


def marketplace_port(row: Any) -> MarketplacePort:
    """Build a Marketplace port from a row."""
    return MarketplacePort(
        id=strawberry.ID(str(row["id"])), name=row["name"], speed_mbps=row["speed_mbps"], location_id=row["location_id"]
    )


def profile(row: Any) -> MarketplaceProfile:
    """Build a profile from a row."""
    return MarketplaceProfile(
        id=strawberry.ID(str(row["id"])),
        company_name=row["company_name"],
        bio=row["bio"],
        website=row["website"],
        contact_email=row["contact_email"],
        company_id=row["company_id"],
    )


def offer(row: Any) -> Offer:
    """Build an offer from a row."""
    return Offer(
        id=strawberry.ID(str(row["id"])),
        name=row["name"],
        status=row["status"],
        value=row["total_value"],
        currency=row["currency"],
    )
