"""What is done to inquiries: they are sent, by whoever has found a public profile, and reach the provider by mail (R018)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Inquiry
from models.base import now
from models.notification import NotificationKind
from resolvers.notifying.message_templates import profile_inquiry
from resolvers.notifying.notifications import queue_mail
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 128  # characters
MAX_MESSAGE_LENGTH: Final = 5_000
HOUR: Final = timedelta(hours=1)
MAX_PER_SENDER: Final = 5  # inquiries of a sender to a profile within an hour
MAX_PER_PROFILE: Final = 20  # of a sender to all profiles
MAX_OF_VISITORS: Final = 60  # of all visitors together to a profile
RATE_LIMITED: Final = "Too many inquiries were sent within an hour: at most {} {}. Try again later."


@requires(MarketplaceProfile="inquire")
async def send_inquiry(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Ask a provider. It goes to the profile's contact address, which the sender does not learn (R018, V22)."""
    profile = await _profile(work, fields)
    sent: dict[str, Any] = {
        "sender_name": fields.text("name", MAX_NAME_LENGTH),
        "sender_email": fields.email("email", required=True),
        "message": fields.text("message", MAX_MESSAGE_LENGTH, lines=True),
        "sender_company": fields.text("company", MAX_NAME_LENGTH, required=False),
    }
    work.errors.raise_if_any()
    await _check_limits(work, profile.id)
    origin = {"user_id": work.context.viewer.user_id, "peer": work.context.origin.peer}
    await work.add(Inquiry(company_id=profile.company_id, profile_id=profile.id, **origin, **sent))
    text = profile_inquiry(profile.company_name, *sent.values())
    await queue_mail(work.session, NotificationKind.PROFILE_INQUIRY, profile.contact_email, text)
    return {"marketplace_profile": Identifier("MarketplaceProfile", profile.id)}


async def _profile(work: UnitOfWork, fields: InputReader) -> Any:
    """The profile that is named by its id or by a slug, locked, so that inquiries by it are counted one after the other."""
    if fields.value("profile_id") is not None:
        return await work.lock_for_update(fields, "profile_id", "MarketplaceProfile", "inquire")
    slug = fields.text("slug", MAX_NAME_LENGTH)
    if slug is None:
        return None
    found = await work.context.loaders.profile_of_slug(slug)
    if found is None:
        work.report_not_found(fields, "slug", "MarketplaceProfile", "inquire")
        return None
    return await work.lock_by_key(fields, "slug", "MarketplaceProfile", found.id, "inquire")


async def _check_limits(work: UnitOfWork, profile: UUID) -> None:
    """Refuse a sender who has sent too many. What it calls itself says nothing of who it is, and locks nobody else out."""
    to_it = Inquiry.profile_id == profile
    visitors = Inquiry.user_id.is_(None)
    sender = _sender(work)
    await work.serialize("inquiry", str(work.context.viewer.user_id or work.context.origin.peer))
    limits = [(MAX_PER_SENDER, "from one sender to one provider", to_it & sender), (MAX_PER_PROFILE, "from one sender", sender)]
    if work.context.viewer.user_id is None:
        limits.append((MAX_OF_VISITORS, "from all visitors to one provider", to_it & visitors))
    for most, which, those in limits:
        if await work.scalar(_lately(those)) >= most:
            work.errors.add(ErrorCode.TOO_MANY, RATE_LIMITED.format(most, which))
            work.errors.raise_if_any()


def _sender(work: UnitOfWork) -> sa.ColumnElement[bool]:
    """The inquiries of whoever sends this one: a user's own, or those of visitors from the same network address."""
    user, peer = work.context.viewer.user_id, work.context.origin.peer
    if user is not None:
        return Inquiry.user_id == user
    return Inquiry.user_id.is_(None) & (Inquiry.peer.is_(None) if peer is None else Inquiry.peer == peer)


def _lately(those: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """How many of these inquiries were sent within an hour."""
    return sa.select(sa.func.count()).select_from(Inquiry).where(those, Inquiry.created_at > now() - HOUR)
