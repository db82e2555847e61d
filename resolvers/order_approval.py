"""How order approvals get their data, and how those that nobody decides end (V13)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import AuditEvent, OrderApproval
from models.base import now
from models.order_approval import OrderApprovalStatus
from resolvers.batch import Made
from resolvers.common import Everything, NamedBy
from resolvers.money import money

EXPIRE: Final = "expireOrderApprovals"  # what the trail calls it; nobody does it but time
AT_ONCE: Final = 1_000

order_approvals: Final = Everything("OrderApproval")
company: Final = NamedBy("Company", "company_id")
location: Final = NamedBy("Location", "location_id")
requested_by: Final = NamedBy("User", "requested_by")
decided_by: Final = NamedBy("User", "decided_by")
port: Final = NamedBy("Port", "port_id")
monthly_rate: Final = Made(money, ("monthly_rate", "currency"))
setup_fee: Final = Made(money, ("setup_fee", "currency"))


async def expire_due(engine: AsyncEngine, _public_url: str) -> None:
    """Write down which orders have expired, some at a time; one that somebody decides just now is passed over."""
    expired = AT_ONCE
    while expired == AT_ONCE:
        kept = engine.execution_options(isolation_level="READ COMMITTED")
        async with AsyncSession(kept, expire_on_commit=False) as session, session.begin():
            expired = await _expire(session)


async def _expire(session: AsyncSession) -> int:
    """Let the oldest ones that are due expire, with their trail; how many these were."""
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
        changes = {"status": [approval.status, OrderApprovalStatus.EXPIRED], "decided_at": [None, str(approval.expires_at)]}
        approval.advance(OrderApprovalStatus.EXPIRED)
        approval.decided_at = approval.expires_at
        trail = {"table_name": OrderApproval.__tablename__, "row_id": approval.id, "company_id": approval.company_id}
        session.add(AuditEvent(action=EXPIRE, changes=changes, **trail))
    return len(approvals)
