"""Scheduled jobs of offers and agreements: what is due expires and ends (V5, V38, V41)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import Agreement, Offer
from models.notification import NotificationKind
from resolvers.notifying import message_templates
from resolvers.notifying.offers import notify_both_sides, notify_seller
from resolvers.writing.due_rows import take_overdue_steps

EXPIRE: Final = "expireOffers"  # their actions in the audit log, where they have no actor
END: Final = "endAgreements"


async def expire_offers(engine: AsyncEngine, site_url: str) -> None:
    """Let the published offers expire that nobody accepted in time (R241, V5)."""

    async def notify(session: AsyncSession, offer: Offer) -> None:
        message = message_templates.offer_expired(offer.name, site_url)
        await notify_seller(session, NotificationKind.OFFER_EXPIRED, offer, message)

    await take_overdue_steps(engine, Offer, EXPIRE, notify)


async def end_agreements(engine: AsyncEngine, site_url: str) -> None:
    """End the agreements whose last day has passed (V38)."""

    async def finish(session: AsyncSession, agreement: Agreement) -> None:
        agreement.ended_at = agreement.ends_at
        name = await session.scalar(sa.select(Offer.name).where(Offer.id == agreement.offer_id))
        message = message_templates.agreement_ended(str(name), site_url)
        await notify_both_sides(session, NotificationKind.AGREEMENT_ENDED, agreement, message)

    await take_overdue_steps(engine, Agreement, END, finish)
