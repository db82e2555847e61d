"""Mutations of order approvals: a partner approves or rejects an order of its managed account (V13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from described_enum import DescribedEnum
from models import Company, Location, OrderApproval, Port
from models.base import now
from models.order_approval import LIFECYCLE, MAX_COMMENT_LENGTH
from resolvers.mutations.order_checks import check_location, check_market, check_speed
from resolvers.order_approval import notify_requester
from resolvers.values.identifiers import Identifier
from resolvers.writing.bulk import BulkItem
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires

# The columns that an order and its port share.
ORDER_COLUMNS: Final = (
    *("company_id", "location_id", "name", "speed_mbps", "term_months", "cost_centre", "diversity_zone"),
    *("monthly_rate", "setup_fee", "currency"),
)


@requires(OrderApproval="approve")
async def approve_order(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Place the order at the price of when it was requested, if it's still possible (V12, V13)."""
    comment = fields.text("comment", MAX_COMMENT_LENGTH, required=False, lines=True)
    approval = await _lock_undecided(work, fields, "approve")
    location = await work.scalar(select(Location).where(Location.id == approval.location_id).with_for_update(read=True))
    await _check_order(work, fields, approval, location)
    work.errors.raise_if_any()
    await work.add(port := Port(**{name: getattr(approval, name) for name in ORDER_COLUMNS}))
    approval.port_id = port.id
    return await _decide(work, approval, "approve", comment)


@requires(OrderApproval="reject")
async def reject_order(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Reject the order, with a comment (V13)."""
    comment = fields.text("comment", MAX_COMMENT_LENGTH, lines=True)
    approval = await _lock_undecided(work, fields, "reject")
    return await _decide(work, approval, "reject", comment)


class OrderDecision(DescribedEnum):
    """A decision about an order that needs a partner's approval."""

    APPROVE = "APPROVE", "Order the port at the price of the request."
    REJECT = "REJECT", "Don't order it. Needs a comment, which the user who placed the order can see."


@requires(OrderApproval="approve")
def decide_orders(values: Mapping[str, Any]) -> list[BulkItem]:
    """Return the same decision about several orders, each like that of `approve_order` or `reject_order`."""
    command = approve_order if values["decision"] == OrderDecision.APPROVE else reject_order
    comment = {name: values[name] for name in ("comment",) if name in values}
    return [BulkItem(command, {"id": each, **comment}, ("ids", str(number))) for number, each in enumerate(values["ids"])]


@requires(OrderApproval="withdraw")
async def withdraw_order(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Withdraw an order that isn't decided yet (V13)."""
    approval = await _lock_undecided(work, fields, "withdraw")
    return _close(work, approval, "withdraw")


async def _lock_undecided(work: UnitOfWork, fields: InputReader, action: str) -> OrderApproval:
    """Lock the order and check that it can still take the step. Raises MutationRejected or IllegalStep."""
    approval: OrderApproval = await work.lock_for_update(fields, "id", "OrderApproval", action)
    work.errors.raise_if_any()
    LIFECYCLE.next_state(action, approval.standing(now()))
    return approval


async def _check_order(work: UnitOfWork, fields: InputReader, approval: OrderApproval, location: Location) -> None:
    """Add an error for each reason why the order can no longer be placed."""
    company = await work.scalar(select(Company).where(Company.id == approval.company_id).with_for_update(read=True))
    check_location(fields, location, "id")
    check_speed(fields, location, approval.speed_mbps, "id")
    await check_market(work, fields, company, location, "id")


async def _decide(work: UnitOfWork, approval: OrderApproval, action: str, comment: str | None) -> ChangedIds:
    """Record the partner's decision and notify the requester (V13)."""
    approval.comment = comment
    changed = _close(work, approval, action)
    await notify_requester(work.session, approval, work.context.services.site_url)
    return changed


def _close(work: UnitOfWork, approval: OrderApproval, action: str) -> ChangedIds:
    approval.take_step(action)
    approval.decided_by, approval.decided_at = work.context.viewer.user_id, now()
    return {"order_approval": Identifier("OrderApproval", approval.id)}
