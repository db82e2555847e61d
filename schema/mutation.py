"""The root mutation type. Each mutation takes one `input` and returns a payload that lists problems in `userErrors`."""

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
    description="The root of all mutations. Each mutation is one transaction: it takes effect completely or not "
    "at all. Send an `Idempotency-Key` header to retry a mutation safely."
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
