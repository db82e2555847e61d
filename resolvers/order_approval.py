"""Resolvers of order approvals, notifying the requester of the outcome, and expiring undecided orders (V13)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import Location, Membership, OrderApproval
from models.base import now
from models.database import transaction
from models.notification import NotificationKind
from models.order_approval import OrderApprovalStatus
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import find_members_where, notify_members
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import RootConnection, ToOne
from resolvers.values.identifiers import Identifier
from resolvers.values.money import money
from resolvers.writing.change_log import record_changes

EXPIRE: Final = "expireOrderApprovals"  # its action in the audit log, where it has no actor
EXPIRY_BATCH: Final = 100

order_approvals: Final = RootConnection("OrderApproval")
company: Final = ToOne("Company", "company_id")
location: Final = ToOne("Location", "location_id")
requested_by: Final = ToOne("User", "requested_by")
decided_by: Final = ToOne("User", "decided_by")
port: Final = ToOne("Port", "port_id")
monthly_rate: Final = Computed(money, ("monthly_rate", "currency"))
setup_fee: Final = Computed(money, ("setup_fee", "currency"))


async def notify_requester(session: AsyncSession, approval: OrderApproval, public_url: str) -> None:
    """Notify the requester of the outcome, if still a member of the company (V13)."""
    location = (await session.scalars(sa.select(Location.name).where(Location.id == approval.location_id))).one()
    order = message_templates.order(approval.name, approval.speed_mbps, location)
    message = message_templates.order_approval_decided(order, approval.status.lower(), approval.comment, public_url)
    requester = (Membership.user_id == approval.requested_by, Membership.company_id == approval.company_id)
    subject = Identifier("OrderApproval", approval.id)
    members = await find_members_where(session, *requester)
    await notify_members(session, NotificationKind.ORDER_APPROVAL_DECIDED, members, message, subject=subject)


async def expire_due(engine: AsyncEngine, public_url: str) -> None:
    """Expire due orders, in batches. Skips an order that someone is deciding right now. A scheduled job of the worker."""
    expired = EXPIRY_BATCH
    while expired == EXPIRY_BATCH:
        async with transaction(engine) as session:
            record_changes(session, EXPIRE)
            expired = await _expire(session, public_url)


async def _expire(session: AsyncSession, public_url: str) -> int:
    """Expire the oldest due orders and notify their requesters. Return how many."""
    at = now()
    due = (
        sa.select(OrderApproval)
        .where(OrderApproval.status == OrderApprovalStatus.PENDING, OrderApproval.expires_at <= at)
        .order_by(OrderApproval.expires_at)
        .limit(EXPIRY_BATCH)
        .with_for_update(skip_locked=True)
    )
    approvals = (await session.scalars(due)).all()
    for approval in approvals:
        approval.take_step("expire")
        approval.decided_at = approval.expires_at
        await notify_requester(session, approval, public_url)
    return len(approvals)
