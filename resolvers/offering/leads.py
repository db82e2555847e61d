"""What offers and agreements have to do with leads: whom a seller knows from them, and which ones have bought (V40, V56)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Lead
from models.base import now
from models.lead import OPEN


async def known_requesters(session: AsyncSession, seller: UUID | None, keys: Collection[UUID]) -> set[UUID]:
    """Return those of some companies that a lead of the seller names: it was given their ids (V34, V56)."""
    query = sa.select(Lead.requester_id).where(Lead.company_id == seller, Lead.requester_id.in_(keys))
    return {key for key in await session.scalars(query) if key is not None}


async def mark_purchased(session: AsyncSession, product_id: UUID, buyer_id: UUID) -> None:
    """Mark the open lead of a product and a buyer as PURCHASED, if there is one (V40)."""
    query = sa.select(Lead).where(Lead.product_id == product_id, Lead.requester_id == buyer_id, Lead.status.in_(OPEN))
    for lead in (await session.scalars(query.with_for_update(key_share=True))).all():
        lead.take_step("purchased")
        lead.version += 1
        lead.updated_at = now()
