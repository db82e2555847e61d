"""How order approvals get their data, who is told what became of them, and how those that nobody decides end (V13)."""

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
from resolvers.notifying.notifications import members_where, tell_members
from resolvers.reading.batching import Made
from resolvers.reading.field_sources import Everything, NamedBy
from resolvers.values.identifiers import Identifier
from resolvers.values.money import money
from resolvers.writing.change_log import record_changes

EXPIRE: Final = "expireOrderApprovals"  # what the trail calls it; nobody does it but time
AT_ONCE: Final = 100

order_approvals: Final = Everything("OrderApproval")
company: Final = NamedBy("Company", "company_id")
location: Final = NamedBy("Location", "location_id")
requested_by: Final = NamedBy("User", "requested_by")
decided_by: Final = NamedBy("User", "decided_by")
port: Final = NamedBy("Port", "port_id")
monthly_rate: Final = Made(money, ("monthly_rate", "currency"))
setup_fee: Final = Made(money, ("setup_fee", "currency"))


async def tell_requester(session: AsyncSession, approval: OrderApproval, public_url: str) -> None:
    """Tell whoever has asked, if still a member of the company, what became of the order (V13)."""
    location = (await session.scalars(sa.select(Location.name).where(Location.id == approval.location_id))).one()
    order = message_templates.order(approval.name, approval.speed_mbps, location)
    notice = message_templates.order_approval_decided(order, approval.status.lower(), approval.comment, public_url)
    asking = (Membership.user_id == approval.requested_by, Membership.company_id == approval.company_id)
    subject = Identifier("OrderApproval", approval.id)
    members = await members_where(session, *asking)
    await tell_members(session, NotificationKind.ORDER_APPROVAL_DECIDED, members, notice, subject=subject)


async def expire_due(engine: AsyncEngine, public_url: str) -> None:
    """Write down which orders have expired, some at a time; one that somebody decides just now is passed over."""
    expired = AT_ONCE
    while expired == AT_ONCE:
        async with transaction(engine) as session:
            record_changes(session, EXPIRE)
            expired = await _expire(session, public_url)


async def _expire(session: AsyncSession, public_url: str) -> int:
    """Let the oldest ones that are due expire, and tell whoever has asked; how many these were."""
    at = now()
    due = (
        sa.select(OrderApproval)
        .where(OrderApproval.status == OrderApprovalStatus.PENDING, OrderApproval.expires_at <= at)
        .order_by(OrderApproval.expires_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    approvals = (await session.scalars(due)).all()
    for approval in approvals:
        approval.advance(OrderApprovalStatus.EXPIRED)
        approval.decided_at = approval.expires_at
        await tell_requester(session, approval, public_url)
    return len(approvals)
