"""The mutations of order approvals."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import order_approval
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.order_approval import OrderApproval

WHICH = "The order approval."
NOW = "The order approval as it is now."


@strawberry.input(description="An order that is to be carried out.")
class ApproveOrderInput:
    id: ID = required(WHICH)
    comment: str | None = optional("What whoever asked for it is told, at most 500 characters.")


@strawberry.type(description="What came of approving an order.")
class ApproveOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=f"{NOW} Its port was ordered.")


@strawberry.input(description="An order that is not to be carried out.")
class RejectOrderInput:
    id: ID = required(WHICH)
    comment: str = required("Why, for whoever asked for it, at most 500 characters.")


@strawberry.type(description="What came of rejecting an order.")
class RejectOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="An order that is wanted no more.")
class WithdrawOrderInput:
    id: ID = required(WHICH)


@strawberry.type(description="What came of withdrawing an order.")
class WithdrawOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=NOW)


@strawberry.type
class OrderApprovalMutations:
    approve_order: ApproveOrderPayload = mutation_field(
        order_approval.approve_order,
        ApproveOrderInput,
        "Order what a managed account has asked for, at the price of that moment.",
    )
    reject_order: RejectOrderPayload = mutation_field(
        order_approval.reject_order,
        RejectOrderInput,
        "Order nothing of what a managed account has asked for, and say why.",
    )
    withdraw_order: WithdrawOrderPayload = mutation_field(
        order_approval.withdraw_order,
        WithdrawOrderInput,
        "Ask no more for what waits for the partner's approval.",
    )
