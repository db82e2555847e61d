"""Notifies sellers, reviewers and buyers of offers and agreements (X6).

Buyers hear nothing of a new offer: the seller sends them its URL (V11).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Agreement, Company, Offer
from models.notification import NotificationKind
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import (
    Message,
    find_member_of,
    find_root_user_for,
    merge_recipients,
    notify_members,
    notify_reviewers,
)
from resolvers.values.identifiers import Identifier


async def notify_of_submission(session: AsyncSession, offer: Offer, site_url: str) -> None:
    """Notify the reviewers of an offer that needs their approval (A23)."""
    company = await session.scalar(sa.select(Company.trading_name).where(Company.id == offer.company_id))
    message = message_templates.offer_submitted(offer.name, str(company), site_url)
    await notify_reviewers(session, NotificationKind.OFFER_SUBMITTED, message, Identifier("Offer", offer.id))


async def notify_seller(session: AsyncSession, kind: NotificationKind, offer: Offer, message: Message) -> None:
    """Notify who published the offer, if still a member, and the seller's root user."""
    publisher = await find_member_of(session, offer.submitted_by, offer.company_id, offer.partner_id)
    root = await find_root_user_for(session, offer.company_id, offer.partner_id)
    await notify_members(session, kind, merge_recipients(publisher, root), message, subject=Identifier("Offer", offer.id))


async def notify_both_sides(session: AsyncSession, kind: NotificationKind, agreement: Agreement, message: Message) -> None:
    """Notify the root users of the buyer and of the seller, and who accepted, if still a member."""
    accepter = await find_member_of(session, agreement.accepted_by, agreement.company_id, agreement.partner_id)
    buyer = await find_root_user_for(session, agreement.company_id, agreement.partner_id)
    seller = await find_root_user_for(session, agreement.seller_id, agreement.seller_partner_id)
    recipients = merge_recipients(accepter, buyer, seller)
    await notify_members(session, kind, recipients, message, subject=Identifier("Agreement", agreement.id))
