"""The root of mutations. Each takes one `input` and answers with a payload; whatever is wrong stands in its `userErrors`."""

from __future__ import annotations

import strawberry

from schema.mutations.billing_market import BillingMarketMutations
from schema.mutations.company import CompanyMutations
from schema.mutations.connection_request import ConnectionRequestMutations
from schema.mutations.inquiry import InquiryMutations
from schema.mutations.managed_account import ManagedAccountMutations
from schema.mutations.marketplace_profile import MarketplaceProfileMutations
from schema.mutations.notification import NotificationMutations
from schema.mutations.order_approval import OrderApprovalMutations
from schema.mutations.port import PortMutations
from schema.mutations.support_details import SupportDetailsMutations


@strawberry.type(
    description="What can be changed. Each mutation is one transaction: all of it is done, or nothing. "
    "With the header Idempotency-Key it is done once, however often it is sent."
)
class Mutation(
    BillingMarketMutations,
    CompanyMutations,
    ConnectionRequestMutations,
    InquiryMutations,
    ManagedAccountMutations,
    MarketplaceProfileMutations,
    NotificationMutations,
    OrderApprovalMutations,
    PortMutations,
    SupportDetailsMutations,
):
    pass
