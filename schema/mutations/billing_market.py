"""The mutations of billing markets."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import billing_market
from schema.billing_market import BillingMarket
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field


@strawberry.input(description="A market to be enabled or disabled.")
class SetBillingMarketInput:
    market: str = required("The market's code, UK and not GB.")
    enabled: bool = required("Whether the company, and the accounts that it manages, may order there.")
    company_id: ID | None = optional("Whose market it is; the viewer's own company if left out.")


@strawberry.type(description="What came of enabling or disabling a market.")
class SetBillingMarketPayload(Payload):
    billing_market: BillingMarket | None = strawberry.field(default=None, description="The market as it is now.")


@strawberry.type
class BillingMarketMutations:
    set_billing_market: SetBillingMarketPayload = mutation_field(
        billing_market.set_billing_market,
        SetBillingMarketInput,
        "Enable or disable a billing market: where the company and the accounts that it manages may order.",
    )
