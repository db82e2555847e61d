"""Order approvals."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import order_approval
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.enums import DiversityZone, OrderApprovalStatus
from schema.location import Location
from schema.port import Port
from schema.user import User
from schema.values import Money


@strawberry.type(
    description="A managed account's order of a port that needs its partner's approval. Nothing is ordered before it is approved."
)
class OrderApproval(Node):
    is_type_of = of("OrderApproval")

    company: Company = resolved(order_approval.company, "Who would like to order.")
    location: Location = resolved(order_approval.location, "The data centre where the port will be.")
    name: str = column("What the port will be called.")
    speed_mbps: int = column("Its speed in Mbps.")
    term_months: int = column("The contract's term in months.")
    monthly_rate: Money | None = resolved(order_approval.monthly_rate, "Charge per month, as it was when the order was made.")
    setup_fee: Money | None = resolved(order_approval.setup_fee, "Charge for setting it up, as it was when the order was made.")
    cost_centre: str | None = column("Where its company will book it.")
    diversity_zone: DiversityZone | None = column("The zone of the location that it will be in.")
    status: OrderApprovalStatus = column("What became of the order.")
    requested_by: User | None = resolved(order_approval.requested_by, "Who asked for it, if the viewer may know.")
    decided_by: User | None = resolved(
        order_approval.decided_by, "Who approved, rejected or withdrew it, if the viewer may know."
    )
    comment: str | None = column("What the partner said to its decision.")
    port: Port | None = resolved(order_approval.port, "The port that was ordered, once the order is approved.")
    created_at: datetime = column("When it was asked for.")
    decided_at: datetime | None = column("When it was decided, withdrawn or expired.")
    expires_at: datetime = column("Until when it can be decided.")
    viewer_can: list[str] = viewer_can_field("OrderApproval")
