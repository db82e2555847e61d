"""The root of mutations. Each takes one `input` and answers with a payload; whatever is wrong stands in its `userErrors`."""

from __future__ import annotations

import strawberry

from schema.mutations.billing_market import BillingMarketMutations
from schema.mutations.order_approval import OrderApprovalMutations
from schema.mutations.port import PortMutations


@strawberry.type(
    description="What can be changed. Each mutation is one transaction: all of it is done, or nothing. "
    "With the header Idempotency-Key it is done once, however often it is sent."
)
class Mutation(BillingMarketMutations, OrderApprovalMutations, PortMutations):
    pass
