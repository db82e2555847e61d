"""Order approvals."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.order_approval import OrderApprovalStatus
from models.port import DiversityZone
from resolvers import order_approval
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.location import Location
from schema.port import Port
from schema.user import User
from schema.values import Money, Waiting


@strawberry.type(
    description="A managed account's port order that needs its partner's approval. Nothing is ordered until the "
    "partner approves it."
)
class OrderApproval(Node):
    is_type_of = of("OrderApproval")

    company: Company = resolved(order_approval.company, "The company that placed the order.")
    location: Location = resolved(order_approval.location, "The data centre that will house the port.")
    name: str = column("The name of the port.")
    speed_mbps: int = column("The port speed, in Mbps.")
    term_months: int = column("The contract term, in months.")
    monthly_rate: Money | None = resolved(order_approval.monthly_rate, "The recurring monthly charge at the time of the order.")
    setup_fee: Money | None = resolved(order_approval.setup_fee, "The one-time setup charge at the time of the order.")
    cost_centre: str | None = column("The cost centre that the company books the port to.")
    diversity_zone: DiversityZone | None = column("The diversity zone of the port.")
    status: OrderApprovalStatus = resolved(
        order_approval.status, "The status of the order. From `expiresAt` on, an undecided order is EXPIRED."
    )
    waits_for: Waiting | None = resolved(
        order_approval.waits_for, "Who has to act next: the partner, while the order is PENDING. Null if nobody has to."
    )
    is_final: bool = resolved(
        order_approval.is_final,
        "Whether no further step is possible: the order was approved, rejected or withdrawn, or has expired.",
    )
    requested_by: User | None = resolved(
        order_approval.requested_by, "The user who placed the order. Null if the viewer can't see the user."
    )
    decided_by: User | None = resolved(
        order_approval.decided_by,
        "The user who approved, rejected or withdrew the order. Null if the viewer can't see the user.",
    )
    comment: str | None = column("The partner's comment on its decision.")
    port: Port | None = resolved(order_approval.port, "The ordered port. Null until the order is approved.")
    created_at: datetime = column("When the order was placed.")
    decided_at: datetime | None = resolved(order_approval.decided_at, "When the order was decided, withdrawn or expired.")
    expires_at: datetime = column("When the order expires if it hasn't been decided.")
    viewer_can: list[str] = viewer_can_field("OrderApproval")


@strawberry.type
class OrderApprovalQueries:
    order_approvals: Connection[OrderApproval] = resolved(
        order_approval.order_approvals,
        "Managed accounts' orders that need their partner's approval, including those already decided.",
        page_arguments("OrderApproval", "order approvals"),
    )
