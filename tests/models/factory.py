"""Rows for the model tests, with only the columns that the tables require."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Base, Company, Location, MarketplaceProfile, Offer, OfferBuyer, Port, Product
from models.base import now
from models.lifecycle import Staged

_numbers = count(1)


async def add(connection: AsyncConnection, model: type[Base], **values: Any) -> Any:
    """Insert a row. Returns the value of its first key column."""
    key = sa.inspect(model).primary_key[0]
    return await connection.scalar(sa.insert(model).values(**values).returning(key))


@asynccontextmanager
async def any_status(connection: AsyncConnection, model: type[Staged]) -> AsyncIterator[None]:
    """Let a test change statuses of a table without a step of its lifecycle. All other triggers run."""
    table = model.__table__.name
    await connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER lifecycle"))
    yield
    await connection.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER lifecycle"))


async def company(connection: AsyncConnection, partner: UUID | None = None) -> UUID:
    """Add a direct company, or one managed by `partner`."""
    name = f"Company {next(_numbers)}"
    kind = "DIRECT" if partner is None else "MANAGED"
    values = {"trading_name": name, "legal_name": name, "account_kind": kind, "country": "NL", "partner_id": partner}
    return UUID(str(await add(connection, Company, **values)))


async def product(connection: AsyncConnection, seller: UUID, visibility: str = "LIMITED") -> UUID:
    """Add a published product."""
    values: dict[str, Any] = {"title": "Sample", "kind": "SERVICE", "visibility": visibility, "categories": ["TRAINING"]}
    values |= {"slug": f"sample-{next(_numbers)}", "published_at": now()}
    return UUID(str(await add(connection, Product, company_id=seller, **values)))


async def offer(connection: AsyncConnection, seller: UUID, of: UUID, status: str, *buyers: UUID) -> UUID:
    """Add an offer of a product to some buyers."""
    values = {"name": "Sample", "status": status, "payment_model": "UPFRONT", "currency": "EUR", "total_value": 0}
    dates = {"contract_end_date": date(2030, 1, 1), "expires_on": date(2029, 1, 1)}
    key = UUID(str(await add(connection, Offer, company_id=seller, product_id=of, **values, **dates)))
    if buyers:
        await connection.execute(sa.insert(OfferBuyer), [{"offer_id": key, "company_id": buyer} for buyer in buyers])
    return key


async def location(connection: AsyncConnection) -> UUID:
    """A location."""
    place = {"metro": "Amsterdam", "country": "NL", "market": "NL", "latitude": 52.37, "longitude": 4.9}
    values = {"name": f"Sample {next(_numbers)}", "status": "ACTIVE", "speeds_mbps": [1_000]}
    return UUID(str(await add(connection, Location, **place, **values)))


async def port(
    connection: AsyncConnection, owner: UUID, where: UUID, status: str = "REQUESTED", visibility: str = "PRIVATE"
) -> UUID:
    """Add a port of a company."""
    values = {"name": "Sample", "speed_mbps": 1_000, "term_months": 12, "monthly_rate": 1, "setup_fee": 0, "currency": "EUR"}
    state = {"status": status, "visibility": visibility}
    return UUID(str(await add(connection, Port, company_id=owner, location_id=where, **state, **values)))


async def profile(connection: AsyncConnection, owner: UUID, visibility: str) -> UUID:
    """Add the marketplace profile of a company."""
    slug = f"sample-{next(_numbers)}"
    values = {"company_name": "Sample", "contact_email": "a@b.example", "provider_types": ["CLOUD"], "social_links": []}
    key = await add(connection, MarketplaceProfile, company_id=owner, slug=slug, visibility=visibility, **values)
    return UUID(str(key))
