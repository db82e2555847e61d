"""Resolvers of order approvals, notifying the requester of the outcome, and expiring undecided orders (V13)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import Location, Membership, OrderApproval
from models.notification import NotificationKind
from models.order_approval import LIFECYCLE
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import find_members_where, notify_members
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import RootConnection, ToOne
from resolvers.values.identifiers import Identifier
from resolvers.values.money import money
from resolvers.writing.due_rows import take_overdue_steps

EXPIRE: Final = "expireOrderApprovals"  # its action in the audit log, where it has no actor


order_approvals: Final = RootConnection("OrderApproval")
company: Final = ToOne("Company", "company_id")
location: Final = ToOne("Location", "location_id")
requested_by: Final = ToOne("User", "requested_by")
decided_by: Final = ToOne("User", "decided_by")
port: Final = ToOne("Port", "port_id")
status: Final = lifecycles.status(LIFECYCLE)
waits_for: Final = lifecycles.waits_for(LIFECYCLE)
is_final: Final = lifecycles.is_final(LIFECYCLE)
decided_at: Final = lifecycles.end_time(LIFECYCLE, "decided_at")
monthly_rate: Final = Computed(money, ("monthly_rate", "currency"))
setup_fee: Final = Computed(money, ("setup_fee", "currency"))


async def notify_requester(session: AsyncSession, approval: OrderApproval, site_url: str) -> None:
    """Notify the requester of the outcome, if still a member of the company (V13)."""
    location = (await session.scalars(sa.select(Location.name).where(Location.id == approval.location_id))).one()
    order = message_templates.order(approval.name, approval.speed_mbps, location)
    message = message_templates.order_approval_decided(order, approval.status.lower(), approval.comment, site_url)
    requester = (Membership.user_id == approval.requested_by, Membership.company_id == approval.company_id)
    subject = Identifier("OrderApproval", approval.id)
    members = await find_members_where(session, *requester)
    await notify_members(session, NotificationKind.ORDER_APPROVAL_DECIDED, members, message, subject=subject)


async def expire_due(engine: AsyncEngine, site_url: str) -> None:
    """Expire due orders and notify their requesters. A scheduled job of the worker."""

    async def finish(session: AsyncSession, approval: OrderApproval) -> None:
        approval.decided_at = approval.expires_at
        await notify_requester(session, approval, site_url)

    await take_overdue_steps(engine, OrderApproval, EXPIRE, finish)
