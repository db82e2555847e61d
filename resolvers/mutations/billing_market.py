"""Mutations of billing markets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models import BillingMarket
from models.billing_market import CURRENCIES
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires


@requires(Company="set_billing_market")
async def set_billing_market(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Enable or disable a market of a company. It affects what can be ordered from the next request (R120, A19, V12)."""
    company = await work.acting_company(fields, "set_billing_market")
    market = fields.choice("market", CURRENCIES)
    work.errors.raise_if_any()
    row = await work.scalar(_select_market(company.id, market))
    if row is None:
        row = BillingMarket(company_id=company.id, market=market, currency=CURRENCIES[market], enabled=fields.value("enabled"))
        await work.add(row)
    row.enabled = fields.value("enabled")
    return {"billing_market": Identifier("BillingMarket", row.id)}


def _select_market(company: UUID, market: str) -> sa.Select[Any]:
    """Select the row of a company's market, and lock it."""
    return sa.select(BillingMarket).where(BillingMarket.company_id == company, BillingMarket.market == market).with_for_update()
