"""Notifies the publisher of a product, and the operator's reviewers, of each step of a review (V74, X6)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import ChangeRequest, Company, Product
from models.change_request import ReviewedBy
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


async def notify_of_submission(session: AsyncSession, request: ChangeRequest, site_url: str) -> None:
    """Notify the reviewers of a request that they have to decide."""
    if request.reviewed_by != ReviewedBy.OPERATOR:
        return
    company = await session.scalar(sa.select(Company.trading_name).where(Company.id == request.company_id))
    message = message_templates.listing_submitted(request.title, str(company), site_url)
    await notify_reviewers(session, NotificationKind.LISTING_SUBMITTED, message, _subject(request))


async def notify_of_question(session: AsyncSession, request: ChangeRequest, site_url: str) -> None:
    """Notify the publisher of a reviewer's comment."""
    message = message_templates.listing_commented(request.title, site_url)
    await notify_publisher(session, NotificationKind.LISTING_COMMENTED, request, message)


async def notify_of_answer(session: AsyncSession, request: ChangeRequest, site_url: str) -> None:
    """Notify the reviewers of a publisher's comment."""
    message = message_templates.listing_commented(request.title, site_url)
    await notify_reviewers(session, NotificationKind.LISTING_COMMENTED, message, _subject(request))


async def notify_publisher(session: AsyncSession, kind: NotificationKind, request: ChangeRequest, message: Message) -> None:
    """Notify who submitted the request, if still a member, and the seller's root user (V74)."""
    submitter = await find_member_of(session, request.submitted_by, request.company_id, request.partner_id)
    root = await find_root_user_for(session, request.company_id, request.partner_id)
    await notify_members(session, kind, merge_recipients(submitter, root), message, subject=_subject(request))


async def notify_seller(session: AsyncSession, kind: NotificationKind, product: Product, message: Message) -> None:
    """Notify the seller's root user of something about a product."""
    recipients = await find_root_user_for(session, product.company_id, product.partner_id)
    await notify_members(session, kind, recipients, message, subject=Identifier("Product", product.id))


def _subject(request: ChangeRequest) -> Identifier:
    return Identifier("ChangeRequest", request.id)
