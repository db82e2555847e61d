"""Mutations of inquiries: anyone who can see a public profile can send one, and the provider gets it by email (R018)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Inquiry, Lead
from models.base import now
from models.lead import LeadSource
from models.notification import NotificationKind
from resolvers.notifying.message_templates import profile_inquiry
from resolvers.notifying.notifications import queue_mail
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 128  # characters
MAX_MESSAGE_LENGTH: Final = 5_000
HOUR: Final = timedelta(hours=1)
MAX_PER_SENDER_AND_PROFILE: Final = 5  # inquiries within an hour, from one sender to one profile
MAX_PER_SENDER: Final = 20  # from one sender to all profiles
MAX_OF_VISITORS_PER_PROFILE: Final = 60  # from all visitors to one profile
RATE_LIMITED: Final = "Too many inquiries. The limit is {limit} per hour {scope}. Try again later."


@requires(MarketplaceProfile="inquire")
async def send_inquiry(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Send an inquiry to a profile's contact address, which the sender doesn't see (R018, V22)."""
    profile = await _lock_profile(work, fields)
    inquiry: dict[str, Any] = {
        "sender_name": fields.text("name", MAX_NAME_LENGTH),
        "sender_email": fields.email("email", required=True),
        "message": fields.text("message", MAX_MESSAGE_LENGTH, lines=True),
        "sender_company": fields.text("company", MAX_NAME_LENGTH, required=False),
    }
    work.errors.raise_if_any()
    await _check_limits(work, profile.id)
    origin = {"user_id": work.context.viewer.user_id, "peer": work.context.origin.peer}
    await work.add(Inquiry(company_id=profile.company_id, profile_id=profile.id, **origin, **inquiry))
    await work.add(_lead(work, profile.company_id, inquiry))
    message = profile_inquiry(profile.company_name, *inquiry.values())
    await queue_mail(work.session, NotificationKind.PROFILE_INQUIRY, profile.contact_email, message)
    return {"marketplace_profile": Identifier("MarketplaceProfile", profile.id)}


def _lead(work: UnitOfWork, company_id: UUID, inquiry: Mapping[str, Any]) -> Lead:
    """Return the lead that an inquiry makes (V17)."""
    return Lead(
        company_id=company_id,
        source=LeadSource.PROFILE_INQUIRY,
        requester_id=work.context.viewer.company_id,
        user_id=work.context.viewer.user_id,
        contact_name=inquiry["sender_name"],
        contact_email=inquiry["sender_email"],
        contact_company=inquiry["sender_company"],
        message=inquiry["message"],
    )


async def _lock_profile(work: UnitOfWork, fields: InputReader) -> Any:
    """Return the profile with this id or slug, locked, so that its inquiries are counted one after the other."""
    if fields.value("profile_id") is not None:
        return await work.lock_for_update(fields, "profile_id", "MarketplaceProfile", "inquire")
    slug = fields.text("slug", MAX_NAME_LENGTH)
    if slug is None:
        return None
    profile = await work.context.loaders.row_of_slug("MarketplaceProfile", slug)
    if profile is None:
        work.report_not_found(fields, "slug", "MarketplaceProfile", "inquire")
        return None
    return await work.lock_by_key(fields, "slug", "MarketplaceProfile", profile.id, "inquire")


async def _check_limits(work: UnitOfWork, profile: UUID) -> None:
    """Reject a sender who sent too many. The name and email in the input don't count: anyone could enter someone else's."""
    to_profile = Inquiry.profile_id == profile
    visitors = Inquiry.user_id.is_(None)
    sender = _from_sender(work)
    await work.serialize("inquiry", str(work.context.viewer.user_id or work.context.origin.peer))
    limits = [
        (MAX_PER_SENDER_AND_PROFILE, "from one sender to one provider", to_profile & sender),
        (MAX_PER_SENDER, "from one sender", sender),
    ]
    if work.context.viewer.user_id is None:
        limits.append((MAX_OF_VISITORS_PER_PROFILE, "from all visitors to one provider", to_profile & visitors))
    for limit, scope, inquiries in limits:
        if await work.scalar(_count_recent(inquiries)) >= limit:
            work.errors.add(ErrorCode.TOO_MANY, worded(RATE_LIMITED, limit=limit, scope=scope))
            work.errors.raise_if_any()


def _from_sender(work: UnitOfWork) -> sa.ColumnElement[bool]:
    """Match the sender's inquiries: a user's own, or those of visitors from the same network address."""
    user, peer = work.context.viewer.user_id, work.context.origin.peer
    if user is not None:
        return Inquiry.user_id == user
    return Inquiry.user_id.is_(None) & (Inquiry.peer.is_(None) if peer is None else Inquiry.peer == peer)


def _count_recent(inquiries: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Count these inquiries within the last hour."""
    return sa.select(sa.func.count()).select_from(Inquiry).where(inquiries, Inquiry.created_at > now() - HOUR)
