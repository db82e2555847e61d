"""Order approval mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import order_approval
from resolvers.mutations.order_approval import OrderDecision
from resolvers.writing.bulk import BulkMode
from schema.building.enums import register_enum
from schema.building.inputs import optional, required
from schema.building.mutation_fields import MODE, RESULTS, Payload, bulk_field, mutation_field
from schema.order_approval import OrderApproval

WHICH = "The order approval."
NOW = "The updated order approval."


@strawberry.input(description="Input for `approveOrder`.")
class ApproveOrderInput:
    id: ID = required(WHICH)
    comment: str | None = optional("A comment for the user who placed the order, at most 500 characters.")


@strawberry.type(description="Result of `approveOrder`.")
class ApproveOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=f"{NOW} Its port is ordered.")


@strawberry.input(description="Input for `rejectOrder`.")
class RejectOrderInput:
    id: ID = required(WHICH)
    comment: str = required("The reason for the rejection, at most 500 characters. The user who placed the order can see it.")


@strawberry.type(description="Result of `rejectOrder`.")
class RejectOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="Input for `withdrawOrder`.")
class WithdrawOrderInput:
    id: ID = required(WHICH)


@strawberry.type(description="Result of `withdrawOrder`.")
class WithdrawOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=NOW)


register_enum(OrderDecision)


@strawberry.input(description="Input for `decideOrders`.")
class DecideOrdersInput:
    ids: list[ID] = required("The order approvals, at most 100.")
    decision: OrderDecision = required("The decision about all of them.")
    comment: str | None = optional("A comment on each decision, at most 500 characters. Required to reject.")
    mode: BulkMode = strawberry.field(default=BulkMode.EACH, description=MODE)


@strawberry.type(description="The result for one order.")
class DecideOrderPayload(Payload):
    order_approval: OrderApproval | None = strawberry.field(default=None, description=NOW)


@strawberry.type(description="Result of `decideOrders`.")
class DecideOrdersPayload(Payload):
    results: list[DecideOrderPayload] = strawberry.field(description=RESULTS)


@strawberry.type
class OrderApprovalMutations:
    approve_order: ApproveOrderPayload = mutation_field(
        order_approval.approve_order,
        ApproveOrderInput,
        "Approves a managed account's order and orders the port at the current price.",
    )
    reject_order: RejectOrderPayload = mutation_field(
        order_approval.reject_order,
        RejectOrderInput,
        "Rejects a managed account's order, with a reason.",
    )
    decide_orders: DecideOrdersPayload = bulk_field(
        order_approval.decide_orders,
        "ids",
        DecideOrdersInput,
        "Approves or rejects several orders, like `approveOrder` and `rejectOrder`.",
    )
    withdraw_order: WithdrawOrderPayload = mutation_field(
        order_approval.withdraw_order,
        WithdrawOrderInput,
        "Withdraws an order that awaits the partner's approval.",
    )
